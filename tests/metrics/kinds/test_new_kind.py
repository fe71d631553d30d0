"""A new kind is one new folder: it gets a unit, series, page and checks without another file being touched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("metrics", "scorecard", "grafana", "api", "tests", "docs")

KIND = '''
"""Spread: how far the greatest of a measure lies from the least."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import KindOptions, Reference
from metrics.errors import Finding
from metrics.expressions.nodes import Expression, Measure
from metrics.frame import Frame, cells_by_period, number, plain_state
from metrics.kind import Kind
from metrics.kinds.spread import spread_shape
from metrics.kinds.spread.options import Options
from metrics.observation import Estimate
from metrics.request import Request
from metrics.sql.scan import Aggregate, Scan


class Spread(Kind[Options]):
    """The greatest less the least."""

    options = Options
    code_version = 1
    rules = (spread_shape,)

    @override
    def bases(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the rows."""
        return (Reference(self.of(metric).dataset),)

    @override
    def unit(self, metric: Metric, catalog: Catalog) -> str:
        """Return hours, whatever is measured."""
        return "hours"

    @override
    def requests(self, metric: Metric, frame: Frame) -> Mapping[str, Request]:
        """Ask for both ends."""
        options = self.of(metric)
        return {"ends": Scan(options.dataset, _ends(options), frame.grains, frame.cuts)}

    @override
    def finish(self, metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
        """Return one estimate per period and segment."""
        least, greatest = _ends(self.of(metric))
        found = []
        for period, segment, row in cells_by_period(frame, results["ends"]):
            ends = [number(row[end]) if row else None for end in (least, greatest)]
            value = None if ends[0] is None or ends[1] is None else ends[1] - ends[0]
            state = plain_state(frame, period, empty=value is None, small=False)
            found.append(Estimate(period, segment, state, value=value))
        return found


def _ends(options: Options) -> tuple[Aggregate, Aggregate]:
    node = options.column.node
    return Aggregate("least", Measure("min", "min", node)), Aggregate("greatest", Measure("max", "max", node))


KIND = Spread()
'''
OPTIONS = '''
"""The keys of a spread."""

from __future__ import annotations

from dataclasses import dataclass, field

from metrics.catalog.options import KindOptions
from metrics.expressions.nodes import Expression


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys."""

    dataset: str = field(metadata={"refers": "dataset"})
    column: Expression
'''
RULE = '''
"""A spread is of more than one row."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.kinds.spread.options import Options
from metrics.loading.loader import Places

CODE = "spread-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each spread of nothing in particular."""
    for name, metric in catalog.metrics.items():
        if isinstance(metric.options, Options) and metric.options.column.text == "nothing":
            yield Finding(at("metric", name, "column"), CODE, "nothing has no spread")
'''
METRIC = """\
metric: order_spread
label: Spread of orders
direction: none
kind: spread
dataset: orders
column: amount
owner: sales-lead
"""
ASKS = """
from pathlib import Path

from metrics.check import check, rules
from metrics.describe.parameters import kind_text
from metrics.describe.series_names import base_of, family_name
from metrics.describe.units import unit_of
from metrics.kind import kinds
from metrics.loading.loader import load
from metrics.store.store import Store
from tests.metrics.live import Live, values

live = Live(Path("company"))
live.define("metrics/sales/order_spread.yml", METRIC)
live.fill(40)
loaded = load(live.root)
assert [str(found) for found in loaded.findings] == []
metric = loaded.catalog.metric("order_spread")
assert "spread" in kinds() and "spread_shape" in rules()
assert unit_of(metric, loaded.catalog) == "hours"
assert family_name(metric, base_of(metric, loaded.catalog)) == "kpi_order_spread_seconds"
assert kind_text(metric) == "Spread: how far the greatest of a measure lies from the least."
with Store.open(live.url) as store:
    live.refresh(store, "order_spread")
    found = {key[0]: value for key, value in values(store, "order_spread").items()}
assert found["2026-01-01"] == (30.0, "final"), found
live.define("metrics/sales/order_spread.yml", METRIC.replace("column: amount", "column: nothing"))
assert "spread-shape" in {found.code for found in check(load(live.root))}
print("computed")
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the house in which one folder is new."""
    copy = tmp_path_factory.mktemp("house")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    folder = copy / "metrics" / "kinds" / "spread"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""How far the ends of a measure lie apart."""\n')
    for name, text in (("kind", KIND), ("options", OPTIONS), ("spread_shape", RULE)):
        (folder / f"{name}.py").write_text(dedent(text).lstrip())
    return copy


def run(house: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)


def test_it_is_computed_named_and_checked(house: Path) -> None:
    (house / "asks.py").write_text(f"METRIC = {METRIC!r}\n{ASKS}")
    done = run(house, "asks.py")
    assert done.stdout == "computed\n", done.stdout + done.stderr


def test_its_page_and_golden_files_are_asked_for(house: Path) -> None:
    wanted = "tests/test_docs.py::test_a_kind_has_a_page_and_golden_files[spread]"
    done = run(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", wanted)
    assert done.returncode == 1, done.stdout
    assert "README.md" in done.stdout
    golden = run(
        house, "-m", "pytest", "-q", "--co", "-p", "no:cacheprovider", "tests/metrics/kinds/test_golden.py"
    )
    assert "[spread" in golden.stdout or "-spread]" in golden.stdout, golden.stdout


def test_a_misspelt_hook_is_an_error_of_types(house: Path) -> None:
    module = house / "metrics" / "kinds" / "spread" / "kind.py"
    right = module.read_text()
    hook = '''
    @override
    def coverng(self, metric: Metric) -> tuple[Reference, ...]:
        """Return the rows."""
        return self.bases(metric)
'''
    module.write_text(
        right.replace("    @override\n    def unit", f"{hook.lstrip(chr(10))}\n    @override\n    def unit")
    )
    try:
        done = run(
            house, "-m", "mypy", "-p", "metrics.kinds.spread", "--cache-dir", str(ROOT / ".mypy_cache")
        )
        assert 'Method "coverng" is marked as an override, but no base method was found' in done.stdout, (
            done.stdout
        )
    finally:
        module.write_text(right)


def test_a_hook_that_does_not_say_that_it_is_one_is_refused(house: Path) -> None:
    asks = """
from metrics.kinds.aggregate.kind import Aggregation


class Wrong(Aggregation):
    def coverng(self, metric):
        return ()
"""
    done = run(house, "-c", asks)
    assert "TypeError: a kind has no coverng" in done.stderr
    assert done.returncode == 1


def test_what_a_kind_must_say_cannot_be_left_out(house: Path) -> None:
    asks = "from metrics.kind import Kind\n\n\nclass Silent(Kind):\n    pass\n\n\nSilent()\n"
    done = run(house, "-c", asks)
    assert "bases, finish, requests, unit" in done.stderr.replace("'", "").replace(" and", "")
