"""The end of a comment: what to know before approving, who must, how to see it again, and every value, folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metrics.catalog.diff import ChangeClass
from scorecard.comment.figures import Figure, has_value
from scorecard.comment.markdown import code, html, table, text
from scorecard.comment.model import Subject
from scorecard.comment.words import sample_words
from scorecard.diff.approval import concerned
from scorecard.diff.model import Approver, ElementChange, KeyChange, MetricChange
from scorecard.phrasing import day_words

_MOST_NAMES, _MOST_LINES = 12, 400
_SPARE = 200
_OF_SAMPLE = (
    "Counts and sums are those of the sample; shares and averages come near those of all rows. "
    "Nor are scores, goals and alerts said."
)
_BELOW = ("datasets.", "metrics.", "identities.", "company.")


def before_approval(subject: Subject, figures: Sequence[Figure]) -> Iterator[str]:
    """Yield what to know before approving."""
    points = [*_points(subject, figures)]
    if points:
        yield "> [!IMPORTANT]"
        yield "> **Before you approve**"
        yield from (f"> - {point}" for point in points)
        yield ""


def _points(subject: Subject, figures: Sequence[Figure]) -> Iterator[str]:
    impact = subject.impact
    if impact.sample is not None:
        yield f"**From {sample_words(impact.sample)}, statuses are not said.** {_OF_SAMPLE}"
    for failed in impact.failed:
        known = {each.metric: each.label for each in subject.diff.changes}
        label = known.get(failed.pair.name, failed.pair.name)
        side = "today's definition" if failed.failed == "base" else "the changed definition"
        yield f"**Not known:** what *{text(label)}* would be. By {side}: {text(str(failed.error), 300)}"
    moving = [each for each in figures if each.moves]
    if not subject.redacted:
        for figure in figures:
            yield from _goal(subject, figure, named=len(moving) > 1)
    yield from _meanings(subject)
    for starts, word in ((True, "begin to fire"), (False, "stop")):
        names = [code(each.alert) for each in impact.alerts if each.starts is starts]
        if names:
            noun = "This alert would" if len(names) == 1 else "These alerts would"
            yield f"**{noun} {word}:** {', '.join(names[:_MOST_NAMES])}."
    changed = [each for each in moving if each.what not in (ChangeClass.ADDED, ChangeClass.REMOVED)]
    if any(each.change.holds_from is None for each in changed):
        yield "**What was published stays on record.** The history is counted anew, and pages say since when."
    for day in sorted({each.change.holds_from for each in changed if each.change.holds_from is not None}):
        yield f"**This holds from {day_words(day)}.** What happened before is counted as it was."


def _goal(subject: Subject, figure: Figure, *, named: bool) -> Iterator[str]:
    goal = subject.impact.goals.get(figure.change.metric)
    if goal is None:
        return
    was, would = (figure.words.level(each) for each in (goal.target.goal, goal.goal))
    if was != would:
        name = subject.calendar.name(goal.period)
        whose = f" of *{text(figure.change.label)}*" if named else ""
        said = f"{was} for {name}; as hard as before it would be {would}."
        yield f"**The goal{whose} was set for today's way of counting.** {said}"


def _meanings(subject: Subject) -> Iterator[str]:
    """Yield the words that would mean two things."""
    labels = {name: metric.label for name, metric in subject.head.catalog.metrics.items()}
    found = {each.word: each for change in subject.diff.changes for each in change.old_meaning}
    for word, each in found.items():
        names = [f"*{text(labels.get(name, name))}*" for name in each.metrics]
        some = ", ".join(names[:_MOST_NAMES]) + (" and more" if len(names) > _MOST_NAMES else "")
        verb = "reads" if len(names) == 1 else "read"
        stays = "stays as it is" if len(names) == 1 else "stay as they are"
        yield f"**There would be two meanings of {code(word)}.** {some} {verb} it as it was and {stays}."


def written_otherwise(subject: Subject, changes: Sequence[MetricChange]) -> dict[KeyChange, str]:
    """Return the keys that are written otherwise, each once, with what they are of where they do not say it."""
    found: dict[KeyChange, str] = {}
    for change in changes:
        for key in change.keys:
            found.setdefault(key, "" if key.key.startswith(_BELOW) else change.label)
    for element in subject.diff.scorecard:
        for key in element.keys:
            found.setdefault(key, f"{element.element} {element.name}".replace("_", " "))
    return found


def approving(subject: Subject) -> list[Approver]:
    """Return who must approve: whoever a change names, and those whose figures would stand otherwise."""
    found: dict[str, Approver] = {}
    changes: list[MetricChange | ElementChange] = [*subject.diff.changes, *subject.diff.scorecard]
    for change in changes:
        for each in change.approvers:
            known = found.get(each.department)
            found[each.department] = each if known is None or each.leads else known
    flipping = [one.metric for card in subject.impact.scorecards if card.current for one in card.flips]
    metrics = (
        subject.base.catalog.metrics.get(name) or subject.head.catalog.metrics.get(name) for name in flipping
    )
    for each in concerned(metrics, subject.base, subject.head):
        found.setdefault(each.department, each)
    return sorted(found.values(), key=lambda each: not each.leads)


def must_approve(subject: Subject) -> Iterator[str]:
    """Yield who must approve."""
    approvers = approving(subject)
    if approvers:
        shown = []
        for each in approvers:
            role = " (leads)" if each.leads else ""
            # A reviewer is meant to be called by name; what is no account's name is a text.
            people = " ".join(name if _is_account(name) else text(name) for name in each.reviewers)
            shown.append(f"{text(each.label)}{role} {people}".strip())
        yield f"**Must approve:** {' · '.join(shown)}"
        yield ""


def source(subject: Subject, promised: Sequence[Figure]) -> Iterator[str]:
    """Yield what is promised, what was read, where it is written otherwise, and how to see it again."""
    yield from _promises(subject, promised)
    said = []
    mark = subject.impact.watermark
    if mark is not None:
        local = mark.astimezone(subject.calendar.zone)
        share = subject.impact.sample
        rows = "the same rows" if share is None else f"{sample_words(share)} of the rows, the same for both"
        said.append(f"Both computed on {rows}, data to {local.day} {local:%b %Y %H:%M}")
    places = dict.fromkeys(
        f"{key.file}:{key.line}" for key in written_otherwise(subject, subject.diff.changes)
    )
    said += [code(place) for place in list(places)[:3]]
    said.append(f"see it again: {code(subject.command)}")
    yield f"<sub>{' · '.join(said)}</sub>"


def _promises(subject: Subject, moving: Sequence[Figure]) -> Iterator[str]:
    """Yield, folded, the lines by which a merged change is held to what it says here that it does."""
    lines = []
    for figure in moving:
        line, metric = figure.counted, subject.head.catalog.metrics.get(figure.change.metric)
        if line is None or line.difference is None or metric is None or metric.private:
            continue
        before, after = (each.value for each in (line.before, line.after) if each is not None)
        name = subject.calendar.name(line.period)
        lines.append(f"Scorecard-Impact: {metric.metric} {name} {before:.6g} {after:.6g}")
    # What is promised is held against all rows.
    if lines and not subject.redacted and subject.impact.sample is None:
        yield "<details>"
        yield "<summary>For the message of the merge, so that the departments hear whether it came true</summary>"
        yield from ("", "```", *lines[:_MOST_NAMES], "```", "", "</details>", "")


def _is_account(name: str) -> bool:
    return name.startswith("@") and all(
        sign.isascii() and (sign.isalnum() or sign in "-_./") for sign in name[1:]
    )


def details(subject: Subject, moving: Sequence[Figure], room: int) -> Iterator[str]:
    """Yield every value that would be other, folded, as far as there is room for it."""
    for figure in moving:
        block = _folded(subject, figure, room)
        if block is None:
            yield "More does not fit into a comment: the command below shows all of it."
            yield ""
            return
        room -= len("\n".join(block)) + 1
        yield from block
    boards = subject.impact.boards
    if boards and room > _SPARE * 10:
        yield f"<sub>Boards that show it: {', '.join(text(board) for board in boards[:_MOST_NAMES])}</sub>"
        yield ""


def _folded(subject: Subject, figure: Figure, room: int) -> list[str] | None:
    """Return a figure's values that would be other, at the grain that is shown, as many as there is room for.

    None where that is not even a handful.
    """
    assert figure.impact is not None
    moved = [line for line in figure.impact.moved if has_value(line)]
    shown = [line for line in moved if line.period.grain is figure.grain]
    shown.sort(key=lambda line: (len(line.dimensions), line.dimensions))
    shown.sort(key=lambda line: str(line.period.start), reverse=True)
    rows, words = [], figure.words
    for line in shown[:_MOST_LINES]:
        cut = ", ".join(f"{_words(key)} {_words(value)}" for key, value in line.dimensions) or "**all**"
        values = (words.value(each) for each in (line.before, line.after))
        row = [subject.calendar.name(line.period), cut, *values, words.difference(line)]
        room -= sum(len(cell) + 3 for cell in row) + 2
        if room < _SPARE:
            break
        rows.append(row)
    if len(rows) < min(len(shown), 5):
        return None
    block = [
        "<details>",
        f"<summary>{len(moved):,} values of {html(figure.change.label)} that would be other</summary>",
    ]
    block += ["", *table(["period", "of", "today", "with this change", "difference"], rows, left=2)]
    if len(rows) < len(moved):
        block += ["", f"The other {len(moved) - len(rows):,}, of other periods, come with `--format json`."]
    return [*block, "", "</details>", ""]


def _words(name: str) -> str:
    return text(name.replace("_", " "))
