"""Refuse what the SQL parser takes and the expression language does not have; say what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokenizer_core import Token, TokenType

from metrics.errors import ExpressionError
from metrics.expressions.nodes import MAX_DEPTH

# A sign or word of SQL, and what does the same here; the parser would give some of them another meaning.
_SIGNS: dict[TokenType, tuple[str, str]] = {
    TokenType.DCOLON: ("::", "write cast(x as integer)"),
    TokenType.INTERVAL: ("interval", "write a span as in created_at + 14 days"),
    TokenType.DPIPE: ("||", "write concat(a, b)"),
    TokenType.DAMP: ("&&", "write and"),
    TokenType.MOD: ("%", ""),
    TokenType.CARET: ("^", ""),
    TokenType.TILDE: ("~", "write like"),
    TokenType.ILIKE: ("ilike", "write lower(a) like 'x%'"),
    TokenType.RLIKE: ("rlike", "write like"),
    TokenType.SIMILAR_TO: ("similar to", "write like"),
    TokenType.ARROW: ("->", "write json_text(x, 'key')"),
    TokenType.DARROW: ("->>", "write json_text(x, 'key')"),
    TokenType.L_BRACKET: ("[", ""),
    TokenType.L_BRACE: ("{", ""),
    TokenType.UNKNOWN: ("`", 'write a column of another name as "its name"'),
    TokenType.NULLSAFE_EQ: ("<=>", ""),
    TokenType.XOR: ("xor", ""),
    TokenType.DIV: ("div", "write floor(a / b)"),
    TokenType.PLACEHOLDER: ("?", ""),
}
_CLOCK = ("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp")
_CLOCK_CALLS = ("now", "today", "getdate", "sysdate", "curdate", "current_date", "current_timestamp")
_NO_CLOCK = "there is no clock here, so that a value does not change by itself: write period_end() or as_of()"


def refuse(tokens: Sequence[Token]) -> None:
    """Raise ExpressionError at the first token that is not of the language, and for unequal brackets."""
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.comments:
            raise ExpressionError("comments are not in the expression language", token.start)
        if token.token_type is TokenType.SEMICOLON:
            raise ExpressionError("write one expression, without a semicolon", token.start)
        _refuse_sign(token, tokens[index - 1] if index else None)
        if token.token_type is TokenType.L_PAREN:
            opened.append(token.start)
        elif token.token_type is TokenType.R_PAREN:
            if not opened:
                raise ExpressionError("a ')' without its '('", token.start)
            opened.pop()
        if len(opened) > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply", token.start)
    if opened:
        raise ExpressionError("the bracket is never closed: write the ')'", opened[-1])


def _refuse_sign(token: Token, before: Token | None) -> None:
    if token.token_type in _SIGNS:
        sign, instead = _SIGNS[token.token_type]
        raise ExpressionError(_not_here(sign, instead), token.start)
    if (
        token.token_type is TokenType.DISTINCT
        and before is not None
        and before.token_type is TokenType.L_PAREN
    ):
        raise ExpressionError(_not_here("distinct", "write count_distinct(x)"), token.start)
    if token.token_type is TokenType.VAR and token.text.startswith("$"):
        raise ExpressionError(_not_here(token.text, ""), token.start)
    if token.token_type is not TokenType.IDENTIFIER and token.text.lower() in _CLOCK:
        raise ExpressionError(_NO_CLOCK, token.start)


def _not_here(sign: str, instead: str) -> str:
    return f"{sign!r} is not in the expression language" + (f": {instead}" if instead else "")


def unknown_function(name: str) -> str | None:
    """Return what is said of a function that tells the time, None of any other."""
    return _NO_CLOCK if name in _CLOCK_CALLS else None
