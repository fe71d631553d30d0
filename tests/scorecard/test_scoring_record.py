import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog.metric import DefinitionStatus
from metrics.grain import Grain, Span
from scorecard.model import Missing, MissingRule, Objective, Perspective, Rollup
from scorecard.scoring_record import same_scoring, scored_by, scoring_text
from tests.scorecard.builders import board, catalog, count, metric, scorecard, target

GOALS = (
    target("2026-01-01", 700.0, 500.0, per=Grain.MONTH),
    target("2026-07-01", (4.0, 6.0), (3.0, 8.0)),
    target("2027-01-01", 0.5, ramp_from=0.4),
)
HASHES = {"orders": "f00d"}


def text(card, held):
    return scoring_text(held, board(card), HASHES)


def test_a_record_holds_what_scores_and_nothing_else():
    card, held = scorecard(("orders", 2.0)), catalog(count("orders", targets=GOALS[:1]))
    assert json.loads(text(card, held)) == {
        "metrics": {"orders": {
            "hash": "f00d", "unit": "", "direction": "up",
            "targets": [{"from": "2026-01-01", "goal": 700.0, "red_flag": 500.0, "per": "month", "ramp_from": None,
                         "dataset": None}],
        }},
        "scorecards": {"joint": {
            "grain": "quarter", "missing": "redistribute", "max_age": None,
            "perspectives": [{"perspective": "customer", "weight": 30, "objectives": [
                {"objective": "keep_promises", "rollup": "mean", "indicators": [["orders", 2.0]]}]}],
        }},
    }  # fmt: skip
    renamed = replace(card, vision="Another one")
    other = catalog(count("orders", targets=GOALS[:1], label="Otherwise", owner="somebody"))
    assert text(renamed, other) == text(card, held)


def test_goals_and_weights_come_back_into_definitions_of_today():
    then = replace(
        scorecard(("orders", 2.0)), missing=Missing(MissingRule.CARRY_FORWARD, Span.parse("6 months"))
    )
    held = catalog(count("orders", targets=GOALS))
    now = scorecard(("orders", 1.0), ("kept", 1.0))
    today = catalog(count("orders", targets=()), metric("kept"))
    found = scored_by(text(then, held), now, today)
    assert found is not None
    card, earlier = found
    assert earlier.metrics["orders"] == held.metrics["orders"]
    assert (card.perspectives, card.missing) == (then.perspectives, then.missing)
    assert same_scoring(found, (then, held))
    assert not same_scoring(found, (now, today))


def test_the_status_of_a_definition_comes_back():
    card, approved = scorecard(("orders", 1.0)), catalog(count("orders", targets=GOALS))
    proposed = catalog(count("orders", targets=GOALS, status=DefinitionStatus.PROPOSED))
    assert json.loads(text(card, proposed))["metrics"]["orders"]["status"] == "proposed"
    for then, now in ((proposed, approved), (approved, proposed)):
        found = scored_by(text(card, then), card, now)
        assert found is not None
        assert found[1].metrics["orders"].status is then.metrics["orders"].status
        assert same_scoring(found, (card, then))
        assert not same_scoring(found, (card, now))
    deprecated = catalog(count("orders", targets=GOALS, status=DefinitionStatus.DEPRECATED))
    assert same_scoring((card, deprecated), (card, approved))


def test_what_cannot_be_scored_by_is_left_out():
    card, held = scorecard(("orders", 1.0)), catalog(count("orders", targets=GOALS))
    assert scored_by(text(card, held), replace(card, scorecard="other"), held) is None
    assert scored_by(text(card, held), replace(card, grain=Grain.MONTH), held) is None
    assert scored_by(text(card, held), card, catalog(metric("kept"))) is None
    assert scored_by(text(card, held), card, catalog(count("orders", unit="hours"))) is None


@settings(max_examples=30, deadline=None)
@given(
    weights=st.lists(st.floats(0.1, 100), min_size=2, max_size=4),
    rollup=st.sampled_from(Rollup),
    goals=st.lists(st.sampled_from(GOALS), max_size=3, unique=True),
)
def test_a_record_read_back_writes_the_same_record(weights, rollup, goals):
    measured = scorecard(*(("orders", weight) for weight in weights)).perspectives[0].objectives[0].indicators
    views = tuple(
        Perspective(f"view_{number}", weight, (Objective("one", "One", indicators=measured, rollup=rollup),))
        for number, weight in enumerate(weights)
    )
    card, held = replace(scorecard(), perspectives=views), catalog(count("orders", targets=tuple(goals)))
    found = scored_by(text(card, held), replace(card, perspectives=()), held)
    assert found is not None
    assert text(*found) == text(card, held)
