"""Read a text by a real SQL parser; what that gives is not yet ours."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from metrics.errors import ExpressionError
from metrics.expressions.nodes import (
    MAX_LENGTH,
)
from metrics.expressions.unsupported import refuse
from metrics.grain import unit_named


class _Parser(Parser):
    # Every call stays a plain name with arguments, so that our own list decides.
    FUNCTIONS: ClassVar[Any] = {}
    FUNCTION_PARSERS: ClassVar[Any] = {"CAST": Parser.FUNCTION_PARSERS["CAST"]}
    NO_PAREN_FUNCTIONS: ClassVar[Any] = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar[Any] = {"CASE": Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


def syntax_tree(text: str) -> exp.Expression:
    """Return the parser's own tree of one expression; raise ExpressionError with an offset."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression is at most {MAX_LENGTH} characters long", 0)
    try:
        tokens = Tokenizer().tokenize(text)
    except TokenError as error:
        raise ExpressionError("the text cannot be read: is a quote left open?", 0) from error
    if not tokens:
        raise ExpressionError("the expression is empty", 0)
    refuse(tokens)
    try:
        trees = _Parser().parse(_with_intervals(tokens), text)
    except ParseError as error:
        found = error.errors[0] if error.errors else {}
        words = f"not an expression: {_reason(found, tokens[-1])}"
        raise ExpressionError(words, _offset_of(found, text)) from error
    except RecursionError as error:
        raise ExpressionError("the expression is nested too deeply", 0) from error
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError("write one expression, without a semicolon", 0)
    tree: exp.Expression = trees[0]  # type: ignore[assignment]  # every node of this grammar is one
    return tree


def _reason(found: dict[str, Any], last: Token) -> str:
    near = str(found.get("highlight") or "").strip()
    unexpected = str(found.get("description")).startswith("Invalid expression")
    ends = not unexpected and near in (last.text, f"'{last.text}'")
    return f"something is missing behind {near}" if ends else f"stopped at {near!r}"


def _offset_of(found: dict[str, Any], text: str) -> int:
    line, column = int(found.get("line") or 1), int(found.get("col") or 1)
    before = sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    highlight = str(found.get("highlight") or "")
    return max(0, min(len(text), before + column - max(1, len(highlight))))


def _with_intervals(tokens: list[Token]) -> list[Token]:
    # `14 days` is not SQL; the parser is shown `INTERVAL '14' days`, at the same places.
    result: list[Token] = []
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if (
            token.token_type is TokenType.NUMBER
            and following is not None
            and following.start > token.end
            and following.text.isidentifier()
            and unit_named(following.text)
        ):
            place = (token.line, token.col, token.start, token.end)
            result.append(Token(TokenType.INTERVAL, "INTERVAL", *place))
            result.append(Token(TokenType.STRING, token.text, *place))
        else:
            result.append(token)
    return result
