"""Each kind's SQL and results stand in tests/golden; a change needs a new CODE_VERSION.

A variant of a kind has golden files too, under a name that begins with its kind's.
`SCORECARD_WRITE_GOLDEN=1` writes the files anew. A kind whose file is missing fails.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.kind import kind_of, kinds
from metrics.loading.loader import load

GOLDEN = Path(__file__).parents[2] / "golden"
NOW = datetime(2024, 4, 20, tzinfo=UTC)


def _lines(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {
            "grain": each.period.grain,
            "start": str(each.period.start),
            "segment": [list(pair) for pair in each.dimensions],
            "state": each.state,
            **each.figures(),
        }
        for each in outcome.estimates
    ]


METRICS = GOLDEN / "project" / "definitions" / "metrics" / "golden"
NAMES = sorted({*kinds(), *(path.stem for path in METRICS.glob("*.yml"))})


def _compute(name: str) -> tuple[str, dict[str, Any]]:
    loaded = load(GOLDEN / "project")
    assert loaded.catalog is not None
    assert [str(found) for found in loaded.findings] == []
    metric = loaded.catalog.metrics[name]
    assert name == metric.kind or name.startswith(f"{metric.kind}_")
    with Session(loaded.catalog, GOLDEN / "project", NOW) as session:
        outcome = list(Planner(session).compute([request_for(metric)]))[-1]
        assert outcome.error is None
        sql = "\n\n".join(statement.sql for statement in session.statements) + "\n"
    return sql, {"code_version": kind_of(metric).code_version, "estimates": _lines(outcome)}


@pytest.mark.parametrize("name", NAMES)
def test_sql_and_results_are_those_of_the_code_version(name: str) -> None:
    sql, results = _compute(name)
    files = {GOLDEN / f"{name}.sql": sql, GOLDEN / f"{name}.json": json.dumps(results, indent=1) + "\n"}
    if os.environ.get("SCORECARD_WRITE_GOLDEN"):
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    stored = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert results["code_version"] == stored["code_version"]
    advice = f"the kind of {name} changed: raise its CODE_VERSION and write the golden files anew"
    assert sql == (GOLDEN / f"{name}.sql").read_text(encoding="utf-8"), advice
    assert len(results["estimates"]) == len(stored["estimates"]), advice
    for ours, theirs in zip(results["estimates"], stored["estimates"], strict=True):
        for part, value in theirs.items():
            wanted = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
            assert ours[part] == wanted, advice
