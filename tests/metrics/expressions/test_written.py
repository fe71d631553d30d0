"""An expression is written so that it reads as it was meant, and can be parsed to the same tree again."""

from __future__ import annotations

import pytest

from metrics.expressions.parser import parse
from metrics.expressions.written import written


@pytest.mark.parametrize(
    "text",
    [
        "amount",
        "accounts.owner.region",
        "(amount * 2) - 1",
        "-amount",
        "not kept",
        "note is null",
        "n between 1 and 2.5",
        "channel in ('web', 'it''s')",
        "name like 'a%'",
        "(a = 1) and (b <> null)",
        "a or true",
        "round(coalesce(amount, 0), 2)",
        "cast(note as decimal)",
        "case when kept then 1 when x > 2 then 2 else null end",
        "day + 14 days",
        "period_start()",
    ],
)
def test_what_is_written_is_the_same_expression(text: str) -> None:
    assert written(parse(text).node) == text


@pytest.mark.parametrize(
    ("text", "shown"), [("  Amount*2 ", "Amount * 2"), ("CAST(x AS DOUBLE)", "cast(x as float)")]
)
def test_however_it_was_written_the_text_is_one(text: str, shown: str) -> None:
    assert written(parse(text).node) == shown
    assert parse(shown).node == parse(text).node
