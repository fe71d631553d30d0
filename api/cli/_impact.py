"""What a change of definitions does, for `scorecard diff --impact`: computed, and written as JSON, Markdown or text."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from api.cli._output import console, page_width

_MOST_PUT_ASIDE = 20

if TYPE_CHECKING:
    from api.cli._settings import Settings
    from metrics.errors import Finding
    from metrics.store.store import Store
    from scorecard.diff.model import DefinitionDiff, KeptTarget
    from scorecard.edition import Edition
    from scorecard.equal_goal import EqualGoal
    from scorecard.impact import DefinitionImpact


@dataclass(frozen=True)
class Asked:
    """What is asked of the impact: relative changes alone, how long a source is waited for, of which share of rows."""

    redacted: bool = False
    timeout: int | None = None
    sample: float | None = None

    @property
    def given(self) -> bool:
        """Tell whether anything is asked that goes with an impact alone."""
        return self != Asked()


def computed(
    settings: Settings, found: DefinitionDiff, base: Edition, head: Edition, asked: Asked
) -> tuple[DefinitionDiff, DefinitionImpact]:
    """Compute what a change does; return it, and the change with the goals that would be as hard as before."""
    from api.project.impact import Compared, impact_of
    from metrics.grain import Span, Unit

    timeout = Span(asked.timeout, Unit.SECOND) if asked.timeout is not None else None
    compared, store = Compared.of(found, base, head), _store(settings)
    with closing(store) if store is not None else nullcontext():
        impact = impact_of(compared, settings.root, store, settings.now(), timeout, asked.sample)
    changes = tuple(
        replace(change, targets=tuple(_as_hard(target, goal) for target in change.targets))
        if (goal := impact.goals.get(change.metric)) is not None and not asked.redacted
        else change
        for change in found.changes
    )
    return replace(found, changes=changes), impact


def _store(settings: Settings) -> Store | None:
    """Return the project's store, None where there is none: what does not change is then computed too."""
    from api.project.project import default_store_url
    from metrics.errors import NoStore
    from metrics.store.store import Store

    try:
        return Store.open(default_store_url(settings.root), make=False)
    except NoStore:
        return None


def _as_hard(target: KeptTarget, goal: EqualGoal) -> KeptTarget:
    try:
        return replace(target, as_hard=goal.move(float(target.goal or "")))
    except ValueError:
        # A band has two ends, and a plan is read from rows.
        return target


def impact_json(
    found: DefinitionDiff, impact: DefinitionImpact, asked: Asked, ignored: tuple[Finding, ...]
) -> dict[str, Any]:
    """Return a change as JSON, each metric with what happens to it, the scorecards, alerts and boards, and `ignored`.

    `ignored` is what a proposal says of sources that were not read.
    """
    from api.cli.check import finding_json
    from scorecard.diff.as_json import as_json
    from scorecard.impact_document import impact_document

    document = impact_document(impact, redacted=asked.redacted)
    metrics, whole = document.pop("metrics"), as_json(found)
    changes = [{**change, **metrics.get(change["metric"], {"impact": []})} for change in whole["changes"]]
    return {
        **whole,
        "changes": changes,
        "redacted": asked.redacted,
        **document,
        "not_read": [finding_json(each) for each in ignored],
    }


def comment_of(
    found: DefinitionDiff, base: Edition, head: Edition, impact: DefinitionImpact | None, asked: Asked, *,
    folded: bool = True,
) -> str:  # fmt: skip
    """Return the comment on a change; without an impact it says what is written otherwise and who must approve."""
    from scorecard.comment.comment import comment
    from scorecard.comment.model import Subject
    from scorecard.impact import NOTHING

    named = f"{base.written} {head.written}" if head.commit is not None else base.written
    options = "".join(
        f" --{name}"
        for name, on in (
            ("impact", impact is not None),
            ("redact", asked.redacted),
            (f"sample {asked.sample or 0:g}", asked.sample is not None),
        )
        if on
    )
    command = f"scorecard diff {named}{options}"
    return comment(Subject(found, base, head, command, impact or NOTHING, asked.redacted), folded=folded)


def put_aside(ignored: tuple[Finding, ...]) -> str:
    """Return what a comment says of a proposal's own sources, which were not read; nothing where it has none."""
    from scorecard.comment.markdown import code, text

    if not ignored:
        return ""
    lines = [
        f"> - {code(str(each.position))} {text(each.message, 200)}" for each in ignored[:_MOST_PUT_ASIDE]
    ]
    return "\n".join(["", "", "> [!WARNING]", "> **Not read of this proposal**", *lines])


def write_comment(text: str) -> None:
    """Write a comment for a terminal."""
    from rich.markdown import Markdown

    out = console(width=page_width())
    shown = [line for line in text.splitlines() if not line.startswith(("<!--", "> [!"))]
    out.print(Markdown("\n".join(shown)))
