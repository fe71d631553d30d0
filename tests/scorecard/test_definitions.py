from dataclasses import fields
from datetime import date

import pytest
from jsonschema import Draft7Validator

from metrics.errors import UnknownScorecard
from metrics.grain import Grain, Span
from metrics.loading.yaml import plain, read
from scorecard import model
from scorecard.check import check
from scorecard.definitions import load
from scorecard.model import (
    Board,
    Department,
    Indicator,
    Initiative,
    Milestone,
    Missing,
    MissingRule,
    Phase,
    Rollup,
    Skill,
)
from scorecard.schema import KNOWN, json_schema
from tests.scorecard.project import FILES, JOINT, JOURNEY, definitions, texts

SCORECARD = "scorecards/joint.yml"


def said(files):
    loaded = definitions(files)
    return [f"{one.position} {one.code} {one.message}" for one in loaded.findings]


def test_a_project_is_read_whole():
    loaded = definitions(FILES)
    assert loaded.findings == ()
    board = loaded.board
    assert set(loaded.catalog.metrics) == {"kept_promises", "breaches"}
    assert list(board.departments) == ["marketing", "sales", "service"]
    assert board.departments["marketing"] == Department(
        "marketing", "Marketing", "marketing-lead", ("@northwind/marketing",)
    )
    assert board.milestones == (Milestone(date(2026, 7, 1), "Joint review starts", True),)
    awareness, loyalty = board.stages
    assert (awareness.stage, awareness.phase, awareness.leads) == ("awareness", Phase.TAPS, "marketing")
    assert awareness.supports == ("sales", "service")
    assert loyalty.steps[0].skills == (Skill("listening", "service", Span.parse("40h")),)
    assert board.load is None


def test_a_scorecard_is_read_whole():
    card = definitions(FILES).board.scorecards["joint"]
    assert (card.vision, card.grain) == ("One promise, kept by everyone", Grain.QUARTER)
    assert card.weights == {"sales": {"kept_promises": 60, "breaches": 40}}
    assert card.missing == Missing(MissingRule.REDISTRIBUTE)
    (perspective,) = card.perspectives
    assert (perspective.perspective, perspective.weight, perspective.label) == ("customer", 30, "Customer")
    first, second = perspective.objectives
    assert (first.objective, first.champion, first.drives) == (
        "keep_promises",
        "Robin Doe",
        ("fewer_breaches",),
    )
    assert first.indicators == (Indicator("kept_promises", 60),)
    assert first.initiatives == (Initiative("Quote tool", "sales-lead", date(2026, 12, 15)),)
    assert (second.rollup, second.champion) == (Rollup.MEAN, None)
    assert (card.reviews.every, card.reviews.attendees, card.reviews.note_below) == (
        Grain.QUARTER, ("sales", "service"), 33,
    )  # fmt: skip
    assert card.metrics == ("kept_promises", "breaches")
    assert str(card.position) == "definitions/scorecards/joint.yml:1:1"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("propagate", Missing(MissingRule.PROPAGATE)),
        (
            "{rule: carry_forward, max_age: 6 months}",
            Missing(MissingRule.CARRY_FORWARD, Span.parse("6 months")),
        ),
    ],
)
def test_missing(written, expected):
    files = texts((SCORECARD, "reviews:", f"missing: {written}\nreviews:"))
    assert definitions(files).board.scorecards["joint"].missing == expected


def test_an_indicator_is_a_name_or_a_mapping():
    files = texts((SCORECARD, "[{metric: breaches, weight: 40}]", "[breaches]"))
    card = definitions(files).board.scorecards["joint"]
    assert card.perspectives[0].objectives[1].indicators == (Indicator("breaches", 1.0),)


def test_the_load_of_the_journey():
    load_of = "load: {dataset: orders, stage: stage, department: team, weight: hours}\n"
    load = definitions(FILES | {"journey.yml": JOURNEY + load_of}).board.load
    assert (load.dataset, load.stage.text, load.weight.text) == ("orders", "stage", "hours")


@pytest.mark.parametrize("name", ["journey.yml", SCORECARD])
def test_journey_and_scorecards_are_optional(name):
    files = {file: text for file, text in FILES.items() if file != name}
    assert said(files) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            ("company.yml", "timezone: Europe/London\n", "timezone: Europe/London\ndepartmants: x\n"),
            [
                "definitions/company.yml:3:1 unknown-key "
                "unknown key 'departmants' (did you mean 'departments'?)"
            ],
        ),
        (
            ("journey.yml", "phase: taps", "phase: middle"),
            ["definitions/journey.yml:2:31 bad-value 'middle' is not one of taps, funnels, buckets"],
        ),
        (
            ("journey.yml", "leads: marketing, ", ""),
            ["definitions/journey.yml:2:5 missing-key missing key 'leads'"],
        ),
        (
            (SCORECARD, "grain: quarter\n", "grian: quarter\n"),
            ["definitions/scorecards/joint.yml:3:1 unknown-key unknown key 'grian' (did you mean 'grain'?)"],
        ),
        (
            (SCORECARD, "scorecard: joint\n", "scorecard: shared\n"),
            [
                "definitions/scorecards/joint.yml:1:12 file-name "
                "scorecard 'shared' stands in joint.yml: name the file shared.yml"
            ],
        ),
    ],
)
def test_findings_stand_where_the_mistake_is(edit, expected):
    assert said(texts(edit)) == expected


def test_a_company_without_departments():
    company = "company: Northwind Teas\ntimezone: UTC\ncurrency: GBP\n"
    loaded = definitions(FILES | {"company.yml": company})
    assert [str(one) for one in loaded.findings] == [
        "definitions/company.yml:1:1 missing-key missing key 'departments'"
    ]
    assert [one.code for one in check(loaded)] == []


def test_a_scorecard_has_one_file():
    loaded = definitions(FILES | {"scorecards/other.yml": JOINT})
    assert [str(one) for one in loaded.findings] == [
        "definitions/scorecards/other.yml:1:12 duplicate-name "
        "scorecard 'joint' is defined in definitions/scorecards/joint.yml already",
        "definitions/scorecards/other.yml:1:12 file-name "
        "scorecard 'joint' stands in other.yml: name the file joint.yml",
    ]


def test_what_could_not_be_read_is_not_called_unknown():
    spoiled = texts(
        ("company.yml", "sales: {label: Sales}", "sales: {name: Sales}"),
        ("journey.yml", "phase: taps", "phase: tap"),
        ("metrics/service/breaches.yml", "direction: down", "direction: sideways"),
        ("datasets/orders.yml", "table: orders", "tables: orders"),
    )
    loaded = definitions(spoiled)
    assert len(loaded.findings) >= 4
    assert check(loaded) == ()


def test_what_the_yaml_reader_names_is_not_named_again():
    assert said(texts((SCORECARD, "statement: Standards hold", "statement: no"))) == [
        'definitions/scorecards/joint.yml:17:20 yaml-ambiguous no is ambiguous: write false, or quote it: "no"'
    ]
    loaded = definitions(texts((SCORECARD, "weight: 30", "weight: 00")))
    assert [one.code for one in loaded.findings] == ["yaml-ambiguous"]
    assert loaded.board.scorecards["joint"].perspectives[0].weight == 0
    assert check(loaded) == ()


def test_without_a_usable_company_nothing_is_checked():
    loaded = definitions(FILES | {"company.yml": "company: [1\n"})
    assert loaded.catalog is None
    assert check(loaded) == ()
    assert {one.code for one in loaded.findings} == {"yaml-syntax"}


def test_a_folder_on_disk(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert load(tmp_path).board == definitions(FILES).board


def test_an_unknown_scorecard_is_named():
    with pytest.raises(UnknownScorecard) as raised:
        definitions(FILES).board.scorecard("jont")
    assert str(raised.value) == "no scorecard is called 'jont' (did you mean 'joint'?)"


def test_a_department_has_a_label_even_where_it_is_not_declared():
    assert definitions(FILES).board.label("service") == "Customer service"
    assert Board().label("customer_care") == "Customer care"


@pytest.mark.parametrize("file", KNOWN)
def test_every_file_has_a_json_schema(file):
    Draft7Validator.check_schema(json_schema(file))


@pytest.mark.parametrize(
    ("file", "name"), [("company", "company.yml"), ("journey", "journey.yml"), ("scorecard", SCORECARD)]
)
def test_the_json_schema_accepts_what_is_read_and_refuses_an_unknown_key(file, name):
    validator = Draft7Validator(json_schema(file))
    node, _ = read(FILES[name], name)
    written = plain(node)
    assert list(validator.iter_errors(written)) == []
    assert list(validator.iter_errors({**written, "surprise": 1})) != []


def test_the_json_schema_of_company_wants_what_either_reader_wants():
    assert json_schema("company")["required"] == ["company", "currency", "departments", "timezone"]


def test_an_unknown_schema_is_named():
    with pytest.raises(
        ValueError, match=r"\Ano schema is called 'scorecrad' \(did you mean 'scorecard'\?\)\Z"
    ):
        json_schema("scorecrad")


def test_positions_do_not_make_definitions_differ():
    held = {one.name: one for one in fields(model.Scorecard)}
    assert not held["position"].compare
