"""How a model fits: its charts, each drawn wide and narrow; the style sheet shows one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from api.metric import fit as view
from api.metric.fit import Fit, Judged, Track, Trial, judged
from api.pages.fit_chart import Line, Since, lines, pairs
from api.pages.site import pages
from api.project.project import Project
from metrics.catalog.metric import Metric

WIDE, NARROW = (1080, 280), (360, 240)


@dataclass(frozen=True)
class Drawn:
    """One drawing at two widths."""

    wide: Markup
    narrow: Markup


@dataclass(frozen=True)
class Section:
    """A fit with its drawings; one that the model does not have is None."""

    judged: Judged
    cumulative: Drawn | None
    weekly: Drawn | None
    frequency: Drawn | None
    renewals: Drawn | None

    @property
    def fit(self) -> Fit | None:
        """Return the fit."""
        return self.judged.fit


def section(seen: Project, metric: Metric) -> Section | None:
    """Return how a metric's model fits, None where it has none or nothing may be shown of it."""
    found = judged(seen, metric)
    if found is None or found.fit is None:
        return Section(found, None, None, None, None) if found else None
    fit = found.fit
    return Section(
        found,
        cumulative=_cumulative(fit.track, fit.trial) if fit.track else None,
        weekly=_weekly(fit.track, fit.trial) if fit.track else None,
        frequency=_frequency(fit) if fit.frequency else None,
        renewals=_renewals(fit) if fit.renewals else None,
    )


def _drawn(draw: Callable[[str, int, int], Markup], name: str) -> Drawn:
    return Drawn(draw(f"{name}-wide", *WIDE), draw(f"{name}-narrow", *NARROW))


def _cumulative(track: Track, trial: Trial | None) -> Drawn:
    since = _since(track, trial)
    drawn = [Line("observed", track.observed_cumulative), Line("expected", track.expected_cumulative)]
    if since is not None and track.trial:
        first = int(since.index + 0.5)
        drawn.append(Line("trial", [None if at < first - 1 else each for at, each in enumerate(track.trial)]))
    said = (
        f"To {view.day(track.ends[-1])} {track.observed_cumulative[-1]:,} repeat purchases came, "
        f"{track.expected_cumulative[-1]:,.0f} were expected."
    )

    def draw(name: str, width: int, height: int) -> Markup:
        labels = [view.day(end) for end in track.ends]
        title = "Repeat purchases so far, observed and expected"
        return lines(drawn, labels, name=name, title=title, description=said, width=width, height=height,
                     since=since)  # fmt: skip

    return _drawn(draw, "fit-cumulative")


def _weekly(track: Track, trial: Trial | None) -> Drawn:
    # A last stretch that is cut short would look like a fall.
    whole = track.whole
    drawn = [Line("observed", track.observed[:whole]), Line("expected", track.expected[:whole])]

    def draw(name: str, width: int, height: int) -> Markup:
        labels = [view.day(end) for end in track.ends[:whole]]
        return lines(drawn, labels, name=name, title=f"Repeat purchases {stretch(track)}, observed and expected",
                     description="", width=width, height=height, since=_since(track, trial))  # fmt: skip

    return _drawn(draw, "fit-weekly")


def _since(track: Track, trial: Trial | None) -> Since | None:
    """Return between which stretches the trial's forecast begins."""
    if trial is None or not track.ends[0] < trial.start <= track.ends[-1]:
        return None
    return Since(bisect_left(track.ends, trial.start) - 0.5, f"holdout from {view.day(trial.start)}")


def _frequency(fit: Fit) -> Drawn:
    def draw(name: str, width: int, height: int) -> Markup:
        return pairs(fit.frequency, name=name, title="Customers by number of repeat purchases",
                     description="", width=width, height=height)  # fmt: skip

    return _drawn(draw, "fit-frequency")


def _renewals(fit: Fit) -> Drawn:
    drawn = [
        Line("observed", [each.rate for each in fit.renewals]),
        Line("expected", [each.expected_rate for each in fit.renewals]),
    ]

    def draw(name: str, width: int, height: int) -> Markup:
        labels = [str(each.number) for each in fit.renewals]
        return lines(drawn, labels, name=name, title="Share that renews, by number of the renewal",
                     description="", width=width, height=height, share=True)  # fmt: skip

    return _drawn(draw, "fit-renewals")


@pages.app_template_filter("stretch")
def stretch(track: Track) -> str:
    """Say how long a stretch is."""
    return "by week" if track.weeks == 1 else f"by {track.weeks} weeks"


for _write in (view.figure, view.likelihood, view.correlation, view.expected, view.off, view.verdict):
    pages.add_app_template_filter(_write)
