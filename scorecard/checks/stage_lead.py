"""Every stage of the journey has exactly one lead: it stands once, and its lead does not also support."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject

CODE = "stage-lead"


def check(subject: Subject) -> Iterator[Finding]:
    """Find stages that two leads share, or whose lead is a supporter too."""
    leads: dict[str, str] = {}
    for at, stage in enumerate(subject.board.stages):
        if stage.stage in leads:
            message = (
                f"stage {stage.stage!r} stands twice, led by {leads[stage.stage]!r} and {stage.leads!r}: "
                "a stage has one lead"
            )
            yield subject.finding(CODE, message, "journey", "", "stages", at, "stage")
        leads.setdefault(stage.stage, stage.leads)
        if stage.leads in stage.supports:
            index = stage.supports.index(stage.leads)
            message = f"{stage.leads!r} leads stage {stage.stage!r}: it does not support it as well"
            yield subject.finding(CODE, message, "journey", "", "stages", at, "supports", index)
