# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""The expression language means one thing, and nothing outside its closed list passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import ExpressionError, SourceError
from metrics.expressions.parser import parse, parse_measure, parse_measures
from metrics.source import Source
from metrics.sql.rows import Rows
from tests.soundness.world import E, World, at, table

COLUMNS = {"id": "text", "n": "integer", "m": "decimal", "f": "float", "s": "text", "b": "boolean", "d": "date",
           "t": "naive", "u": "instant", "j": "text"}  # fmt: skip
# London: the night of 30 to 31 March 2024 has no 01:00 to 02:00.
FIRST = ("1", 7, Decimal("2.5"), 0.5, "Won", True, date(2024, 1, 31), datetime(2024, 3, 30, 12),
         at("2024-03-31T12:00"), '{"a": {"b": "deep"}, "n": 5, "z": null}')  # fmt: skip
NOTHING = ("2", None, None, None, None, None, None, None, None, None)
NOW = at("2024-06-01T00:00")


Evaluate = Callable[[str], tuple[Any, Any]]


def world() -> World:
    return World({"log": table(COLUMNS, [FIRST, NOTHING])}, {"log": {"time": E("t"), "timezone": "Europe/London"}},
                 zone="Europe/London")  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Rows, Source]]:
    with world().rows("log", NOW) as both:
        yield both


@pytest.fixture(scope="module")
def evaluate(opened: tuple[Rows, Source]) -> Evaluate:
    rows, source = opened

    def run(text: str) -> tuple[Any, Any]:
        select = rows.select({"k": rows.value(E("id").node).sql, "v": rows.value(E(text).node).sql}).order_by(
            "k"
        )
        first, second = source.fetch(select)["v"]
        return first, second

    return run


# expression, its value over the first row, its value over the row of nulls
TABLE: list[tuple[str, Any, Any]] = [
    ("n / 2", 3.5, None),
    ("7 / 2", 3.5, 3.5),
    ("n / 0", None, None),
    ("n / (n - 7)", None, None),
    ("1.0 / 3", 1 / 3, 1 / 3),
    ("n + m", Decimal("9.5"), None),
    ("n - m * 2", Decimal("2"), None),
    ("m * m", Decimal("6.25"), None),
    ("-n + 1", -6, None),
    ("- -3", 3, 3),
    ("2 + 3 * 4", 14, 14),
    ("(2 + 3) * 4", 20, 20),
    ("n + f", 7.5, None),
    ("n = 7", True, None),
    ("n <> 7", False, None),
    ("n != 8", True, None),
    ("m >= 2.5 and n < 8", True, None),
    ("not b", False, None),
    ("b or n > 100", True, None),
    ("false and n > 1", False, False),
    ("b is true", True, False),
    ("b is not true", False, True),
    ("n is null", False, True),
    ("n is not null", True, False),
    ("n = null", None, None),
    ("n <> null", None, None),
    ("null = null", None, None),
    ("n in (1, 7)", True, None),
    ("n in (1, 2)", False, None),
    ("n in (7, null)", True, None),
    ("n in (1, null)", None, None),
    ("n not in (1, 2)", True, None),
    ("n not in (1, null)", None, None),
    ("n between 7 and 9", True, None),
    ("n between 8 and 9", False, None),
    ("n not between 8 and 9", True, None),
    ("s = 'Won'", True, None),
    ("s = 'won'", False, None),
    ("s < 'a'", True, None),
    ("'Z' < 'a'", True, True),
    ("s like 'W%'", True, None),
    ("s like 'w%'", False, None),
    ("s like '_on'", True, None),
    ("s not like 'X%'", True, None),
    ("case when n > 5 then 'big' when n > 1 then 'small' end", "big", None),
    ("case when n > 9 then 1 else 0 end", 0, 0),
    ("case s when 'Won' then 1 else 0 end", 1, 0),
    ("case n when null then 1 else 2 end", 2, 2),
    ("coalesce(n, 0)", 7, 0),
    ("coalesce(s, 'none')", "Won", "none"),
    ("nullif(n, 7)", None, None),
    ("nullif(n, 8)", 7, None),
    ("nullif(s, '')", "Won", None),
    ("abs(3 - n)", 4, None),
    ("floor(m)", 2, None),
    ("floor(-m)", -3, None),
    ("round(m)", Decimal("3"), None),
    ("round(-m)", Decimal("-3"), None),
    ("round(0.5)", Decimal("1"), Decimal("1")),
    ("round(1.5)", Decimal("2"), Decimal("2")),
    ("round(2.675, 2)", Decimal("2.68"), Decimal("2.68")),
    ("round(f)", Decimal("1"), None),
    ("round(1234, -2)", Decimal("1200"), Decimal("1200")),
    ("least(n, 3, 9)", 3, 3),
    ("greatest(n, 3)", 7, 3),
    ("lower(s)", "won", None),
    ("upper(s)", "WON", None),
    ("trim('  a b ')", "a b", "a b"),
    ("concat(s, '-', n)", "Won-7", "-"),
    ("substr(s, 2)", "on", None),
    ("substr(s, 1, 2)", "Wo", None),
    ("split_part('a-b-c', '-', 2)", "b", "b"),
    ("split_part(s, '-', 2)", "", None),
    ("replace(s, 'W', 'D')", "Don", None),
    ("json_text(j, 'a.b')", "deep", None),
    ("json_text(j, 'n')", "5", None),
    ("json_text(j, 'z')", None, None),
    ("json_text(j, 'missing')", None, None),
    ("cast(n as text)", "7", None),
    ("cast('12' as integer) + n", 19, None),
    ("cast(n as decimal) / 2", 3.5, None),
    ("cast(n as double)", 7.0, None),
    ("cast('true' as boolean)", True, True),
    ("cast('2024-02-29' as date)", date(2024, 2, 29), date(2024, 2, 29)),
    ("cast('2024-07-01 12:00' as timestamp)", at("2024-07-01T11:00"), at("2024-07-01T11:00")),
    ("date(t)", date(2024, 3, 30), None),
    ("date(u)", date(2024, 3, 31), None),
    ("d = '2024-01-31'", True, None),
    ("d < '2024-02-01'", True, None),
    ("t >= '2024-03-30'", True, None),
    ("t = '2024-03-30'", True, None),
    ("t < '2024-03-30 12:00'", False, None),
    ("t <= '2024-03-30T12:00:00Z'", True, None),
    ("u = '2024-03-31T13:00'", True, None),
    ("u = '2024-03-31T12:00+00:00'", True, None),
    ("d between '2024-01-01' and '2024-01-31'", True, None),
    ("d in ('2024-01-31', '2024-02-01')", True, None),
    ("d <= t", True, None),
    ("t + 14 days", at("2024-04-13T11:00"), None),
    ("t + 1 day", at("2024-03-31T11:00"), None),
    ("t + 24 hours", at("2024-03-31T12:00"), None),
    ("t - 1 month", at("2024-02-29T12:00"), None),
    ("1 day + t", at("2024-03-31T11:00"), None),
    ("d + 1 month", date(2024, 2, 29), None),
    ("d + 1 year", date(2025, 1, 31), None),
    ("d - 2 weeks", date(2024, 1, 17), None),
    ("t + 2 days > u", True, None),
    ("days_between(t, u)", 1, None),
    ("days_between(u, t)", -1, None),
    ("days_between(d, t)", 59, None),
    ("days_between(d, '2024-02-01')", 1, None),
    ("hours_between(t, u)", 24.0, None),
    ("hours_between(t, t + 1 day)", 23.0, None),
    ("hours_between(d, t)", 59 * 24.0, None),
    ("months_between(d, '2024-02-29')", 1, None),
    ("months_between(d, '2024-02-28')", 0, None),
    ("months_between('2024-02-29', d)", -1, None),
    ("months_between(d, '2024-03-30')", 1, None),
    ("months_between(d, '2024-03-31')", 2, None),
    ("months_between(cast('2023-02-28' as date), '2024-02-28')", 12, 12),
    ("months_between(cast('2024-02-29' as date), '2025-02-28')", 12, 12),
    ("as_of() = '2024-06-01T00:00Z'", True, True),
    ('"n" + 1', 8, None),
    ("'it''s'", "it's", "it's"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "first", "second"), TABLE, ids=[text for text, *_ in TABLE])
def test_values(evaluate: Evaluate, text: str, first: Any, second: Any) -> None:
    found = evaluate(text)
    assert found == (first, second)
    assert [type(each) for each in found if isinstance(each, bool)] == [
        bool for each in (first, second) if isinstance(each, bool)
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("n = null", 0), ("n <> null", 0), ("n in (1, null)", 0), ("not n = 7", 0), ("n = 7", 1), ("n is null", 1),
     ("not b", 0), ("not (b is true)", 1), ("null", 0), ("s <> 'x'", 1)],
)  # fmt: skip
def test_null_in_a_condition_is_false(text: str, kept: int) -> None:
    with world().rows("log", NOW) as (rows, source):
        select = rows.select({"k": rows.value(E("id").node).sql}, [rows.condition(E(text).node)])
        assert len(source.fetch(select)) == kept


def test_a_case_of_days_and_times_reads_a_day_as_local_midnight(evaluate: Evaluate) -> None:
    local = World(
        {"log": table(COLUMNS, [FIRST, NOTHING])}, {"log": {"time": E("t")}}, zone="America/New_York"
    )
    for text in ("case when b then d else t end", "coalesce(d, t)"):
        with local.rows("log", NOW) as (rows, source):
            select = rows.select(
                {"k": rows.value(E("id").node).sql, "v": rows.value(E(text).node).sql}
            ).order_by("k")
            assert source.fetch(select)["v"][0] == at("2024-01-31T05:00")


# What the translation refuses: expression, whole message, offset.
REFUSED = [
    ("nn + 1", "dataset 'log' has no column 'nn' (did you mean 'n'?)", 0),
    ("n + zzz", "dataset 'log' has no column 'zzz'", 4),
    ("acc.name", "dataset 'log' has no lookup 'acc'", 0),
    ("n + s", "+ works on numbers, got text", 4),
    ("t - u", "- works on numbers, got timestamp", 0),
    ("d + 1", "+ works on numbers, got date", 0),
    ("n = 'a'", "integer is compared with text", 0),
    ("b = 1", "boolean is compared with integer", 0),
    ("t = 'soon'", "'soon' is not a date or time such as 2026-03-01", 0),
    ("t > s", "a text is compared with a date or time: cast it first", 0),
    ("not n", "a condition is wanted here, got integer", 4),
    ("b and s", "a condition is wanted here, got text", 6),
    ("case when n then 1 end", "a condition is wanted here, got integer", 10),
    ("case when b then 1 else 'a' end", "the values are of different types: integer, text", 10),
    ("coalesce(n, 'a')", "the values are of different types: integer, text", 0),
    ("n like 'a'", "a text is wanted here, got integer", 0),
    ("lower(n)", "a text is wanted here, got integer", 6),
    ("abs(s)", "a number is wanted here, got text", 4),
    ("round(n, n)", "round takes a whole number of places", 0),
    ("round(n, 1 + 1)", "round takes a whole number of places", 0),
    ("round(n, null)", "round takes a whole number of places", 0),
    ("round(n, true)", "round takes a whole number of places", 0),
    ("round(n, 1.5)", "round takes a whole number of places", 0),
    ("json_text(j, s)", "json_text takes a column and a path such as 'a.b'", 0),
    ("date(n)", "a date or time is wanted here, got integer", 0),
    ("days_between(n, t)", "a date or time is wanted here, got integer", 0),
    ("period_start()", "period_start() has no meaning here: no period is known", 0),
    ("t < period_end()", "period_end() has no meaning here: no period is known", 4),
]


@pytest.mark.parametrize(("text", "message", "offset"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_what_does_not_fit_is_refused(evaluate: Evaluate, text: str, message: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as error:
        evaluate(text)
    assert (str(error.value), error.value.offset) == (message, offset)


OUTSIDE = [
    "(select 1)", "select 1", "n in (select 1)", "exists (select 1)", "n = (select max(n) from log)", "sum(n) over ()",
    "row_number() over (order by n)", "lag(n) over (order by n)", "*", "log.*", "count(*)", "n; n", "n;", ";",
    "n -- hi",
    "n /* hi */", "/* hi */ n", "cast(n as json)", "cast(n as interval)", "cast(n as int[])",
    "cast(n as struct(a int))",
    "cast(n as varchar(2))", "cast(n as decimal(4, 1))", "try_cast(n as int)", "n ** 2", "n % 2", "n // 2", "n ^ 2",
    "n & 1", "n | 1", "n << 1", "~n", "s || 'x'", "s ilike 'w'", "s ~ 'w'", "s similar to 'w'", "s collate nocase",
    "s glob 'W*'", "n is distinct from 1", "n between symmetric 9 and 1", "lambda x: x", "x -> x + 1", "j -> 'a'",
    "j ->> 'a'", "j['a']", "n[1]", "[n]", "{'a': n}", "(n, m)", "row(n)", "struct_pack(a := 1)", "read_csv('x')",
    "read_text('/etc/passwd')", "getenv('HOME')", "current_user", "now()", "random()", "version()", "pg_sleep(1)",
    "t at time zone 'UTC'", "extract(year from t)", "trim(both 'x' from s)", "substring(s from 1)", "?", "$1",
    ":a", "@a",
    "lower(distinct s)", "lower(s) filter (where b)", "lower(s order by s)", "coalesce(*)", "if(b, 1, 2)", "1e", "0x1f",
    "'open", "\"open", "n +", "+", "(", ")", "n n", "n as m", "case end", "case when b then", "and", "not", "", " ",
    "drop table log", "insert into log values (1)", "attach 'x'", "pragma version", "with a as (select 1) select 1",
    "n union select 1", "n from log", "n where b", "log where b", "values (1)", "any(n)", "n = any(select 1)",
    "n in unnest([1])", "n in ()", "N'a'", "n.1.2.*", "count", "sum(n)", "percentile(n, 0.5)", "`n`", "\x00", "n\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", OUTSIDE)
def test_nothing_outside_the_closed_list_passes(evaluate: Evaluate, text: str) -> None:
    with pytest.raises(ExpressionError) as error:
        evaluate(text)
    assert 0 <= error.value.offset <= max(len(text), 1)


TOKENS = ("n", "s", "t", "1", "0.5", "'a'", "null", "true", "(", ")", "+", "-", "*", "/", "=", "<>", "<", "and", "or",
          "not", "in", "between", "is", "like", "case", "when", "then", "else", "end", ",", ".", "14 days",
          "cast", "as",
          "date", "select", "from", "over", "::", "--", ";", "round", "coalesce", "lower", "sum", "[", "]",
          "{", "}", ":",
          "->", "||", "%", "interval", "distinct", "filter", "where", "exists", "any", "'", '"', "\\",
          "\n")  # fmt: skip


def refused_at(read: Callable[[str], object], text: str) -> int | None:
    """Return where a text is refused, None where it is read; whatever else is raised fails the test."""
    try:
        read(text)
    except ExpressionError as error:
        return error.offset
    return None


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join))
@settings(max_examples=400)
def test_any_words_parse_or_are_refused(opened: tuple[Rows, Source], text: str) -> None:
    def translate(words: str) -> None:
        opened[0].value(parse(words).node)

    for read in (translate, parse_measures, parse_measure):
        offset = refused_at(read, text)
        assert offset is None or 0 <= offset <= len(text)


@given(st.text(max_size=20))
@settings(max_examples=400)
def test_any_text_parses_or_is_refused(text: str) -> None:
    for read in (parse, parse_measures, parse_measure):
        offset = refused_at(read, text)
        assert offset is None or 0 <= offset <= len(text)


ATOMS = st.sampled_from(("n", "m", "f", "s", "b", "d", "t", "u", "j", "1", "2.5", "'x'", "'2024-01-01'", "null", "true",
                         "14 days", "as_of()"))  # fmt: skip
SHAPES = st.sampled_from(
    ("{0} + {1}", "{0} / {1}", "{0} = {1}", "{0} < {1}", "{0} and {1}", "not {0}", "{0} in ({1}, {0})", "{0} is null",
     "{0} between {1} and {0}", "{0} like {1}", "case when {0} then {1} else {0} end", "coalesce({0}, {1})",
     "nullif({0}, {1})", "abs({0})", "round({0}, 1)", "round({0}, {1})", "lower({0})", "concat({0}, {1})", "date({0})",
     "substr({0}, {1})", "split_part({0}, {1}, 1)", "replace({0}, {1}, {0})", "days_between({0}, {1})",
     "hours_between({0}, {1})", "months_between({0}, {1})", "json_text({0}, {1})", "cast({0} as text)",
     "least({0}, {1})",
     "cast({0} as date)", "cast({0} as timestamp)", "-{0}", "floor({0})", "case {0} when {1} then {0} end")
)  # fmt: skip
WELL_FORMED = st.recursive(
    ATOMS,
    lambda inner: st.builds(lambda shape, a, b: "(" + shape.format(a, b) + ")", SHAPES, inner, inner),
    max_leaves=6,
)


@given(WELL_FORMED)
@settings(max_examples=300)
def test_every_combination_is_translated_or_refused_by_name(evaluate: Evaluate, text: str) -> None:
    # A value that cannot be cast is the engine's to refuse; the rest is refused before it runs.
    with suppress(ExpressionError, SourceError):
        evaluate(text)
