"""What refreshes a project, from the command line, by the clock or from the API."""

from __future__ import annotations

from api.project.known import recorded_files
from api.project.project import Project
from metrics.operations.refresh import Clock, Refresher
from scorecard.scoring_record import metrics_in, scoring_text


def refresher_of(project: Project, clock: Clock) -> Refresher:
    """Return what computes a project's metrics and keeps what they are scored by."""
    return Refresher(
        project.catalog,
        project.root,
        project.store,
        clock,
        project.commit,
        scoring_text(project.catalog, project.board, project.hashes),
        recorded_files(project.folder, project.catalog),
        metrics_in,
    )
