"""The first and the next answers of a server of a project, and `scorecard show`, by seconds of the processor.

/metrics is set against prometheus_client's `generate_latest` of the same series and gzip. The project is the demo
company, or the folder that is named: `python -m benchmarks.quick_server FOLDER`.
"""

from __future__ import annotations

import gzip
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.cli.demo import build
from api.clock import clock_of
from api.project.project import Project
from benchmarks.harness import compare_work


def main(*folders: str) -> None:
    """Measure one project."""
    with tempfile.TemporaryDirectory() as made:
        root = Path(folders[0] if folders else made)
        if not folders:
            assert build(root)
        shown = _show(root)
        project = Project.open(root)
        client = create_app(project, now=clock_of(root)).test_client()
        assert client.get("/healthz").status_code == 200

        def scrape() -> bytes:
            return client.get("/metrics", headers={"Accept-Encoding": "gzip"}).data

        first = _seconds(scrape)
        registry = CollectorRegistry(auto_describe=False)
        families = list(text_string_to_metric_families(gzip.decompress(scrape()).decode()))
        registry.register(type("These", (), {"collect": lambda _: iter(families)})())
        series = sum(len(family.samples) for family in families)
        compare_work(
            f"/metrics of {series:,} series, gzip, against generate_latest and gzip", scrape,
            lambda: gzip.compress(generate_latest(registry), 5),
        )  # fmt: skip
        page = _seconds(lambda: client.get("/"))
        warm = statistics.median(_seconds(lambda: client.get("/")) for _ in range(15))
        print(
            f"first scrape {first:.2f} s, GET / first {page:.3f} s, then {warm:.4f} s, scorecard show {shown:.2f} s"
        )
        project.store.close()


def _seconds(work: object) -> float:
    started = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - started


def _show(root: Path) -> float:
    command = [sys.executable, "-m", "api.cli", "--project", str(root), "show"]
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(taken)


if __name__ == "__main__":
    main(*sys.argv[1:])
