"""docs/definitions.md names every key that the loader reads, with its default, and its examples load."""

from __future__ import annotations

import dataclasses
import inspect
import re
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import scorecard.model
from metrics.catalog import company, dataset, metric, options
from metrics.catalog.company import MONTHS, WEEKDAYS
from metrics.catalog.metric import Direction, Indication
from metrics.catalog.options import At
from metrics.catalog.walk import yaml_key
from metrics.check import check as check_metrics
from metrics.errors import Level
from metrics.expressions.nodes import AGGREGATES, CAST_TYPES, FUNCTIONS, Expression
from metrics.expressions.parser import parse
from metrics.grain import Grain, Span, Unit
from metrics.kind import kinds
from metrics.loading.schema import WORDS
from scorecard.check import check as check_scorecard
from scorecard.definitions import load
from scorecard.model import MissingRule, Phase, Rollup

PAGE = (Path(__file__).parent.parent / "docs" / "definitions.md").read_text(encoding="utf-8")
SECTIONS = {
    title: body for title, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
EXAMPLE = re.compile(r"```yaml\n# (definitions/\S+\.yml)\n(.*?)```", re.DOTALL)

FILES: dict[str, dict[ModuleType, tuple[str, ...]]] = {
    "company.yml": {
        company: ("Company", "Currency", "Rates", "Refresh", "Privacy", "BusinessCalendar"),
        scorecard.model: ("Company", "Department", "Milestone"),
    },
    "sources.yml": {dataset: ("SourceDefinition",)},
    "identities.yml": {dataset: ("Identity", "Crosswalk")},
    "datasets": {
        dataset: ("Dataset", "EntityColumn", "ColumnType", "Lookup", "Column", "Stretch", "UnionPart", "Validity",
                  "CompleteThrough", "Invited", "Freshness"),
    },
    "metrics": {metric: ("Metric", "Target", "Benchmark"), options: ("Reference",)},
    "journey.yml": {scorecard.model: ("Journey", "Stage", "Step", "Skill", "Load")},
    "scorecards": {
        scorecard.model: ("Scorecard", "Perspective", "Objective", "Indicator", "Initiative", "Missing", "Reviews"),
    },
}  # fmt: skip
NOT_FILES: dict[ModuleType, set[str]] = {
    company: set(),
    dataset: set(),
    metric: set(),
    options: {"KindOptions", "Over", "Window"},
    scorecard.model: {"Board"},
}
CLASSES = [
    pytest.param(section, getattr(module, name), id=f"{section}-{name}")
    for section, modules in FILES.items()
    for module, names in modules.items()
    for name in names
]


def written(record: Any) -> list[dataclasses.Field[Any]]:
    return [member for member in dataclasses.fields(record) if not member.metadata.get("internal")]


@pytest.mark.parametrize("module", NOT_FILES)
def test_every_class_of_the_model_has_its_section(module: ModuleType) -> None:
    own = {
        name
        for name, each in inspect.getmembers(module, dataclasses.is_dataclass)
        if each.__module__ == module.__name__
    }
    described = {name for modules in FILES.values() for name in modules.get(module, ())}
    assert own - NOT_FILES[module] == described


@pytest.mark.parametrize(("section", "record"), CLASSES)
def test_every_key_is_named_in_its_section(section: str, record: type) -> None:
    missing = [yaml_key(each) for each in written(record) if f"`{yaml_key(each)}`" not in SECTIONS[section]]
    assert missing == []


ROW = re.compile(r"^\| `(\w+)` \| ([^|]*) \|", re.MULTILINE)
TABLES = [
    ("company.yml", company.Company),
    ("sources.yml", dataset.SourceDefinition),
    ("datasets", dataset.Dataset),
    ("metrics", metric.Metric),
    ("metrics", metric.Target),
    ("scorecards", scorecard.model.Scorecard),
]


def default_of(member: dataclasses.Field[Any]) -> object:
    if member.default_factory is not dataclasses.MISSING:
        return member.default_factory() or None
    return member.default


def says(text: str, default: object) -> bool:
    """Tell whether a table's words for a default are right."""
    bare = text.strip().strip("`")
    if default is dataclasses.MISSING:
        return bare == "required"
    if default is None or default == ():
        return bare in ("none", "", "by kind")
    if isinstance(default, Span):
        return Span.parse(bare) == default
    if isinstance(default, bool):
        return bare == str(default).lower()
    if isinstance(default, tuple):
        return bare == ", ".join(map(str, default))
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        shown = [str(value) for value in dataclasses.astuple(default) if value is not None]
        return all(each in bare for each in shown)
    return bare == str(default)


@pytest.mark.parametrize(("section", "record"), TABLES)
def test_defaults_are_those_of_the_loader(section: str, record: type) -> None:
    found: dict[str, list[str]] = {}
    for key, default in ROW.findall(SECTIONS[section]):
        found.setdefault(key, []).append(default)
    wrong = [
        f"{yaml_key(each)}: {found.get(yaml_key(each))}, not {default_of(each)}"
        for each in written(record)
        if yaml_key(each) in found and not any(says(text, default_of(each)) for text in found[yaml_key(each)])
    ]
    assert wrong == []
    required = {yaml_key(each) for each in written(record) if default_of(each) is dataclasses.MISSING}
    assert required <= set(found)


def test_what_counts_in_the_hash_is_ticked() -> None:
    for section, record in (
        ("datasets", dataset.Dataset),
        ("metrics", metric.Metric),
    ):
        ticks = {
            key: tick.strip() == "✓"
            for key, tick in re.findall(r"^\| `(\w+)` \|[^|]*\|([ ✓]*)\|", SECTIONS[section], re.MULTILINE)
        }
        for member in written(record):
            key = yaml_key(member)
            assert ticks[key] == member.metadata.get("hashed", True), key


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_function_has_its_row(function: str) -> None:
    table = SECTIONS["Expressions"].split("Functions:")[1]
    assert re.search(rf"^\|.*`{function}\(.*\|", table, re.MULTILINE)


def test_no_function_is_named_that_there_is_not() -> None:
    table = SECTIONS["Expressions"].split("Functions:")[1]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for cell in first_cells for name in re.findall(r"`(\w+)\(", cell)} == set(FUNCTIONS)


@pytest.mark.parametrize("function", AGGREGATES)
def test_every_measure_has_its_row(function: str) -> None:
    assert re.search(rf"^\|.*`{function}[(`].*\|", SECTIONS["Measures"], re.MULTILINE)


def test_every_choice_is_named() -> None:
    enumerations: dict[str, tuple[type[StrEnum], ...]] = {
        "metrics": (Direction, Indication, At, Grain),
        "scorecards": (MissingRule, Rollup),
        "journey.yml": (Phase,),
        "Windows and spans": (Unit,),
    }
    missing = [
        str(word)
        for section, words in enumerations.items()
        for each in words
        for word in each
        if not re.search(rf"\b{word}s?\b", SECTIONS[section])
    ]
    missing += [name.lower() for name in CAST_TYPES if f"`{name.lower()}`" not in SECTIONS["Expressions"]]
    closed = [words for words in WORDS.values() if words not in (WEEKDAYS, MONTHS)]
    missing += [
        word for words in closed for word in words if not re.search(rf"\b{word}\b", SECTIONS["datasets"])
    ]
    assert missing == []


def test_the_examples_are_one_project_without_errors(tmp_path: Path) -> None:
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) > 10
    for path, text in examples:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    found = load(tmp_path)
    whole = [*found.findings, *check_metrics(found.loaded), *check_scorecard(found)]
    assert [str(each) for each in whole if each.level is Level.ERROR] == []
    assert found.catalog is not None
    assert set(found.catalog.metrics) >= {"kept_promises", "cost_per_order"}
    assert set(found.board.scorecards) == {"joint"}


def test_every_fenced_example_is_a_whole_file() -> None:
    assert PAGE.count("```yaml") == len(EXAMPLE.findall(PAGE))


def test_inline_expressions_of_the_page_are_in_the_language() -> None:
    for text in ("created_at + 14 days", "due - 2 hours", "case stage when 'won' then 1 end", "cast(x as integer)",
                 "round(2.5)", "json_text(document, 'a.b[1]')", "ordered_at < '2026-03-01'"):  # fmt: skip
        assert text in PAGE
        assert isinstance(parse(text), Expression)


def test_the_kinds_are_on_their_own_page() -> None:
    assert kinds()
    assert "[kinds.md](kinds.md)" in SECTIONS["metrics"]
