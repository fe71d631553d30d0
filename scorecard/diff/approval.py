"""Who has to agree to a change."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.catalog.metric import Metric
from scorecard.diff.model import Approver
from scorecard.edition import Edition


def concerned(metrics: Iterable[Metric | None], base: Edition, head: Edition) -> tuple[Approver, ...]:
    """Return the departments that lead or support any of these metrics, those that lead first."""
    known = [metric for metric in metrics if metric is not None]
    leads = {metric.leads: None for metric in known if metric.leads is not None}
    supports = {name: None for metric in known for name in metric.supports if name not in leads}
    return approvers((*leads, *supports), base, head, leads)


def approvers(
    departments: Iterable[str], base: Edition, head: Edition, leads: Iterable[str] = ()
) -> tuple[Approver, ...]:
    """Return who approves for each of these departments: those named before the change, if it was there."""
    leading, found = set(leads), []
    for name in dict.fromkeys(departments):
        board = base.board if name in base.board.departments else head.board
        declared = board.departments.get(name)
        reviewers = declared.reviewers if declared is not None else ()
        found.append(Approver(name, board.label(name), reviewers, name in leading))
    return tuple(found)
