"""Every kind is drawn against plain Python, on every engine: a kind that is added is added here too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from metrics.kind import kinds
from tests.soundness import test_aggregate as aggregate
from tests.soundness import test_clv as clv
from tests.soundness import test_conversion as conversion
from tests.soundness import test_coverage as coverage
from tests.soundness import test_difference_derived as formulas
from tests.soundness import test_duration as duration
from tests.soundness import test_duration_clock as duration_clock
from tests.soundness import test_judgement as judgement
from tests.soundness import test_net_share as net_share
from tests.soundness import test_payback as payback
from tests.soundness import test_proportion as proportion
from tests.soundness import test_proportion_per as proportion_per
from tests.soundness import test_ratio as ratio
from tests.soundness import test_ratio_shifted_and_spread as ratio_spread
from tests.soundness import test_retention as retention
from tests.soundness import test_retention_bridge as bridge
from tests.soundness import test_retention_curve as curve
from tests.soundness import test_win_back as win_back

Test = Callable[..., None]

DRAWN: Mapping[str, tuple[Test, ...]] = {
    "aggregate": (
        aggregate.test_measures,
        aggregate.test_over_a_longer_stretch,
        aggregate.test_a_history_read_at_a_moment,
        aggregate.test_a_snapshot_read_at_a_moment,
    ),
    "agreement": (judgement.test_kappa_is_that_of_the_plain_counts,),
    "clv": (clv.test_historic, clv.test_simple),
    "conversion": (conversion.test_two_datasets, conversion.test_one_log_of_stages),
    "coverage": (coverage.test_any_logs,),
    "derived": (formulas.test_a_formula_is_computed_cell_by_cell,),
    "difference": (formulas.test_a_difference_with_last_year_and_its_interval,),
    "drift": (judgement.test_drift_is_that_of_the_plain_shares,),
    "duration": (duration.test_two_datasets, duration_clock.test_intervals),
    "net_share": (net_share.test_net_shares,),
    "payback": (payback.test_observed, payback.test_simple),
    "proportion": (proportion.test_shares, proportion_per.test_any_log),
    "ratio": (
        ratio.test_two_datasets,
        ratio_spread.test_a_lag_moves_the_numerator,
        ratio_spread.test_segments_add_up_whatever_is_spread,
    ),
    "retention": (
        retention.test_by_activity,
        retention.test_by_subscription,
        bridge.test_by_activity,
        bridge.test_by_subscription,
        curve.test_by_activity,
        curve.test_by_subscription,
    ),
    "surge": (judgement.test_surge_is_that_of_the_plain_months,),
    "win_back": (win_back.test_by_silence, win_back.test_by_subscription),
}


def test_no_kind_is_forgotten() -> None:
    assert set(DRAWN) == set(kinds())


@pytest.mark.parametrize("kind", DRAWN)
def test_a_kind_is_drawn_on_every_engine(kind: str) -> None:
    assert DRAWN[kind]
    assert all(hasattr(each, "drawn") for each in DRAWN[kind])
