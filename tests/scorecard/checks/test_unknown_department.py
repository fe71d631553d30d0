from scorecard.checks.unknown_department import CODE
from tests.scorecard.project import JOINT, found

KEPT, JOURNEY, CARD = "metrics/service/kept_promises.yml", "journey.yml", "scorecards/joint.yml"
KNOWN = "there are marketing, sales, service"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_the_nearest_name_is_suggested():
    assert found(CODE, (KEPT, "leads: service", "leads: servise")) == [
        f"{KEPT}:8:8 error no department is called 'servise' (did you mean 'service'?)"
    ]


def test_or_else_all_are_listed():
    assert found(CODE, (KEPT, "supports: [sales]", "supports: [sales, finance]")) == [
        f"{KEPT}:9:19 error no department is called 'finance'; {KNOWN}"
    ]


def test_datasets_too():
    assert found(CODE, ("datasets/orders.yml", "department: sales", "department: finance")) == [
        f"datasets/orders.yml:4:13 error no department is called 'finance'; {KNOWN}"
    ]


def test_the_journey_too():
    edits = (
        (JOURNEY, "leads: marketing", "leads: finance"),
        (JOURNEY, "[sales, service]", "[sales, legal]"),
        (JOURNEY, "department: service", "department: hr"),
    )
    assert [line.split(" error ")[0] for line in found(CODE, *edits)] == [
        "journey.yml:2:44", "journey.yml:2:71", "journey.yml:7:67",
    ]  # fmt: skip


def test_the_scorecard_too():
    edits = ((CARD, "  sales: {kept", "  finance: {kept"), (CARD, "attendees: [sales,", "attendees: [legal,"))
    assert [line.split(" error ")[0] for line in found(CODE, *edits)] == [f"{CARD}:5:3", f"{CARD}:19:39"]


def test_a_champion_may_be_a_person():
    assert "champion: Robin Doe" in JOINT
    assert found(CODE) == []
