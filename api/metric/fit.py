"""How a model fits, read out of what a run published: the one view of page, API and `explain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Any

from api.project.project import Project
from metrics.catalog.metric import Metric
from metrics.kind import kind_of
from scorecard.formatting import MINUS, NOTHING, format_count

MODELS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "bg_nbd": (
        "BG/NBD",
        ("r", "alpha", "a", "b"),
        "r and alpha: how often customers buy while they stay. a and b: how soon they leave, after a purchase.",
    ),
    "pareto_nbd": (
        "Pareto/NBD",
        ("r", "alpha", "s", "beta"),
        "r and alpha: how often customers buy while they stay. s and beta: how soon they leave, at any time.",
    ),
    "gamma_gamma": (
        "Gamma-Gamma",
        ("p", "q", "gamma"),
        "p, q and gamma: what a purchase is worth, and how customers differ in it.",
    ),
    "sbg": (
        "sBG",
        ("a", "b"),
        "a and b: who renews. At the first renewal a / (a + b) of all customers leave.",
    ),
}
"""What people call a model, its parameters in their order, and what they say."""


@dataclass(frozen=True)
class FittedModel:
    """One model with its parameters, and how many customers it was fitted to."""

    label: str
    says: str
    parameters: tuple[tuple[str, float], ...]
    log_likelihood: float
    customers: int


@dataclass(frozen=True)
class Track:
    """Repeat purchases by stretches, each named by its last day; `trial` is the trial's, added up."""

    ends: tuple[date, ...]
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    observed_cumulative: tuple[int, ...]
    expected_cumulative: tuple[float, ...]
    trial: tuple[float, ...]

    @property
    def whole(self) -> int:
        """Return how many stretches are as long as the first: the last one may be cut short."""
        lengths = [later - earlier for earlier, later in pairwise(self.ends)]
        short = len(lengths) > 1 and lengths[-1] < lengths[0]
        return len(self.ends) - 1 if short else len(self.ends)

    @property
    def weeks(self) -> int:
        """Return how many weeks a stretch has."""
        return max(1, (self.ends[1] - self.ends[0]).days // 7) if len(self.ends) > 1 else 1


@dataclass(frozen=True)
class Group:
    """Customers of one frequency: how many, and their repeat purchases, seen and expected."""

    repeats: str
    customers: int | None
    observed: float
    expected: float | None


@dataclass(frozen=True)
class Trial:
    """A fit of the history before `start`, held against what came from then until before `end`.

    `refused` says why there was none. Errors are shares of what came.
    """

    start: date
    end: date
    customers: int
    observed: float
    refused: str | None
    conditional: float | None
    conditional_error: float | None
    unconditional: float | None
    unconditional_error: float | None
    groups: tuple[Group, ...]

    @property
    def last(self) -> date:
        """Return the last day."""
        return self.end - timedelta(days=1)


@dataclass(frozen=True)
class Renewal:
    """Who came to a renewal, and who did not make it, seen and expected."""

    number: int
    due: int
    lost: int
    expected_lost: float

    @property
    def rate(self) -> float:
        """Return the share that renewed."""
        return 1 - self.lost / self.due

    @property
    def expected_rate(self) -> float:
        """Return the share that the model expects to renew."""
        return 1 - self.expected_lost / self.due


@dataclass(frozen=True)
class Fit:
    """Everything that judges a fit; what a model does not have is None or empty."""

    models: tuple[FittedModel, ...]
    fitted_at: datetime | None
    correlation: float | None
    max_correlation: float | None
    without_spend: int | None
    track: Track | None
    frequency: tuple[Group, ...]
    trial: Trial | None
    renewals: tuple[Renewal, ...]


@dataclass(frozen=True)
class Judged:
    """The last good fit of a metric, and why there is no newer one.

    `published` is the fit as it is stored, `computed_at` when the run ended; `changed` says that the
    definition is another one by now, `refused` why the last run failed.
    """

    fit: Fit | None
    published: Mapping[str, Any]
    computed_at: datetime | None
    changed: bool
    refused: str | None
    refused_at: datetime | None


def is_fitted(metric: Metric) -> bool:
    """Tell whether a model is fitted for a metric, and may be shown."""
    return not metric.private and kind_of(metric).fits(metric)


def judged(seen: Project, metric: Metric) -> Judged | None:
    """Return what the store holds of a metric's fit; None where there is none to show."""
    if not is_fitted(metric):
        return None
    good, last = seen.store.last_success(metric.metric), seen.store.last_run(metric.metric)
    failed = last is not None and last.outcome == "failed"
    found = fit_of(good.diagnostics) if good else None
    if found is None and not failed:
        return None
    return Judged(
        fit=found,
        published=good.diagnostics.get("fit", {}) if good else {},
        computed_at=good.finished_at if good else None,
        changed=good is not None and good.definition_hash != seen.hash_of(metric.metric),
        refused=last.error if failed and last else None,
        refused_at=last.finished_at if failed and last else None,
    )


def fit_of(diagnostics: Mapping[str, Any]) -> Fit | None:
    """Read a fit out of what a kind published; None where there is none."""
    if not diagnostics.get("fit"):
        return None
    fitted_at = diagnostics.get("fitted_at")
    trial = diagnostics.get("holdout") or {}
    track, frequency = diagnostics.get("observed_expected"), diagnostics.get("frequency")
    return Fit(
        models=tuple(_model(name, diagnostics["fit"][name]) for name in MODELS if name in diagnostics["fit"]),
        fitted_at=datetime.fromisoformat(fitted_at) if fitted_at else None,
        correlation=diagnostics.get("correlation"),
        max_correlation=diagnostics.get("max_correlation"),
        without_spend=diagnostics.get("without_spend"),
        track=_track(track, trial.get("expected_cumulative", ())) if track else None,
        frequency=_groups(frequency) if frequency else (),
        trial=_trial(trial) if trial else None,
        renewals=_renewals(diagnostics.get("renewals") or {}),
    )


def _model(name: str, said: Mapping[str, Any]) -> FittedModel:
    label, order, says = MODELS[name]
    # A store gives names back in any order.
    parameters = tuple((each, said[each]) for each in order)
    return FittedModel(label, says, parameters, said["log_likelihood"], said["customers"])


def _track(said: Mapping[str, Any], trial: Sequence[float]) -> Track:
    return Track(
        ends=tuple(date.fromisoformat(each) for each in said["ends"]),
        observed=tuple(said["observed"]),
        expected=tuple(said["expected"]),
        observed_cumulative=tuple(said["observed_cumulative"]),
        expected_cumulative=tuple(said["expected_cumulative"]),
        trial=tuple(trial),
    )


def _trial(said: Mapping[str, Any]) -> Trial:
    return Trial(
        start=date.fromisoformat(said["from"]),
        end=date.fromisoformat(said["until"]),
        customers=said["customers"],
        observed=said["observed"],
        refused=said.get("refused"),
        conditional=said.get("conditional"),
        conditional_error=said.get("conditional_error"),
        unconditional=said.get("unconditional"),
        unconditional_error=said.get("unconditional_error"),
        groups=_groups(said["by_frequency"]) if "by_frequency" in said else (),
    )


def _groups(said: Mapping[str, Any]) -> tuple[Group, ...]:
    rows = len(said["repeats"])
    customers, expected = (said.get(name) or [None] * rows for name in ("customers", "expected"))
    return tuple(
        Group(*row) for row in zip(said["repeats"], customers, said["observed"], expected, strict=True)
    )


def _renewals(said: Mapping[str, Any]) -> tuple[Renewal, ...]:
    rows = zip(*(said.get(name, ()) for name in ("due", "lost", "expected_lost")), strict=True)
    return tuple(Renewal(number, *row) for number, row in enumerate(rows, 1) if row[0])


def figure(number: float) -> str:
    """Write a parameter with four digits that say something: `0.2426`, `4.414`, `15.45`."""
    if not isfinite(number):
        return NOTHING
    size = f"{abs(number):#.4g}".rstrip(".")
    return f"{MINUS if number < 0 else ''}{size}"


def correlation(number: float) -> str:
    """Write a correlation: `0.070`."""
    return f"{MINUS if round(number, 3) < 0 else ''}{abs(number):.3f}"


def expected(number: float | None) -> str:
    """Write an expected number, which has a decimal whatever its size: `1,653.4`."""
    return NOTHING if number is None else f"{number:,.1f}"


def likelihood(number: float) -> str:
    """Write a log-likelihood: `−9,582.43`."""
    return f"{MINUS if number < 0 else ''}{abs(number):,.2f}"


def off(error: float | None) -> str:
    """Write by how much an expectation was off, as a share of what came: `−12.1%`."""
    if error is None:
        return NOTHING
    percent = f"{abs(error) * 100:,.1f}%"
    sign = "" if percent == "0.0%" else MINUS if error < 0 else "+"
    return f"{sign}{percent}"


def day(found: date) -> str:
    """Write a day: 1 Jul 2025."""
    return f"{found.day} {found:%b %Y}"


def verdict(trial: Trial) -> str:
    """Say in a sentence how the trial went."""
    span = f"{day(trial.start)} to {day(trial.last)}"
    if trial.refused is not None:
        return f"What came from {span} could not be held against a forecast: {trial.refused}."
    came = f"{format_count(trial.observed)} came"
    if trial.conditional is None:
        return f"From {span} {came}."
    how = "" if trial.conditional_error is None else f" ({off(trial.conditional_error)})"
    return (
        f"A trial fit that knew nothing after {day(trial.start - timedelta(days=1))} expected "
        f"{trial.conditional:,.0f} repeat purchases from {span}; {came}{how}."
    )
