from scorecard.check import check
from scorecard.checks.unknown_stage import CODE
from tests.scorecard.project import FILES, definitions, found

KEPT = "metrics/service/kept_promises.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_a_stage_that_the_journey_does_not_have():
    assert found(CODE, (KEPT, "stage: loyalty", "stage: royalty")) == [
        f"{KEPT}:7:8 error no stage is called 'royalty' (did you mean 'loyalty'?)"
    ]


def test_without_a_journey_there_are_none():
    loaded = definitions({name: text for name, text in FILES.items() if name != "journey.yml"})
    assert [str(one) for one in check(loaded) if one.code == CODE] == [
        f"definitions/{KEPT}:7:8 unknown-stage no stage is called 'loyalty'; there are none"
    ]
