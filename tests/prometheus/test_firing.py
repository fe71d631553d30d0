"""Which alerts fire, told from figures, is what Prometheus makes of the generated rules and of the same figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace

import pytest

from grafana.rules.firing import firing
from metrics.catalog.metric import DefinitionStatus
from metrics.grain import Grain
from metrics.observation import Observation, State
from tests.api.northwind import COMPUTED, NOW
from tests.prometheus.test_rules import FLAG, RED, company, files, folder, guarded, lead, promtool_test  # noqa: F401

pytestmark = pytest.mark.prometheus

METRIC, GUARD = "lead_to_opportunity", "over_promise_share"
BROKEN = "GuardBrokenLeadToOpportunityOverPromiseShare"


@dataclass(frozen=True)
class Seen:
    """A quarter's value with its interval."""

    value: float
    lower: float | None = None
    upper: float | None = None
    size: int = 1200
    state: State = State.FINAL


def told(company, **series):  # noqa: F811
    """Return the alerts of the metric that `firing` names, where its series and its counter-metric's end now."""

    def read(metric, grain):
        assert grain is Grain.QUARTER
        seen = series.get(metric, [])
        calendar = company.catalog.company.calendar
        quarters = list(calendar.periods(Grain.QUARTER, date(2025, 1, 1), NOW.date()))
        return [
            Observation(
                metric=metric, definition_hash="", code_version=1, grain=grain, period=period, dimensions=(),
                state=each.state, watermark=NOW, computed_at=COMPUTED, value=each.value, lower=each.lower,
                upper=each.upper, sample_size=each.size,
            )
            for period, each in zip(quarters[len(quarters) - len(seen) :], seen, strict=True)
        ]  # fmt: skip

    return set(firing(company.catalog.metrics[METRIC], company.catalog, company.board, read))


STATES = {
    "beyond": ([Seen(0.15, 0.13, 0.17)], lead(0.15, 0.17)),
    "uncertain": ([Seen(0.15, 0.11, 0.19)], lead(0.15, 0.19)),
    "on the flag": ([Seen(0.18, 0.18, 0.18)], lead(0.18, 0.18)),
    "few": ([Seen(0.15, 0.13, 0.17, size=9, state=State.SMALL_SAMPLE)], lead(0.15, 0.17, size=9)),
    "open": (
        [Seen(0.15, 0.13, 0.17, state=State.PROVISIONAL)],
        lead(0.15, 0.17, provisional="_provisional"),
    ),
    "open after one beyond": (
        [Seen(0.15, 0.13, 0.17), Seen(0.3, 0.28, 0.32, state=State.PROVISIONAL)],
        lead(0.15, 0.17) | lead(0.3, 0.32, provisional="_provisional"),
    ),
    "better again": (
        [Seen(0.15, 0.13, 0.17), Seen(0.21, 0.19, 0.23)],
        lead("0.15x30 0.21x150", "0.17x30 0.23x150"),
    ),
    "worse again": (
        [Seen(0.21, 0.19, 0.23), Seen(0.15, 0.13, 0.17)],
        lead("0.21x30 0.15x150", "0.23x30 0.17x150"),
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_a_red_flag(company, folder, tmp_path, state):  # noqa: F811
    seen, series = STATES[state]
    silent, said = promtool_test(folder, tmp_path, "department-sales", series, ("170m", RED, []))
    assert (RED in told(company, **{METRIC: seen})) is not silent, said
    assert silent is (state not in ("beyond", "open after one beyond", "worse again"))


@pytest.mark.parametrize(
    ("before", "after", "guard_lower", "within"),
    [(0.20, 0.24, 0.13, None), (0.24, 0.20, 0.13, None), (0.20, 0.20, 0.13, None), (0.20, 0.24, 0.11, None),
     (0.20, 0.24, 0.13, 0.028), (0.20, 0.24, 0.13, 0.029)],
)  # fmt: skip
def test_a_counter_metric(company, folder, tmp_path, before, after, guard_lower, within):  # noqa: F811
    # One minute stands for a day, as a period is 92 of them.
    (tmp_path / "rules").mkdir()
    text = (folder / "rules" / "department-sales.yml").read_text().replace("offset 92d", "offset 92m")
    (tmp_path / "rules" / "department-sales.yml").write_text(text)
    series = guarded(before, after, guard_lower, within=within)
    silent, said = promtool_test(tmp_path, tmp_path, "department-sales", series, ("150m", BROKEN, []))
    own = [Seen(value, *((value - within, value + within) if within else ())) for value in (before, after)]
    held = [Seen(0.15, guard_lower, 0.2, size=900)]
    assert (BROKEN in told(company, **{METRIC: own, GUARD: held})) is not silent, said


def test_what_is_proposed_has_no_alert(company):  # noqa: F811
    own, held = [Seen(0.12), Seen(0.15, 0.13, 0.17)], [Seen(0.15, 0.13, 0.2, size=900)]

    def proposed(*names):
        metrics = {
            name: replace(metric, status=DefinitionStatus.PROPOSED) if name in names else metric
            for name, metric in company.catalog.metrics.items()
        }
        return SimpleNamespace(catalog=replace(company.catalog, metrics=metrics), board=company.board)

    series = {METRIC: own, GUARD: held}
    assert told(company, **series) == {RED, BROKEN}
    assert told(proposed(METRIC), **series) == set()
    assert told(proposed(GUARD), **series) == {RED}
