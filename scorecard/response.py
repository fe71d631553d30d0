"""The response rate beside a survey's figure, as every surface says it."""

from __future__ import annotations

from metrics.operations.response import ResponseRate
from scorecard.formatting import format_count, format_share
from scorecard.report_model import ResponseReport


def report_response(found: ResponseRate | None) -> ResponseReport | None:
    """Return what a report says of a response rate; None where it is not known."""
    if found is None:
        return None
    return ResponseReport(
        found.rate, found.answered, found.invited, found.least, found.low, response_words(found)
    )


def response_words(found: ResponseRate) -> str:
    """Say how many of those who were asked answered, and below what that lies: 18% of 400 asked answered."""
    said = f"{format_share(found.rate)} of {format_count(found.invited)} asked answered"
    return f"{said}, below {format_share(found.least)}" if found.low else said
