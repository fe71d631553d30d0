# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""A metric that is private by an entity is held against privacy.k by its people, however many rows they have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from metrics.catalog.definition_hash import definition_hash
from metrics.catalog.options import Over, Reference
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.expressions.parser import parse_measure, parse_measures
from metrics.grain import Grain
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.agreement import options as agreement
from metrics.kinds.drift import options as drift
from metrics.kinds.net_share import options as net_share
from metrics.kinds.proportion import options as proportion
from metrics.kinds.proportion.options import LatestPer
from metrics.kinds.ratio import options as ratio
from metrics.kinds.ratio.allocation import Allocate, By
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

NOW = at("2024-03-01T00:00")
ROWS = {
    "id": "text",
    "who": "text",
    "t": "naive",
    "team": "text",
    "score": "integer",
    "kind": "text",
    "cost": "decimal",
}
SPEND = {"id": "text", "t": "naive", "team": "text", "cost": "decimal"}
# The people of each team, and how many rows each of them has: north's three have sixty.
TEAMS = {"north": (3, 20), "south": (14, 1), "east": (12, 2), "west": (30, 1)}
SHOWN = {"total": "final", "north": "suppressed", "east": "suppressed", "south": "final", "west": "final"}
ALL_HIDDEN = {name: "suppressed" for name in SHOWN}


def company() -> World:
    rows = []
    for team, (people, each) in TEAMS.items():
        for person in range(people):
            for number in range(each):
                rows.append(
                    (
                        f"{team}{person}-{number}",
                        f"{team}{person}",
                        datetime(2024, 1, 5),
                        team,
                        4,
                        "a",
                        Decimal(2),
                    )
                )
    rows += [(f"{team}-nobody{number}", None, datetime(2024, 1, 6), team, 4, "a", Decimal(2)) for number in range(20)
             for team in ("north", "east")]  # fmt: skip
    rows += [
        (f"north-silent{number}", f"silent{number}", datetime(2024, 1, 6), "north", None, None, None)
        for number in range(20)
    ]
    spend = [("s", datetime(2024, 1, 7), "north", Decimal(90))]
    each = {
        "key": ("id",),
        "time": E("t"),
        "dimensions": dimensions(team="team"),
        "complete_through": until_now(),
        "complete_from": date(2024, 1, 1),
    }
    return World(
        {"log": table(ROWS, rows), "spend": table(SPEND, spend)},
        {"log": {**each, "entities": entities(person="who")}, "spend": each},
    )  # fmt: skip


def states(kind: str, options: Any, private: bool | str = "person") -> dict[str, str]:
    """Return the states of January by team."""
    one = metric(
        "m", kind, options, dimensions=("team",), grains=(Grain.MONTH,), min_sample=1, private=private
    )
    found = by_cell(company().compute(one, NOW))
    named = {dict(segment).get("team", "total"): each for (_, start, segment), each in found.items()
             if start == date(2024, 1, 1)}  # fmt: skip
    assert all(
        each.people is None and each.value is None
        for each in named.values()
        if str(each.state) == "suppressed"
    )
    return {name: str(each.state) for name, each in named.items()}


COUNT, SCORED = parse_measure("count"), E("score is not null")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("aggregate", aggregate.Options("log", COUNT, where=SCORED)),
        ("aggregate", aggregate.Options("log", parse_measure("sum(cost)"))),
        ("aggregate", aggregate.Options("log", parse_measure("max(score)"))),
        ("aggregate", aggregate.Options("log", parse_measure("avg(score)"))),
        ("aggregate", aggregate.Options("log", parse_measure("count_distinct(kind)"))),
        ("aggregate", aggregate.Options("log", parse_measure("count_distinct(person)"), where=SCORED)),
        ("aggregate", aggregate.Options("log", parse_measure("count_new(person)"), where=SCORED)),
        ("proportion", proportion.Options("log", E("score > 3"), of=SCORED)),
        ("proportion", proportion.Options("log", E("score > 3"), of=SCORED, latest_per=LatestPer("person"))),
        ("proportion", proportion.Options("log", parse_measures("count() > 1"), where=SCORED, per="person")),
        ("net_share", net_share.Options("log", E("score > 3"), E("score < 2"), of=SCORED)),
        (
            "agreement",
            agreement.Options("log", E("score > 3"), E("score > 3"), agreement.Statistic.SHARE, of=SCORED),
        ),
        ("drift", drift.Options("log", E("kind"), (drift.Expected("a", 1.0),))),
        ("ratio", ratio.Options(Reference("log", parse_measure("sum(cost)")), Reference("log", COUNT))),
        (
            "ratio",
            ratio.Options(Reference("log", COUNT, where=SCORED), Reference("log", COUNT), entity="person"),
        ),
    ],
)
def test_people_are_counted_and_not_rows(kind: str, options: Any) -> None:
    assert states(kind, options) == SHOWN


def test_by_rows_north_would_be_shown() -> None:
    plain = states("aggregate", aggregate.Options("log", COUNT), private=True)
    assert set(plain.values()) == {"final"}
    # Nobody knows how many people a sum is of.
    assert (
        states("aggregate", aggregate.Options("log", parse_measure("sum(cost)")), private=True) == ALL_HIDDEN
    )


def test_the_lesser_side_of_a_ratio_counts_and_one_that_knows_nobody_does_not() -> None:
    few = Reference("log", COUNT, where=E("who in ('south1', 'south2')"))
    assert states("ratio", ratio.Options(few, Reference("log", COUNT))) == ALL_HIDDEN
    spend = Reference("spend", parse_measure("sum(cost)"))
    assert states("ratio", ratio.Options(spend, Reference("log", COUNT, where=SCORED))) == SHOWN
    # What is spread over segments is not of their people.
    spread = Allocate(By.NEW_CUSTOMERS, E("team = 'north'"))
    assert (
        states("ratio", ratio.Options(few, Reference("log", COUNT, where=SCORED), allocate=spread)) == SHOWN
    )


def test_a_month_of_nobody_is_suppressed_and_one_before_its_stretch_has_no_value() -> None:
    one = metric("m", "aggregate", aggregate.Options("log", COUNT), grains=(Grain.MONTH,), private="person")
    found = by_cell(company().compute(one, NOW))
    assert str(found[Grain.MONTH, date(2024, 2, 1), ()].state) == "suppressed"
    longer = replace(one, options=replace(one.options, over=Over.parse("trailing 2 months")))
    found = by_cell(company().compute(longer, NOW))
    assert [str(found[Grain.MONTH, date(2024, month, 1), ()].state) for month in (1, 2)] == [
        "no_data",
        "final",
    ]


def test_people_are_counted_in_the_same_scan() -> None:
    options = proportion.Options("log", E("score > 3"))
    one, other = (metric(name, "proportion", options, grains=(Grain.MONTH,), private=private)
                  for name, private in (("m", "person"), ("n", True)))  # fmt: skip
    world = company()
    with world.folder() as root, Session(world.catalog(one, other), root, NOW) as session:
        assert not [
            each.error
            for each in Planner(session).compute([request_for(one), request_for(other)])
            if each.error
        ]
        # The extent, and the rows.
        assert len(session.statements) == 2


def test_the_entity_is_part_of_the_definition() -> None:
    options = aggregate.Options("log", COUNT)
    hashes = set()
    for private, who in ((False, "who"), (True, "who"), ("person", "who"), ("person", "lower(who)")):
        world = company()
        world.datasets["log"]["entities"] = entities(person=who)  # type: ignore[index]
        hashes.add(definition_hash(world.catalog(metric("m", "aggregate", options, private=private)), "m"))
    assert len(hashes) == 4
