from __future__ import annotations

from decimal import Decimal

import pytest

from metrics.errors import ExpressionError
from metrics.expressions.nodes import (
    Call,
    Case,
    Cast,
    Literal,
    Measure,
    Name,
    Node,
    Operation,
    SpanLiteral,
    names,
)
from metrics.expressions.parser import parse, parse_measure, parse_measures
from metrics.grain import Span


def name(path: str) -> Name:
    return Name(tuple(path.split(".")))


X, Y = name("x"), name("y")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("x", X),
        ("plan.product.name", name("plan.product.name")),
        ("a.b.c.d.e.f", name("a.b.c.d.e.f")),
        ('"x"', X),
        ('"Odd name"', Name(("Odd name",))),
        ("1", Literal(1)),
        ("1.50", Literal(Decimal("1.50"))),
        ("-2", Literal(-2)),
        ("-0.5", Literal(Decimal("-0.5"))),
        ("'it''s'", Literal("it's")),
        ("''", Literal("")),
        ("null", Literal(None)),
        ("TRUE", Literal(True)),
        ("((x))", X),
        ("-x", Operation("neg", (X,))),
        ("x + y * 2", Operation("+", (X, Operation("*", (Y, Literal(2)))))),
        ("(x + y) / 2", Operation("/", (Operation("+", (X, Y)), Literal(2)))),
        ("x - y - 1", Operation("-", (Operation("-", (X, Y)), Literal(1)))),
        ("x = 1", Operation("=", (X, Literal(1)))),
        ("x <> 1", Operation("<>", (X, Literal(1)))),
        ("x != 1", Operation("<>", (X, Literal(1)))),
        ("x <= y", Operation("<=", (X, Y))),
        ("x and not y or z", Operation("or", (Operation("and", (X, Operation("not", (Y,)))), name("z")))),
        ("x in (1, 2)", Operation("in", (X, Literal(1), Literal(2)))),
        ("x not in (1)", Operation("not", (Operation("in", (X, Literal(1))),))),
        ("x between 1 and 2", Operation("between", (X, Literal(1), Literal(2)))),
        ("x not between 1 and 2", Operation("not", (Operation("between", (X, Literal(1), Literal(2))),))),
        ("x like 'a%'", Operation("like", (X, Literal("a%")))),
        ("x not like 'a%'", Operation("not", (Operation("like", (X, Literal("a%"))),))),
        ("not x like 'a%'", Operation("not", (Operation("like", (X, Literal("a%"))),))),
        ("x is null", Operation("is_null", (X,))),
        ("x is not null", Operation("not", (Operation("is_null", (X,)),))),
        ("x is true", Call("coalesce", (Operation("=", (X, Literal(True))), Literal(False)))),
        ("x + 14 days", Operation("+", (X, SpanLiteral(Span.parse("14 days"))))),
        ("x - 1 month", Operation("-", (X, SpanLiteral(Span.parse("1 month"))))),
        ("x + 26 h", Operation("+", (X, SpanLiteral(Span.parse("26h"))))),
        ("case when x then 1 end", Case(((X, Literal(1)),), Literal(None))),
        ("case when x then 1 else 2 end", Case(((X, Literal(1)),), Literal(2))),
        ("case x when 1 then 'a' end", Case(((Operation("=", (X, Literal(1))), Literal("a")),), Literal(None))),
        ("cast(x as text)", Cast(X, "text")),
        ("cast(x as varchar)", Cast(X, "text")),
        ("CAST(x AS Decimal)", Cast(X, "decimal")),
        ("cast(x as timestamp)", Cast(X, "timestamp")),
        ("Coalesce(x, 0)", Call("coalesce", (X, Literal(0)))),
        ("date(x)", Call("date", (X,))),
        ("period_end()", Call("period_end", ())),
        ("replace(x, 'a', 'b')", Call("replace", (X, Literal("a"), Literal("b")))),
    ],
)  # fmt: skip
def test_what_is_on_the_list_becomes_a_tree(text: str, node: Node) -> None:
    assert parse(text).node == node


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "the expression is empty", 0),
        ("  ", "the expression is empty", 0),
        ("'open", "the text cannot be read: is a quote left open?", 0),
        ("x; y", "write one expression, without a semicolon", 1),
        ("x;", "write one expression, without a semicolon", 1),
        ("x +", "not an expression: something is missing behind +", 2),
        ("x y z", "not an expression: stopped at 'z'", 4),
        ("sum(x)", "sum is a measure and cannot be used here", 0),
        ("1 + count(x)", "count is a measure and cannot be used here", 4),
        ("sumx(x)", "unknown function sumx", 0),
        ("coalese(x, 0)", "unknown function coalese (did you mean 'coalesce'?)", 0),
        ("x + lowr(y)", "unknown function lowr (did you mean 'lower'?)", 4),
        ("coalesce(x)", "coalesce takes 2 to 20 arguments, got 1", 0),
        ("nullif(x, 1, 2)", "nullif takes 2 arguments, got 3", 0),
        ("as_of(x)", "as_of takes 0 arguments, got 1", 0),
        ("*", "'*' is not in the expression language", 0),
        ("x in (select 1)", "`in` takes a list of values, as in: stage in ('won', 'lost')", 0),
        ("x is 1", "`is` goes with null, true or false", 0),
        ("x || 'a'", "'||' is not in the expression language: write concat(a, b)", 2),
        ("x::int", "'::' is not in the expression language: write cast(x as integer)", 1),
        ("x = $1", "'$1' is not in the expression language", 4),
        ("{{ x }}", "'{' is not in the expression language", 0),
        ("x -> 'a' = 1", "'->' is not in the expression language: write json_text(x, 'key')", 2),
        ("(x > 1", "the bracket is never closed: write the ')'", 0),
        ("x > 1)", "a ')' without its '('", 5),
        ("x < current_date", "there is no clock here, so that a value does not change by itself: "
        "write period_end() or as_of()", 4),
        ("x < now()", "there is no clock here, so that a value does not change by itself: "
        "write period_end() or as_of()", 4),
        ("cast(x as json)",
        "cast to json is not known: use boolean, date, decimal, float, integer, text, timestamp", 5),
        ("x" * 8193, "an expression is at most 8192 characters long", 0),
        ("(" * 61 + "x" + ")" * 61, "the expression is nested too deeply", 60),
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused_with_its_place(
    text: str, message: str, offset: int | None
) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert str(error.value) == message
    assert offset is None or error.value.offset == offset


@pytest.mark.parametrize(
    "text",
    [" + ".join(["x"] * 2000), "not " * 1500 + "x", " and ".join(["x"] * 900), "- " * 2000 + "x"],
    ids=["plus", "not", "and", "minus"],
)
def test_a_chain_without_end_is_refused_before_anything_overflows(text: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert str(error.value) == "the expression is nested too deeply"


def test_a_long_list_is_no_chain() -> None:
    node = parse(f"x in ({', '.join(map(str, range(900)))})").node
    assert isinstance(node, Operation)
    assert len(node.operands) == 901


def test_offsets_count_across_lines() -> None:
    node = parse("x +\n  upper(y)").node
    assert isinstance(node, Operation)
    assert [part.offset for part in node.operands] == [0, 6]
    with pytest.raises(ExpressionError) as error:
        parse("x +\n  uper(y)")
    assert error.value.offset == 6


def test_equal_trees_are_equal_expressions_however_they_are_written() -> None:
    assert parse("x  +  1") == parse("(x + 1)")
    assert parse("X") != parse("x")
    assert hash(parse("x+1")) == hash(parse("x + 1"))


def test_names_are_found_everywhere() -> None:
    text = "case when a.b > 1 then coalesce(c, d) else cast(e as text) end in (f, g) and h between i and j"
    assert [".".join(each.parts) for each in names(parse(text).node)] == ["a.b", *"cdefghij"]


NO_MEASURE = (
    "a measure is one of count, count_distinct, count_new, sum, avg, min, max, median, percentile "
    "over an expression"
)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("count", Measure("", "count")),
        (" count ", Measure("", "count")),
        ("count()", Measure("", "count")),
        ("count(x)", Measure("", "count", X)),
        ("count_distinct(x)", Measure("", "count_distinct", X)),
        ("count_new(customer)", Measure("", "count_new", name("customer"))),
        ("SUM(x * 2)", Measure("", "sum", Operation("*", (X, Literal(2))))),
        ("median(x)", Measure("", "percentile", X, 0.5)),
        ("percentile(x, 0.9)", Measure("", "percentile", X, 0.9)),
    ],
)
def test_measures(text: str, measure: Measure) -> None:
    assert parse_measure(text) == measure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", NO_MEASURE),
        ("sum(x) + 1", NO_MEASURE),
        ("sum(avg(x))", "avg cannot stand inside sum"),
        ("sum(1 + max(x))", "max cannot stand inside sum"),
        ("sum(x, y)", "sum takes one argument, got 2"),
        ("sum()", "sum takes one argument, got 0"),
        ("percentile(x)", "percentile takes an expression and a share, as in percentile(hours, 0.9)"),
        ("percentile(x, y)", "percentile takes an expression and a share, as in percentile(hours, 0.9)"),
        ("percentile(x, 0.0)", "the share of a percentile lies between 0 and 1"),
        ("percentile(x, 90)", "the share of a percentile lies between 0 and 1"),
        ("percentile(x, 1.0)", "the share of a percentile lies between 0 and 1"),
        ("count(*)", "'*' is not in the expression language"),
        ("totals(x)", "unknown function totals"),
    ],
)  # fmt: skip
def test_what_is_no_measure_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse_measure(text)
    assert str(error.value) == message


def test_measures_may_be_compared_where_rows_are_grouped() -> None:
    assert parse_measures("count_distinct(topic) > 1").node == Operation(
        ">", (Call("count_distinct", (name("topic"),)), Literal(1))
    )


@pytest.mark.parametrize(
    ("text", "additive"),
    [
        ("count", True),
        ("sum(x)", True),
        ("count_new(x)", True),
        ("avg(x)", False),
        ("median(x)", False),
        ("max(x)", False),
    ],
)
def test_what_may_be_nought(text: str, additive: bool) -> None:
    assert parse_measure(text).additive is additive


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x > " + "9" * 5000, "a number has at most 38 digits"),
        ("x > 1e400", "a number has at most 38 digits"),
        ("x > 0." + "1" * 39, "a number has at most 38 digits"),
        ("t + 2000 years", "'2000 year' is longer than 1,000 years"),
        ("t + 99999999 days", "'99999999 day' is not a span such as 90 days, 26h or 2 years"),
    ],
)
def test_a_number_that_no_engine_holds_is_refused_at_its_place(text, message):
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert (str(refused.value), refused.value.offset) == (message, 4)


def test_numbers_that_every_engine_holds():
    assert parse("9" * 38).node.value == int("9" * 38)
    assert parse("0.000001").node.value == Decimal("0.000001")
