"""The comment on a pull request that changes definitions: a sentence first, then what to know before approving.

Every value is folded. All data is escaped, and what would make it too long for one comment is left out and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from metrics.catalog.diff import ChangeClass
from scorecard.comment.ending import (
    before_approval,
    details,
    must_approve,
    source,
    written_otherwise,
)
from scorecard.comment.figures import Figure
from scorecard.comment.markdown import code, table, text
from scorecard.comment.model import Subject
from scorecard.comment.words import relative, sample_words, score, status, statuses, turnover_sentences
from scorecard.diff.model import ElementChange, KeyChange, MetricChange
from scorecard.impact import IndicatorImpact, ScorecardImpact
from scorecard.score import RANKED, Status

HEADER = "<!-- scorecard-diff -->"
"""The first line, by which a comment is found again and kept up to date in place."""
LONGEST = 65_000
"""GitHub takes 65,536 characters."""

_MOST_TABLES, _MOST_KEYS, _MOST_ROWS = 3, 12, 40
_WHOLE = (ChangeClass.ADDED, ChangeClass.REMOVED)
_COUNT = "**This changes what we count, not how well we did.**"
_NOTHING = "**No figure changes.**"
_NONE_IN_SAMPLE = "**In the sample no figure changes.** What is rare may not be in it."
_HEAD = ["", "today", "with this change", "difference", "status"]


def comment(subject: Subject, *, folded: bool = True) -> str:
    """Return the comment as Markdown, every value folded; what does not fit is left out, and that is said."""
    return _Comment(subject).written(folded)


class _Comment:
    """Writes the parts of one comment."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.impact = subject.impact

    @cached_property
    def figures(self) -> list[Figure]:
        """Return what changes, the worst first: what flips, what is scored, what moves furthest."""
        made = [Figure(self.subject, each, self.impact.of(each.metric)) for each in self.subject.diff.changes]
        return sorted(made, key=_weight)

    @cached_property
    def moving(self) -> list[Figure]:
        """Return the figures whose values would be other, the worst first."""
        return [each for each in self.figures if each.moves and each.counted is not None]

    @property
    def current(self) -> list[ScorecardImpact]:
        return [card for card in self.impact.scorecards if card.current]

    def written(self, folded: bool) -> str:
        """Return the whole text."""
        top = [HEADER, f"### {self.headline()}", "", *self.body(), ""]
        top += [*before_approval(self.subject, self.figures), *must_approve(self.subject)]
        end = [*source(self.subject, self.moving if folded else ())]
        room = LONGEST - len("\n".join([*top, *end])) - 500
        values = details(self.subject, self.moving, room) if folded else ()
        return "\n".join([*top, *values, *end]).rstrip() + "\n"

    # -- the sentence -----------------------------------------------------------------------------

    def headline(self) -> str:
        """Return what happens in a sentence, and which statuses of today flip."""
        share = self.impact.sample
        of_sample = f"In {sample_words(share)}: " if share is not None and self.moving else ""
        return f"{of_sample}{self._event()} {self._flips()}".strip()

    def _event(self) -> str:
        if self.moving:
            first, more = self.moving[0], len(self.moving) - 1
            said = self._reads(first)
            if not more:
                return f"{said}."
            others = f"{more} other {'figure' if more == 1 else 'figures'}"
            return f"{said}; {others} would be counted otherwise too."
        elements = self.subject.diff.scorecard
        whole = [each for each in elements if set(_WHOLE) & set(each.classes)]
        if len(whole) == 1 and all(each.what is ChangeClass.COSMETIC for each in self.figures):
            more = len(self.figures) + len(elements) - 1
            return f"{_element(whole[0])}{f'; {more} other lines change with it' if more else ''}."
        if self.figures:
            first, more = self.figures[0], len(self.figures) - 1
            said = _EVENTS.get(first.what, "The definition of *{}* changes").format(text(first.change.label))
            if first.what is ChangeClass.RENAMED:
                said = _renamed(first.change)
            if not more:
                return f"{said}."
            return (
                f"{said}; {more} other {'definition changes' if more == 1 else 'definitions change'} with it."
            )
        if len(elements) == 1:
            return f"{_element(elements[0])}."
        return f"{len(elements)} lines of the scorecard change." if elements else "Nothing changes."

    def _reads(self, figure: Figure) -> str:
        line, label = figure.counted, text(figure.change.label)
        assert line is not None
        name = self.subject.calendar.name(line.period)
        if line.before is None or line.after is None or figure.what in _WHOLE:
            return f"*{label}* would be {'new' if line.before is None else 'gone'}"
        if not line.moved:
            return f"*{label}* for {name} would read the same, but other periods would not"
        if self.subject.redacted:
            return f"*{label}* for {name} would move by {relative(line)}"
        before, after = (figure.words.value(each, parts=False) for each in (line.before, line.after))
        if before == after:
            return f"*{label}* for {name} would still read {after}, made of other rows"
        return f"*{label}* for {name} would read {after} instead of {before}"

    def _flips(self) -> str:
        if not self.impact.scorecards:
            return ""
        flips = {
            one.metric: one for card in self.current for one in card.flips
            if one.before is not None and one.after is not None
        }  # fmt: skip
        cards = [
            f"the {text(card.before.label)} scorecard from {status(card.before.status)} to {status(card.after.status)}"
            for card in self.current
            if card.before and card.after and card.before.status is not card.after.status
        ]
        if not flips and not cards:
            return "No status of today changes."
        said = [
            f"{self._named(one)} goes from {status(one.before.status)} to {status(one.after.status)}"
            for one in list(flips.values())[:_MOST_TABLES]
            if one.before is not None and one.after is not None
        ]
        more = len(flips) - len(said)
        if more > 0:
            said.append(f"{more} more statuses of today change")
        sentence = "; ".join([*said, *cards])
        return f"{sentence[0].upper()}{sentence[1:]}."

    def _named(self, one: IndicatorImpact) -> str:
        """Return an indicator's label, or "it" where the sentence has just named it."""
        first = next(iter(self.moving or self.figures), None)
        return (
            "it" if first is not None and first.change.metric == one.metric else f"*{text(one.shown.label)}*"
        )

    # -- what happens -----------------------------------------------------------------------------

    def body(self) -> Iterator[str]:
        """Yield what happens: whether the count changes, who leaves, what is written otherwise, the figures."""
        yield self._why()
        yield ""
        yield from self._written()
        if len(self.moving) > 1:
            yield from self._summary()
        for figure in self.moving[:_MOST_TABLES]:
            yield from self._figure(figure)
        if not self.moving:
            yield from self._standings()

    def _why(self) -> str:
        if not self.moving:
            if any(each.what is ChangeClass.TARGET for each in self.figures):
                return "**This moves the goal, not the figure.** What is counted stays as it is."
            if self.impact.failed and not self.impact.metrics[len(self.impact.failed) :]:
                return "**What it does to the figures is not known.** They could not be computed."
            return _NOTHING if self.impact.sample is None else _NONE_IN_SAMPLE
        if all(each.what in _WHOLE for each in self.moving):
            return "**What else is counted stays as it is.**"
        found = self.moving[0].turnover
        redacted = self.subject.redacted
        said = [] if found is None else turnover_sentences(*found, redacted=redacted)
        return " ".join([_COUNT, *said])

    def _written(self) -> Iterator[str]:
        keys = written_otherwise(self.subject, [each.change for each in self.figures])
        if not keys:
            return
        if len(keys) == 1:
            [key] = keys
            yield f"**In the definition.** {self._key(key)}"
        else:
            yield "**In the definitions.**"
            shown = list(keys.items())[:_MOST_KEYS]
            yield from (f"- {f'*{text(whose)}*: ' if whose else ''}{self._key(key)}" for key, whose in shown)
            if len(keys) > len(shown):
                yield f"- and {len(keys) - len(shown)} keys more, which the pull request shows"
        yield ""

    def _key(self, key: KeyChange) -> str:
        name = code(key.key)
        if key.before is None and key.after is None:
            return f"{name} changes."
        if key.before is None:
            return f"{name} is new: {code(key.after or '', 300)}."
        if key.after is None:
            return f"{name} goes; it was {code(key.before)}."
        return f"{name} was {code(key.before, 300)} and would be {code(key.after, 300)}."

    def _summary(self) -> Iterator[str]:
        rows = []
        for figure in self.moving[:_MOST_ROWS]:
            line = figure.counted
            assert line is not None
            current = figure.current
            stands = (
                statuses(current.before, current.after, redacted=self.subject.redacted)
                if current is not None
                else ""
            )
            past = len([one for card, one in figure.flips if not card.current])
            if past:
                more = f"another status in {past} earlier {'period' if past == 1 else 'periods'}"
                stands = f"{stands}; {more}" if stands else more
            words = figure.words
            rows.append([f"{text(figure.change.label)}, {self.subject.calendar.name(line.period)}",
                         words.value(line.before, parts=False), words.value(line.after, parts=False),
                         words.difference(line), stands])  # fmt: skip
        rows += list(self._cards())
        yield from table(["What moves, the worst first", *_HEAD[1:]], rows)
        yield ""

    def _figure(self, figure: Figure) -> Iterator[str]:
        rows = list(figure.rows())
        if len(self.moving) == 1:
            rows += list(self._cards())
        yield from table([text(figure.change.label), *_HEAD[1:]], rows)
        yield ""
        sentence = figure.range_sentence()
        if sentence:
            yield f"{sentence}{self._also(figure)}"
            yield ""

    def _also(self, figure: Figure) -> str:
        flips = [card.period_name for card, _ in figure.flips if not card.current]
        return f" Its status would be another in {', '.join(flips)}." if len(flips) > 4 else ""

    def _cards(self) -> Iterator[list[str]]:
        for card in self.current:
            if card.before is None or card.after is None or not card.moved:
                continue
            before, after = card.before, card.after
            label = f"{text(after.label)} scorecard, {card.period_name}"
            same = "no change of status" if self.subject.redacted else f"{status(after.status)}: both"
            stands = (
                same if before.status is after.status
                else f"{status(before.status)} becomes {status(after.status)}"
            )  # fmt: skip
            moved = (after.score or 0) - (before.score or 0)
            difference = "no change" if abs(moved) < 0.05 else f"{moved:+.1f}".replace("-", "−")
            if before.score is None or after.score is None:
                difference = "–"
            shown = [score(before.score), score(after.score)]
            if self.subject.redacted:
                shown = ["withheld", "withheld"]
            yield [label, *shown, "" if self.subject.redacted else difference, stands]

    def _standings(self) -> Iterator[str]:
        """Yield how indicators would stand where no value moves: by another goal or weight."""
        rows = []
        for card in self.current:
            for one in card.indicators:
                before, after = one.before, one.after
                shown = ["", ""]
                for place, each in enumerate((before, after)):
                    target = each.target if each is not None else None
                    words = next((fig.words for fig in self.figures if fig.change.metric == one.metric), None)
                    if each is None:
                        shown[place] = "not on the scorecard"
                    elif target is not None and words is not None and not self.subject.redacted:
                        shown[place] = f"goal {words.level(target.goal)}"
                    else:
                        shown[place] = f"weighs {each.weight:g}"
                stands = statuses(before, after, redacted=self.subject.redacted)
                rows.append([f"{text(one.shown.label)}, {_period_of(one, card)}", *shown, "", stands])
        rows += list(self._cards())
        if rows:
            yield from table(_HEAD, rows)
            yield ""
        flips: dict[tuple[str, str], str] = {}
        for card in self.impact.scorecards:
            for one in card.flips:
                said = (
                    f"*{text(one.shown.label)}* in {_period_of(one, card)}: {statuses(one.before, one.after)}"
                )
                flips.setdefault((one.metric, _period_of(one, card)), "" if card.current else said)
        past = [said for said in flips.values() if said]
        if past:
            more = f"; and {len(past) - _MOST_KEYS} more" if len(past) > _MOST_KEYS else ""
            yield f"**The past would look otherwise too.** {'; '.join(past[:_MOST_KEYS])}{more}."
            yield ""


def _weight(figure: Figure) -> tuple[object, ...]:
    current, counted = figure.current, figure.counted
    worse = 0
    if current is not None and current.flips and current.before and current.after:
        places = [_place(each.status) for each in (current.before, current.after)]
        worse = -2 if places[1] < places[0] else -1
    size = 0.0
    if counted is not None and counted.difference is not None and counted.before is not None:
        size = abs(counted.difference) / max(abs(counted.before.value or 0), 1e-9)
    rank = list(ChangeClass).index(figure.what)
    return worse, not figure.standing, rank, -size, figure.change.metric


def _place(found: Status) -> int:
    return RANKED.index(found) if found in RANKED else -1


def _period_of(one: IndicatorImpact, card: ScorecardImpact) -> str:
    """Return the period of the value that is scored."""
    scored = one.shown.scored
    return card.period_name if scored is None else scored.period_name


def _renamed(change: MetricChange) -> str:
    earlier = f" instead of {code(change.before)}" if change.before and change.before != change.metric else ""
    return f"*{text(change.label)}* would be called {code(change.metric)}{earlier}"


def _element(change: ElementChange) -> str:
    """Return what happens to an element of a scorecard: Stage *evaluation* would be gone."""
    classes, noun = set(change.classes), change.element.replace("_", " ")
    what = "new" if ChangeClass.ADDED in classes else "gone" if ChangeClass.REMOVED in classes else "other"
    return f"{noun[0].upper()}{noun[1:]} *{text(change.name.replace('_', ' '))}* would be {what}"


_EVENTS: Mapping[ChangeClass, str] = {
    ChangeClass.COSMETIC: "The words of *{}* change",
    ChangeClass.OWNERSHIP: "Other departments would answer for *{}*",
    ChangeClass.TARGET: "*{}* would be held to another goal",
    ChangeClass.ADDED: "*{}* would be new",
    ChangeClass.REMOVED: "*{}* would be gone",
    ChangeClass.BREAKING: "*{}* would be gone or of another kind, but is still used",
}
