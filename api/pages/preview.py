"""The preview page: a scorecard under proposed definitions beside today's, and what is other on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import abort, render_template, request

from api.context import current
from api.pages.site import currency, pages
from api.project.preview import Preview
from metrics.catalog.diff import ChangeClass
from metrics.kind import RATIO
from scorecard.formatting import format_change
from scorecard.impact import ScorecardImpact
from scorecard.report_model import IndicatorReport, ObjectiveReport, ScorecardReport

_CLASSES = {
    ChangeClass.ADDED: "new",
    ChangeClass.REMOVED: "gone",
    ChangeClass.RENAMED: "called otherwise",
    ChangeClass.COSMETIC: "worded otherwise",
    ChangeClass.OWNERSHIP: "another owner",
    ChangeClass.TARGET: "another goal",
    ChangeClass.WEIGHT: "another weight",
    ChangeClass.SEMANTIC: "counted otherwise",
    ChangeClass.UPSTREAM: "rests on what is counted otherwise",
    ChangeClass.BREAKING: "breaks what uses it",
}


@dataclass(frozen=True)
class Row:
    """A figure on both sides; None where one side has it not. `moved` says that anything scored is other."""

    before: IndicatorReport | None
    after: IndicatorReport | None
    moved: bool

    @property
    def shown(self) -> IndicatorReport:
        """Return the figure as it would be, or as it was where it would be gone."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def difference(self) -> float | None:
        """Return by how much the result would be other; None where it would not, or one side has none."""
        values = [
            None if each is None or each.scored is None else each.scored for each in (self.before, self.after)
        ]
        if values[0] is None or values[1] is None or values[0].period != values[1].period:
            return None
        before, after = values[0].value, values[1].value
        return None if before is None or after is None or before == after else after - before


@dataclass(frozen=True)
class Section:
    """An objective on both sides, with its figures."""

    perspective: str
    statement: str
    before: ObjectiveReport | None
    after: ObjectiveReport | None
    rows: tuple[Row, ...]

    @property
    def moved(self) -> bool:
        """Tell whether its score or status, or anything of its figures, would be other."""
        sides = [None if each is None else (each.score, each.status) for each in (self.before, self.after)]
        return sides[0] != sides[1] or any(row.moved for row in self.rows)


@pages.route("/preview")
def preview() -> str:
    """Show one scorecard of the preview that this server was started with."""
    found = current().preview
    if found is None:
        abort(404, "This server shows no preview: start it with `scorecard serve --preview BASE..HEAD`.")
    names = tuple(dict.fromkeys((*found.head.board.scorecards, *found.compared.base.board.scorecards)))
    name = request.args.get("scorecard") or next(iter(found.current), next(iter(names), ""))
    card = found.current.get(name)
    return render_template(
        "preview.html",
        section="preview",
        seen=found,
        name=name,
        names=names,
        card=card,
        groups={} if card is None else _grouped(_sections(found, card)),
        score_moves=None if card is None else _score_moves(card),
        earlier=[each for each in found.earlier(name) if each.flips or _score_moves(each)],
        quiet=sum(not each.flips and not _score_moves(each) for each in found.earlier(name)),
        changes=[(each, _class_words(each.classes)) for each in found.diff.changes],
        elements=[(each, _class_words(each.classes)) for each in found.diff.scorecard],
    )


def _score_moves(card: ScorecardImpact) -> str | None:
    """Say by how much a scorecard's score would be other; None where it would read the same."""
    scores = [None if each is None else each.score for each in (card.before, card.after)]
    if scores[0] is None or scores[1] is None:
        return None if scores[0] is scores[1] else "gains a score" if scores[0] is None else "loses its score"
    moved = f"{abs(scores[1] - scores[0]):.1f}"
    return None if moved == "0.0" else f"{'rises' if scores[1] > scores[0] else 'falls'} by {moved}"


def _grouped(sections: Iterator[Section]) -> Mapping[str, list[Section]]:
    """Return objectives by perspective, in the order of both."""
    groups: dict[str, list[Section]] = {}
    for each in sections:
        groups.setdefault(each.perspective, []).append(each)
    return groups


def _class_words(classes: tuple[ChangeClass, ...]) -> str:
    return ", ".join(_CLASSES.get(each, each.value) for each in classes)


def _sections(seen: Preview, card: ScorecardImpact) -> Iterator[Section]:
    """Yield the objectives in the order of the proposal, then those that would be gone."""
    moved = {each.metric for each in card.indicators}
    was = _objectives(card.before)
    renamed = seen.compared.renamed
    would = _objectives(card.after)
    for name, (perspective, after) in would.items():
        _, before = was.get(name, ("", None))
        yield _section(perspective, before, after, renamed, moved)
    for name, (perspective, before) in was.items():
        if name not in would:
            yield _section(perspective, before, None, renamed, moved)


def _objectives(report: ScorecardReport | None) -> Mapping[str, tuple[str, ObjectiveReport]]:
    parts = () if report is None else report.perspectives
    return {one.objective: (each.label, one) for each in parts for one in each.objectives}


def _section(
    perspective: str,
    before: ObjectiveReport | None,
    after: ObjectiveReport | None,
    renamed: Mapping[str, str],
    moved: set[str],
) -> Section:
    shown = after or before
    assert shown is not None
    known = {renamed.get(one.metric, one.metric): one for one in (before.indicators if before else ())}
    would = {one.metric: one for one in (after.indicators if after else ())}
    rows = (Row(known.get(name), would.get(name), name in moved) for name in dict.fromkeys((*would, *known)))
    return Section(perspective, shown.statement, before, after, tuple(rows))


@pages.app_template_filter("by")
def by(difference: float, unit: str) -> str:
    """Write a difference in the reader's words: +1.5 points, where shares differ."""
    written = format_change(difference, unit, currency())
    return written.replace(" pp", " points") if unit == RATIO else written
