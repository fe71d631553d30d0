"""What VictoriaMetrics makes of a backfill that is loaded again after a restatement: it keeps both samples."""

from __future__ import annotations

import io
import json
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from datetime import timedelta

import pytest

from api.prometheus.backfill import write
from metrics.analysis.vintages import Vintage
from tests.api.northwind import NOW
from tests.grafana import company as example
from tests.prometheus.servers import DEADLINE, free_port, need

pytestmark = pytest.mark.prometheus

NAME = "kpi_revenue_gbp"
SERIES = f'{NAME}{{grain="quarter",by="",vintage="current"}}'


@pytest.fixture
def company(tmp_path):
    project = example.build(tmp_path / "company")
    yield project
    project.store.close()


@contextmanager
def victoria(folder):
    """Run a VictoriaMetrics that keeps old samples; yield its address."""
    program, port = need("victoria-metrics", "victoria-metrics"), free_port()
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"-storageDataPath={folder / 'data'}", f"-httpListenAddr=127.0.0.1:{port}",
             "-retentionPeriod=100y"],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            address = f"127.0.0.1:{port}"
            eventually(lambda: fetched(address, "/health") == b"OK")
            yield address
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE)


def fetched(address, path, body=None, **query):
    url = f"http://{address}{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=DEADLINE) as answer:
        return answer.read()


def eventually(holds):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("it never came")


def backfill(company):
    """Return the file, and what it says of the series that is looked at: values by milliseconds."""
    out = io.BytesIO()
    write(company, [company.catalog.metric("revenue")], Vintage.CURRENT, timedelta(days=1), NOW, out,
          NOW - timedelta(days=40))  # fmt: skip
    lines = [
        line.rsplit(" ", 2) for line in out.getvalue().decode().splitlines() if line.startswith(f"{NAME}{{")
    ]
    told = {round(float(at) * 1000): float(value) for labels, value, at in lines
            if 'grain="quarter"' in labels and "by=" not in labels.replace('by=""', "")}  # fmt: skip
    assert len(told) >= 39
    return out.getvalue(), told


def exported(address):
    """Return all samples that are kept of the series: (milliseconds, value)."""
    start = (NOW - timedelta(days=60)).timestamp()
    said = fetched(address, "/api/v1/export", **{"match[]": SERIES, "start": start, "end": NOW.timestamp()})
    lines = [json.loads(line) for line in said.splitlines()]
    return sorted(pair for line in lines for pair in zip(line["timestamps"], line["values"], strict=True))


def load(address, text):
    fetched(address, "/api/v1/import/prometheus", body=text)


def test_both_samples_are_kept_until_the_series_are_deleted(company, tmp_path):
    with victoria(tmp_path / "victoria") as address:
        text, before = backfill(company)
        load(address, text)
        eventually(lambda: exported(address) == sorted(before.items()))
        example.restate(company)
        text, after = backfill(company)
        assert before.keys() == after.keys()
        assert all(after[at] != value for at, value in before.items())
        load(address, text)
        eventually(lambda: exported(address) == sorted([*before.items(), *after.items()]))

        fetched(address, "/api/v1/admin/tsdb/delete_series", **{"match[]": f'{{__name__=~"{NAME}.*"}}'})
        eventually(lambda: exported(address) == [])
        load(address, text)
        eventually(lambda: exported(address) == sorted(after.items()))
