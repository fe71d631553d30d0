"""What a provisional period is set against, as the API shows it."""

from __future__ import annotations

from api.project.project import Project
from metrics.grain import Period
from scorecard.report_model import ToDateReport
from scorecard.to_date import Known, to_date_report


def to_date(seen: Project, base: Period, known: Known) -> ToDateReport | None:
    """Return the days so far and as many of two earlier periods, None where nothing is known of them."""
    return to_date_report(known, base, seen.catalog.company.calendar)
