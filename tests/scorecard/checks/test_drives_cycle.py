from hypothesis import given
from hypothesis import strategies as st

from scorecard.checks.drives_cycle import CODE, _cycles
from scorecard.model import Objective, Perspective, Scorecard
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_a_circle_is_named_once():
    edit = (CARD, "statement: Standards hold", "statement: Standards hold\n        drives: keep_promises")
    assert found(CODE, edit) == [
        f"{CARD}:13:17 error objectives drive each other in a circle: "
        "keep_promises > fewer_breaches > keep_promises"
    ]


def test_an_objective_does_not_drive_itself():
    assert found(CODE, (CARD, "drives: [fewer_breaches]", "drives: [keep_promises]")) == [
        f"{CARD}:13:17 error objectives drive each other in a circle: keep_promises > keep_promises"
    ]


def card(edges):
    objectives = tuple(
        Objective(str(one), "", drives=tuple(str(b) for a, b in edges if a == one)) for one in range(6)
    )
    return Scorecard("joint", (Perspective("customer", 1, objectives),))


pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=15)


@given(pairs)
def test_drives_that_only_lead_onwards_have_no_circle(edges):
    assert list(_cycles(card([(min(pair), max(pair)) for pair in edges if pair[0] != pair[1]]))) == []


@given(pairs, st.integers(0, 5), st.integers(0, 5))
def test_a_way_there_and_back_is_always_found(edges, one, other):
    found_cycles = list(_cycles(card([*edges, (one, other), (other, one)])))
    drives = {(a, b) for a, b in [*edges, (one, other), (other, one)]}
    assert found_cycles
    for cycle in found_cycles:
        steps = zip(cycle, (*cycle[1:], cycle[0]), strict=True)
        assert all((int(a), int(b)) in drives for a, b in steps)
