"""The golden files: what each metric of the golden project is as SQL, by engine, and as results, on all of them.

A kind's code version rises when its results change, and only then. What a version stood for is read from git:
every result that was ever committed counts, so writing the files anew does not get round it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.kind import kind_of, kinds
from metrics.loading.loader import load
from metrics.observation import Estimate

GOLDEN = Path(__file__).parents[2] / "golden"
PROJECT = GOLDEN / "project"
RESULTS = GOLDEN / "results"
ENGINES = sorted(path.name for path in GOLDEN.iterdir() if path not in {PROJECT, RESULTS})
NOW = datetime(2024, 4, 20, tzinfo=UTC)

_METRICS = PROJECT / "definitions" / "metrics" / "golden"
NAMES = sorted({*kinds(), *(path.stem for path in _METRICS.glob("*.yml"))})

Estimates = list[dict[str, Any]]


@dataclass(frozen=True)
class GoldenResult:
    """What a file of tests/golden/results holds."""

    code_version: int
    estimates: Estimates

    @classmethod
    def parse(cls, text: str) -> GoldenResult:
        """Read a file."""
        return cls(**json.loads(text))

    def text(self) -> str:
        """Return what is written."""
        return json.dumps({"code_version": self.code_version, "estimates": self.estimates}, indent=1) + "\n"


def golden_catalog() -> Catalog:
    """Return the definitions of the golden project."""
    loaded = load(PROJECT)
    assert loaded.catalog is not None
    assert [str(finding) for finding in loaded.findings] == []
    return loaded.catalog


def code_version(metric: Metric) -> int:
    """Return the code version of a metric's kind."""
    return kind_of(metric).code_version


def computed(catalog: Catalog, name: str) -> tuple[str, GoldenResult]:
    """Return a metric's SQL and results, where the catalog's sources are."""
    metric = catalog.metrics[name]
    assert name == metric.kind or name.startswith(f"{metric.kind}_")
    with Session(catalog, PROJECT, NOW) as session:
        outcome = list(Planner(session).compute([request_for(metric)]))[-1]
        assert outcome.error is None
        sql = "\n\n".join(statement.sql for statement in session.statements) + "\n"
    return sql, GoldenResult(code_version(metric), [_line(estimate) for estimate in outcome.estimates])


def _line(estimate: Estimate) -> dict[str, Any]:
    return {
        "grain": estimate.period.grain,
        "start": str(estimate.period.start),
        "segment": [list(pair) for pair in estimate.dimensions],
        "state": estimate.state,
        **estimate.figures(),
    }


def same(ours: Estimates, theirs: Estimates) -> bool:
    """Tell whether results hold what others hold, floats up to their last digits; a field may have come to them."""
    return len(ours) == len(theirs) and all(
        key in line and line[key] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)
        for line, other in zip(ours, theirs, strict=True)
        for key, value in other.items()
    )


# -- the rule -------------------------------------------------------------------------------------------


def unraised(now: GoldenResult, past: Iterable[GoldenResult]) -> str | None:
    """Return why results may not stand under their code version, None where they may."""
    versions: dict[int, bool] = {}
    for result in past:
        versions[result.code_version] = versions.get(result.code_version, True) and same(
            now.estimates, result.estimates
        )
    if not versions.get(now.code_version, True):
        return (
            f"code version {now.code_version} was committed with other results: raise the kind's code version, "
            f"or leave the rows and definitions that stand in the golden project as they are"
        )
    if now.code_version not in versions and now.code_version < max(versions, default=0):
        return f"code version {now.code_version} is lower than {max(versions)}, which was committed"
    return None


def raised_for_nothing(
    now: Mapping[str, GoldenResult], past: Mapping[str, Sequence[GoldenResult]]
) -> str | None:
    """Return why the code version of a kind, whose results are given by name, should not have risen."""
    for version in {result.code_version for result in now.values()}:
        known = {result.code_version for results in past.values() for result in results}
        before = max((older for older in known if older < version), default=None)
        if before and not any(_differs(now[name], past.get(name, ()), before) for name in now):
            return (
                f"code version {version} has the results of {before}: leave the version as it was, or add a "
                f"golden metric that shows what changed"
            )
    return None


def _differs(now: GoldenResult, past: Sequence[GoldenResult], version: int) -> bool:
    """Tell whether results are new, or other than some that were committed under a version."""
    known = [result for result in past if result.code_version == version]
    return not known or any(not same(now.estimates, result.estimates) for result in known)


class HistoryMissing(Exception):
    """There is no history to compare with."""


def committed(folder: Path) -> dict[str, list[GoldenResult]]:
    """Return every result that a commit below HEAD, or HEAD, holds in a folder, by the name of its file.

    Raises HistoryMissing outside a git checkout and in one that holds only the newest commits.
    """
    if (
        not folder.is_dir()
        or _git(folder, "rev-parse", "--is-inside-work-tree", check=False).strip() != "true"
    ):
        raise HistoryMissing(f"{folder.name} stands in no git checkout")
    if _git(folder, "rev-parse", "--is-shallow-repository").strip() != "false":
        raise HistoryMissing("the checkout holds only the newest commits: git fetch --unshallow")
    blobs: dict[str, set[str]] = {}
    log = _git(
        folder, "log", "--format=", "--raw", "--no-abbrev", "--no-renames", "-m", "--full-history", "--", "."
    )
    for line in log.splitlines():
        fields, path = line.split("\t")
        blobs.setdefault(Path(path).stem, set()).update(
            blob for blob in fields.split(" ")[2:4] if blob.strip("0")
        )
    return {
        name: [GoldenResult.parse(_git(folder, "cat-file", "blob", blob)) for blob in sorted(ids)]
        for name, ids in blobs.items()
    }


def _git(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout
