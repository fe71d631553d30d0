"""The stretches of a dated condition cover every day once, and it is asked of events by their own dataset."""

import pytest

from tests.metrics.project import NEW, ORDERS, STAGES, Files, added, assert_found, base, edited

WAS = "qualified_lead: \"budget_ok and fit = 'right'\""
OLD, NEWER = "{until: 2026-10-01, where: \"fit = 'right'\"}", "{from: 2026-10-01, where: \"fit = 'good'\"}"


def dated(*stretches: str) -> Files:
    return edited(STAGES, (WAS, "\n    - ".join(("qualified_lead:", *stretches))))


CASES = [
    pytest.param(dated(OLD, NEWER), [], id="covers"),
    pytest.param(
        dated(OLD),
        [(STAGES, "{until", "one stretch alone holds always: write the condition itself, or what holds before or "
          "after it")],
        id="one",
    ),
    pytest.param(
        dated(OLD, NEWER.replace("10-01", "10-03")),
        [(STAGES, "2026-10-03", "nothing is said of 2026-10-01 up to 2026-10-03: stretches meet")], id="gap",
    ),
    pytest.param(
        dated(OLD, NEWER.replace("10-01", "09-01")),
        [(STAGES, "2026-09-01", "two stretches hold from 2026-09-01 up to 2026-10-01: they meet")], id="overlap",
    ),
    pytest.param(
        dated(OLD.replace("{", "{from: 2024-01-01, "), NEWER.replace("{", "{until: 2027-01-01, ")),
        [
            (STAGES, "2024-01-01", "nothing is said of the days before 2024-01-01: the first stretch has no from"),
            (STAGES, "2027-01-01", "nothing is said of 2027-01-01 and later: the last stretch has no until"),
        ], id="ends",
    ),
    pytest.param(
        dated("{where: \"fit = 'right'\"}", "{where: \"fit = 'good'\"}"),
        [
            (STAGES, "{where: \"fit = 'right'", "a stretch before the last says until which day it holds: write until"),
            (STAGES, "{where: \"fit = 'good'", "a stretch after the first says from which day on it holds: write from"),
        ], id="no days",
    ),
    pytest.param(
        dated(OLD, "{from: 2026-10-01, until: 2026-09-01, where: fit}", "{from: 2026-09-01, where: fit}"),
        [(STAGES, "2026-09-01", "the stretch ends on 2026-09-01, not after it begins on 2026-10-01")], id="no day",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_dated_condition(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, [(file, text, f"dated-condition {words}") for file, text, words in expected])


def test_a_wrong_stretch_is_found_where_it_stands() -> None:
    assert_found(dated(OLD, NEWER.replace("fit =", "accounts.size = 1 and acounts.size =")), [
        (STAGES, "acounts", "unknown-reference dataset 'stage_changes' has no lookup 'acounts' "
         "(did you mean 'accounts'?)"),
    ])  # fmt: skip


BIG = "conditions:\n  big:\n    - {until: 2026-10-01, where: amount > 1}\n    - {from: 2026-10-01, where: amount > 2}\n"


def test_what_is_looked_up_is_no_event() -> None:
    accounts = (
        base()["datasets/accounts.yml"].decode() + "time: at\ncolumns: {huge: big and amount > 9}\n" + BIG
    )
    metric = (
        "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: stage_changes\n"
        "measure: count\nwhere: accounts.huge\n"
    )
    assert_found(added({"datasets/accounts.yml": accounts, NEW: metric}), [
        (NEW, "accounts.huge", "dated-condition 'accounts.huge' rests on the condition 'big' of 'accounts', which goes "
         "by the day of an event, and a row that is looked up is none: write it where the event stands"),
    ])  # fmt: skip


def test_a_stock_is_no_event() -> None:
    orders = base()[ORDERS].decode() + "valid: {from: placed_at, to: ended_at}\n" + BIG
    metric = (
        "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\n"
        "measure: count\nwhere: big\nat: period_end\n"
    )
    assert_found(added({ORDERS: orders, NEW: metric}), [
        (NEW, "period_end", "dated-condition a stock is no event, by whose day the condition 'big' could go: "
         "leave `at` out, or the days"),
    ])  # fmt: skip
