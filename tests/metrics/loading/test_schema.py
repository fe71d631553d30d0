"""Definitions are read strictly, and the JSON Schema says the same as the reader."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from metrics.catalog.company import Company
from metrics.catalog.dataset import Column, Dataset, EntityColumn, Identity
from metrics.catalog.fields import NOWHERE, place
from metrics.catalog.metric import Target
from metrics.catalog.options import Over, Reference, Window
from metrics.errors import Position
from metrics.expressions.nodes import Expression, Measure
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Grain, Span, Unit
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.conversion import options as conversion
from metrics.loading import yaml as documents
from metrics.loading.json_schema import DRAFT, FILES, json_schema
from metrics.loading.nodes import Node
from metrics.loading.records import IdentitiesFile, SourcesFile, kind_options, read, read_metric
from metrics.loading.schema import field_for
from tests.metrics.project import CASES, COUNT, base


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    SHORTHAND = "text"
    text: str
    number: float = 0.0
    name: str = field(default="", metadata={"internal": True})


@dataclass(frozen=True)
class Everything:
    title: str
    truth: bool = False
    whole: int = 0
    number: float = 0.0
    day: date | None = None
    colour: Colour | None = None
    span: Span | None = None
    condition: Expression | None = None
    measure: Measure | None = None
    items: tuple[str, ...] = ()
    single: tuple[str, ...] = field(default=(), metadata={"single": True})
    pair: tuple[float, float] | None = None
    several: float | tuple[float, float] | str | None = None
    inner: Inner | None = None
    named: Mapping[str, Inner] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict, metadata={"free": True})
    from_: str = field(default="", metadata={"key": "from"})
    ident: str = field(default="ident", metadata={"identifier": True})
    position: Position = place()


def tree(text: str) -> Node:
    node, findings = documents.read(text, "file.yml")
    assert node is not None
    assert not findings
    return node


def everything(text: str) -> Everything:
    value, findings = read(Everything, tree(text))
    assert findings == ()
    assert value is not None
    return value


def refused(text: str) -> list[str]:
    value, findings = read(Everything, tree(text))
    assert value is None
    return [str(found) for found in findings]


READ = [
    ("truth: true", "truth", True),
    ("whole: 3", "whole", 3),
    ("number: 3", "number", 3.0),
    ("number: 0.5", "number", 0.5),
    ("day: 2026-03-01", "day", date(2026, 3, 1)),
    ('day: "2026-03-01"', "day", date(2026, 3, 1)),
    ("colour: blue", "colour", Colour.BLUE),
    ("span: 26h", "span", Span(26, Unit.HOUR)),
    ("condition: a > 1", "condition", parse("a > 1")),
    ("condition: 1", "condition", parse("1")),
    ("condition: true", "condition", parse("true")),
    ("measure: sum(a)", "measure", parse_measure("sum(a)")),
    ("items: [a, b]", "items", ("a", "b")),
    ("single: a", "single", ("a",)),
    ("single: [a, b]", "single", ("a", "b")),
    ("pair: [1, 2.5]", "pair", (1.0, 2.5)),
    ("several: 1", "several", 1.0),
    ("several: [1, 2]", "several", (1.0, 2.0)),
    ("several: plan", "several", "plan"),
    ("inner: a", "inner", Inner("a", name="inner")),
    ("inner: {text: a, number: 2}", "inner", Inner("a", 2.0, "inner")),
    (
        "named: {one: a, two: {text: b}}",
        "named",
        {"one": Inner("a", name="one"), "two": Inner("b", name="two")},
    ),
    ("named: {}", "named", {}),
    ('raw: {"Any Text": a}', "raw", {"Any Text": "a"}),
    ("from: a", "from_", "a"),
    ("ident: a_1", "ident", "a_1"),
]


@pytest.mark.parametrize(("text", "name", "value"), READ)
def test_value_is_read(text: str, name: str, value: object) -> None:
    record = everything(f"title: t\n{text}\n")
    assert getattr(record, name) == value
    assert type(getattr(record, name)) is type(value) or isinstance(value, dict)


REFUSED = [
    ("truth: 1", "2:8 bad-value expected true or false, got the number 1"),
    ("whole: 1.5", "2:8 bad-value expected a whole number, got the number 1.5"),
    ("whole: true", "2:8 bad-value expected a whole number, got true"),
    ("number: true", "2:9 bad-value expected a number, got true"),
    ('number: "1"', "2:9 bad-value expected a number, got the text '1'"),
    ("day: 20260301", "2:6 bad-value expected a date such as 2026-03-01, got the number 20260301"),
    ("day: 2026-W10-1", "2:6 bad-value expected a date such as 2026-03-01, got the text '2026-W10-1'"),
    ("day: 2026-02-29", "2:6 bad-value 2026-02-29 is not a day of the calendar"),
    ("colour: blu", "2:9 bad-value 'blu' is not one of red, blue (did you mean 'blue'?)"),
    ("colour: [red]", "2:9 bad-value expected one of red, blue, got a list"),
    ("span: 26 fortnights", "2:7 bad-value '26 fortnights' is not a span such as 90 days, 26h or 2 years"),
    ("condition: [a]", "2:12 bad-value expected an expression, got a list"),
    ("condition: a > lowr(b)", "2:16 bad-expression unknown function lowr (did you mean 'lower'?)"),
    ('condition: "a > lowr(b)"', "2:17 bad-expression unknown function lowr (did you mean 'lower'?)"),
    ("condition: >\n  a >\n  lowr(b)", "4:3 bad-expression unknown function lowr (did you mean 'lower'?)"),
    ("items: []", "2:8 bad-value the list is empty: write an item, or delete the key"),
    ("items: [a, 5]", '2:12 bad-value expected a text, got the number 5: quote it: "5"'),
    ("items: [a, null]", "2:12 bad-value the item is empty: write a value, or delete it"),
    ("single: 5", '2:9 bad-value expected a text, got the number 5: quote it: "5"'),
    ("pair: [1, 2, 3]", "2:7 bad-value expected a list of 2, got 3"),
    ("pair: 1", "2:7 bad-value expected a list of 2, got the number 1"),
    ("several: {a: 1}", "2:10 bad-value expected a number or a list of 2 or a text, got a mapping"),
    ("several: [1]", "2:10 bad-value expected a list of 2, got 1"),
    ("inner: {number: 1}", "2:8 missing-key missing key 'text'"),
    ("inner: {text: a, nummer: 1}", "2:18 unknown-key unknown key 'nummer' (did you mean 'number'?)"),
    ("inner: 5", '2:8 bad-value expected a text, got the number 5: quote it: "5"'),
    ("inner: {text: a, name: b}", "2:18 unknown-key unknown key 'name' (did you mean 'number'?)"),
    ("named: [a]", "2:8 bad-value expected a mapping of names, got a list"),
    ("named: {one: 5}", '2:14 bad-value expected a text, got the number 5: quote it: "5"'),
    (
        "named: {One: a}",
        "2:9 bad-name 'One' is not a name: a name starts with a-z, goes on with a-z, 0-9 and _, "
        "and has 60 characters at most",
    ),
    (
        "ident: my-name",
        "2:8 bad-name 'my-name' is not a name: a name starts with a-z, goes on with a-z, 0-9 and _, "
        "and has 60 characters at most",
    ),
    ("inner:", "2:7 bad-value 'inner' is empty: write a value, or delete it"),
    ("from: ~", "2:7 bad-value 'from' is empty: write a value, or delete it"),
    ("from_: a", "2:1 unknown-key unknown key 'from_' (did you mean 'from'?)"),
    ("position: a", "2:1 unknown-key unknown key 'position' (did you mean 'condition'?)"),
    ("_schema: a", "2:1 unknown-key unknown key '_schema'"),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_value_is_refused_at_its_place(text: str, expected: str) -> None:
    assert refused(f"title: t\n{text}\n") == [f"file.yml:{expected}"]


def test_everything_wrong_is_said_at_once() -> None:
    found = refused("whole: a\nitems: [1, a, 2]\nnamed: {one: {}, two: {txt: a}}\n")
    assert sorted(found) == [
        "file.yml:1:1 missing-key missing key 'title'",
        "file.yml:1:8 bad-value expected a whole number, got the text 'a'",
        'file.yml:2:15 bad-value expected a text, got the number 2: quote it: "2"',
        'file.yml:2:9 bad-value expected a text, got the number 1: quote it: "1"',
        "file.yml:3:14 missing-key missing key 'text'",
        "file.yml:3:23 missing-key missing key 'text'",
        "file.yml:3:24 unknown-key unknown key 'txt' (did you mean 'text'?)",
    ]


def test_position_is_that_of_the_mapping() -> None:
    assert everything("# a comment\ntitle: t\n").position == Position("file.yml", 2, 1)
    assert Everything("t").position == NOWHERE


def test_ignored_keys_are_somebody_elses_and_are_suggested() -> None:
    node = tree("company: C\ntimezone: UTC\ncurrency: GBP\ndepartments: {}\n")
    company, findings = read(Company, node, ignored=("departments", "milestones"))
    assert findings == ()
    assert company is not None
    assert company.currency.report == "GBP"
    node = tree("company: C\ntimezone: UTC\ncurrency: GBP\nmilestone: []\n")
    _, findings = read(Company, node, ignored=("departments", "milestones"))
    assert [str(found) for found in findings] == [
        "file.yml:4:1 unknown-key unknown key 'milestone' (did you mean 'milestones'?)"
    ]


def test_type_that_no_value_can_have_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError, match="no YAML value can be read as <class 'object'>"):
        field_for(object)


def test_metric_has_its_kinds_options() -> None:
    node = tree(base()["metrics/marketing/lead_to_opportunity.yml"].decode())
    metric, findings = read_metric(node, "marketing")
    assert findings == ()
    assert metric is not None
    assert metric.options == conversion.Options(
        entity="lead",
        from_=Reference("stage_changes", where=parse("stage = 'mql' and qualified_lead")),
        to=Reference("stage_changes", where=parse("stage = 'opportunity'")),
        window=Window(Span(90, Unit.DAY)),
        skipped=conversion.Skipped.IMPLIED,
    )
    assert metric.domain == "marketing"
    assert metric.grains == (Grain.WEEK, Grain.MONTH, Grain.QUARTER)
    assert metric.targets[1] == Target(date(2026, 4, 1), 0.26, 0.18, Grain.QUARTER, 0.2)
    assert metric.position == Position("file.yml", 1, 1)


def test_defaults_are_those_of_the_dataclass() -> None:
    metric, _ = read_metric(tree(COUNT))
    assert metric is not None
    assert metric.options == aggregate.Options("orders", parse_measure("count"), over=Over())
    assert metric.grains == (Grain.MONTH, Grain.QUARTER)
    assert metric.min_sample == 10


def test_bare_values_stand_for_their_shorthand() -> None:
    text = "dataset: d\ncolumns: {won: stage = 'won'}\nentities: {lead: lead_id}\nlookups: {a: {dataset: a, on: x}}\n"
    dataset, findings = read(Dataset, tree(text))
    assert findings == ()
    assert dataset is not None
    assert dataset.columns["won"] == Column(parse("stage = 'won'"))
    assert dataset.entities["lead"] == EntityColumn(parse("lead_id"))
    assert dataset.lookups["a"].on == (parse("x"),)


# -- JSON Schema --------------------------------------------------------------------------------------


def plain_of(text: str) -> Any:
    return documents.plain(tree(text))


def accepts(file: str, text: str) -> bool:
    return Draft7Validator(json_schema(file)).is_valid(plain_of(text))


@pytest.mark.parametrize("file", [*FILES, "metric"])
def test_json_schema_is_draft_07_and_closed(file: str) -> None:
    schema = json_schema(file)
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == DRAFT
    records = [schema, *schema.get("definitions", {}).values()]
    closed = [record["additionalProperties"] for record in records if "additionalProperties" in record]
    assert closed
    assert not any(closed)


def test_unknown_schema_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"^no schema is called 'metrics' \(did you mean 'metric'\?\)$"):
        json_schema("metrics")


def test_further_properties_and_files_come_from_outside() -> None:
    schema = json_schema("company", properties={"departments": {"type": "object"}})
    assert schema["properties"]["departments"] == {"type": "object"}
    assert json_schema("everything", extra={"everything": Everything})["required"] == ["title"]


@pytest.mark.parametrize("path", [*base()])
def test_json_schema_accepts_the_base_project(path: str) -> None:
    file = {"datasets": "dataset", "metrics": "metric"}.get(path.split("/")[0], path.removesuffix(".yml"))
    errors = Draft7Validator(json_schema(file)).iter_errors(plain_of(base()[path].decode()))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(("text", "name", "value"), READ)
def test_json_schema_accepts_what_is_read(text: str, name: str, value: object) -> None:
    schema = json_schema("everything", extra={"everything": Everything})
    assert Draft7Validator(schema).is_valid(plain_of(f"title: t\n{text}\n"))


# A day that is not in the calendar and a function that does not exist are beyond a JSON Schema.
BEYOND = ("2026-02-29", "lowr")


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_json_schema_refuses_what_is_refused(text: str, expected: str) -> None:
    schema = json_schema("everything", extra={"everything": Everything})
    valid = Draft7Validator(schema).is_valid(plain_of(f"title: t\n{text}\n"))
    assert valid == any(word in text for word in BEYOND)


@pytest.mark.parametrize("kind", kind_options())
def test_json_schema_knows_the_keys_of_each_kind(kind: str) -> None:
    assert not accepts("metric", f"metric: m\nlabel: M\ndirection: up\nkind: {kind}\nno_such_key: 1\n")
    assert not accepts("metric", f"metric: m\nlabel: M\ndirection: up\nkind: {kind}\n")


def test_json_schema_of_a_metric_depends_on_its_kind() -> None:
    assert accepts("metric", COUNT)
    assert not accepts("metric", COUNT + "window: 90 days\n")
    assert not accepts("metric", COUNT.replace("aggregate", "agregate"))


# 1.0 is a whole number to JSON, and a fraction to the reader.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-5, 5).filter(lambda number: not number.is_integer()),
    st.sampled_from(("a", "", "90 days", "up", "2026-03-01")),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("text", "dataset", "from", "a", "B")), inner, max_size=3),
    ),
    max_leaves=6,
)
KEYS = (
    "title",
    "truth",
    "whole",
    "number",
    "colour",
    "items",
    "single",
    "pair",
    "several",
    "inner",
    "named",
    "raw",
)


def as_node(value: Any) -> Node:
    """Return a value as the reader would have read it."""
    at = Position("file.yml", 1, 1)
    if isinstance(value, dict):
        return documents.MappingNode(
            tuple(documents.Entry(key, at, as_node(each)) for key, each in value.items()), at
        )
    if isinstance(value, list):
        return documents.SequenceNode(tuple(as_node(each) for each in value), at)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return documents.ScalarNode(value, text, at, not isinstance(value, str))


@given(st.dictionaries(st.sampled_from((*KEYS, "other")), VALUES, max_size=5))
def test_reader_and_json_schema_agree(value: dict[str, Any]) -> None:
    record, findings = read(Everything, as_node(value))
    schema = json_schema("everything", extra={"everything": Everything})
    assert Draft7Validator(schema).is_valid(value) == (findings == ())
    assert (record is None) == bool(findings)


def test_files_with_one_key_name_their_definitions() -> None:
    sources, _ = read(SourcesFile, tree("sources: {crm: {url: x}}"))
    assert sources is not None
    assert sources.sources["crm"].name == "crm"
    identities, _ = read(IdentitiesFile, tree(base()["identities.yml"].decode()))
    assert identities is not None
    assert isinstance(identities.identities["customer"], Identity)


def test_cases_folder_is_there() -> None:
    assert (CASES / "base" / "definitions" / "company.yml").is_file()
