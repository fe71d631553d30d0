"""SVG as text: numbers, words and the element around a drawing, with its title for screen readers."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def text(x: float, y: float, words: str, kind: str, anchor: str) -> str:
    """Return words at a place; `kind` is their class, `anchor` start, middle or end."""
    return (
        f'<text class="{kind}" x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" '
        f'dominant-baseline="central">{escape(words)}</text>'
    )


def drawing(
    body: Iterable[str], name: str, title: str, description: str, width: float, height: float, kind: str
) -> Markup:
    """Return a drawing; `name` makes its ids unique on the page, `kind` is its class."""
    inner = "".join(body)
    label = f"{escape(name)}-title"
    described = f' aria-describedby="{escape(name)}-desc"' if description else ""
    words = f'<desc id="{escape(name)}-desc">{escape(description)}</desc>' if description else ""
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" aria-labelledby="{label}"{described}>'
        f'<title id="{label}">{escape(title)}</title>{words}{inner}</svg>'
    )


def number(value: float) -> str:
    """Return a number as SVG needs it: at most two decimals, no trailing noughts."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
