"""A survey names another dataset of invitations, and both say when."""

import pytest

from tests.metrics.project import ACCOUNTS, TICKETS, Files, added, assert_found, base

CODE = "invited-shape"


def asked(invited: str, survey: str = TICKETS) -> Files:
    return added({survey: f"{base()[survey].decode()}invited: {invited}\n"})


CASES = [
    pytest.param(asked("{dataset: orders, where: amount > 0, min_response: 0.2}"), [], id="a rate"),
    pytest.param(asked("{dataset: orders, min_response: 1}"), [], id="all of them"),
    pytest.param(
        asked("{dataset: orders, min_response: 20}"),
        [(TICKETS, "20}", f"{CODE} min_response is a share above 0 and up to 1, not 20")],
        id="percent",
    ),
    pytest.param(
        asked("{dataset: orders, min_response: 0}"),
        [(TICKETS, "0}", f"{CODE} min_response is a share above 0 and up to 1, not 0")],
        id="none",
    ),
    pytest.param(
        asked("{dataset: tickets}"),
        [(TICKETS, "tickets}", f"{CODE} a survey's invitations are another dataset than its answers")],
        id="itself",
    ),
    pytest.param(
        asked("{dataset: fx}"),
        [(TICKETS, "fx}", f"{CODE} dataset 'fx' has no time: when somebody was asked is not known")],
        id="no time",
    ),
    pytest.param(
        asked("{dataset: ordres}"),
        [(TICKETS, "ordres}", "unknown-reference no dataset is called 'ordres' (did you mean 'orders'?)")],
        id="unknown",
    ),
    pytest.param(
        asked("{dataset: orders, entity: lead}"),
        [
            (TICKETS, "lead}", f"{CODE} dataset 'orders' has no entity 'lead'"),
            (TICKETS, "lead}", f"{CODE} dataset 'tickets' has no entity 'lead'"),
        ],
        id="an entity of neither",
    ),
    pytest.param(
        asked("{dataset: orders}", ACCOUNTS),
        [
            (
                ACCOUNTS,
                "{dataset: orders}",
                f"{CODE} dataset 'accounts' has no time: when somebody answered is not known",
            )
        ],
        id="answers without a time",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_invited_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
