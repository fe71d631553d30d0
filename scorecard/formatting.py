"""Write values as people read them (en-GB): `24.3%`, `£1,234`, `3.2 days`, `1,204`; None is an en dash."""

from __future__ import annotations

from math import floor, isfinite, log10

from metrics.kind import RATIO, RATIO_DIFFERENCE
from scorecard.score import Level

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"
SCORE = "score"

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
_LARGE = ((1e9, "bn"), (1e6, "m"))


def format_value(value: float | None, unit: str, currency: str, absent: str | None = None) -> str:
    """Return a value with its unit; `absent` is what to write where there is none.

    `unit` is `ratio` (0 to 1, written as percent), `ratio difference` (written in percentage points, with
    its sign), a lower-case currency code (`currency` is the one of
    the reports, such as GBP), `score` or empty (a bare number), or a word such as `days` that follows it.
    """
    if value is None or not isfinite(value):
        return absent or NOTHING
    before, number, after = _parts(value, unit, currency)
    return f"{before}{number}{after}"


def format_interval(lower: float | None, upper: float | None, unit: str, currency: str) -> str:
    """Return a range: `22.1–26.7%`, `−0.9 to +12.0 points`; an en dash alone where a bound is missing."""
    if lower is None or upper is None or not isfinite(lower) or not isfinite(upper):
        return NOTHING
    low, high = _parts(lower, unit, currency), _parts(upper, unit, currency)
    # What both ends share at the end is said once: 3.1–3.4 days.
    after = "" if low[2] == high[2] else low[2]
    ends = f"{low[0]}{low[1]}{after}", "".join(high)
    # A dash before a sign would read as one.
    return (" to " if any(end.startswith(("+", MINUS)) for end in ends) else "–").join(ends)


def format_level(level: Level, unit: str, currency: str) -> str:
    """Return a goal or a red flag with its unit; a band as a range."""
    if isinstance(level, tuple):
        return format_interval(level[0], level[1], unit, currency)
    return format_value(level, unit, currency)


def format_change(difference: float | None, unit: str, currency: str) -> str:
    """Return a difference with its sign: `+1.2 points` for ratios, `−£40.00`, `+12`."""
    if difference is None or not isfinite(difference):
        return NOTHING
    if unit in (RATIO, RATIO_DIFFERENCE):
        before, number, after = "", _points(abs(difference)), " points"
    else:
        before, number, after = _parts(abs(difference), unit, currency)
    if not any(character in "123456789" for character in number):
        return f"{before}{number}{after}"
    return f"{MINUS if difference < 0 else '+'}{before}{number}{after}"


def format_span(lower: float | None, upper: float | None, unit: str, currency: str) -> str:
    """Return the interval of a change: `+0.4 to +2.0 points`, `−£40.00 to +£12.00`; an en dash where it is unknown."""
    if lower is None or upper is None or not isfinite(lower) or not isfinite(upper):
        return NOTHING
    low, high = format_change(lower, unit, currency), format_change(upper, unit, currency)
    for ending in (" points", f" {unit}"):
        if len(ending) > 1 and low.endswith(ending) and high.endswith(ending):
            low = low.removesuffix(ending)
    return f"{low} to {high}"


def format_count(count: float | None) -> str:
    """Return a count, a numerator or a denominator without a unit: `1,204`."""
    return NOTHING if count is None or not isfinite(count) else "".join(_parts(count, "", ""))


def format_share(share: float | None) -> str:
    """Return a share of weight in whole percent; less than all is never written as 100%."""
    if share is None:
        return NOTHING
    percent = round(share * 100)
    if percent == 100 and share < 1:
        return "99%"
    return "1%" if percent == 0 and share > 0 else f"{percent}%"


def format_score(score: float | None) -> str:
    """Return a score of 0 to 100 without decimals; never rounded up into a better status."""
    return NOTHING if score is None else str(floor(score + 1e-9))


def _parts(value: float, unit: str, currency: str) -> tuple[str, str, str]:
    """Return what stands before the digits (with the sign), the digits, and what stands after."""
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if unit == RATIO:
        return _unsigned(sign, _percent(size * 100), "", "%")
    if unit == RATIO_DIFFERENCE:
        return _unsigned(sign or "+", _points(size), "", " points")
    if unit and unit.upper() == currency.upper():
        number, after = _money(size)
        return _unsigned(sign, number, _SYMBOLS.get(currency.upper(), f"{currency.upper()} "), after)
    if unit in ("", SCORE):
        return _unsigned(sign, _number(size), "", "")
    return _unsigned(sign, _quantity(size), "", f" {unit}")


def _unsigned(sign: str, number: str, before: str, after: str) -> tuple[str, str, str]:
    # What rounds to nought has no sign.
    shown = sign if any(character in "123456789" for character in number) else ""
    return f"{shown}{before}", number, after


def _points(share: float) -> str:
    points = share * 100
    return f"{points:,.2f}" if 0 < points < 0.1 else f"{points:,.1f}"


def _percent(percent: float) -> str:
    if percent == 0 or percent >= 0.1:
        return f"{percent:,.1f}"
    # Two digits that say something, up to the sixth decimal.
    return f"{percent:.{min(6, 1 - floor(log10(percent)))}f}"


def _money(amount: float) -> tuple[str, str]:
    for least, word in _LARGE:
        # 999,999.6 would be written as 1,000,000.
        if round(amount) >= least:
            return f"{amount / least:,.2f}", word
    return (f"{amount:,.2f}" if round(amount, 2) < 100 else f"{amount:,.0f}"), ""


def _number(size: float) -> str:
    if size == round(size) or round(size, 1) >= 100:
        return f"{size:,.0f}"
    return f"{size:,.1f}" if round(size, 2) >= 10 else f"{size:,.2f}"


def _quantity(size: float) -> str:
    # Durations need no second decimal, but for what is shorter than one unit.
    if size == round(size) or round(size, 1) >= 100:
        return f"{size:,.0f}"
    return f"{size:,.1f}" if round(size, 2) >= 1 else f"{size:,.2f}"
