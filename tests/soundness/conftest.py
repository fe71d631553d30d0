"""One hypothesis profile for the soundness suite: the same examples on every run and machine."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "soundness",
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    # An example takes a tenth of a second: shrinking a failure would take minutes, and logs are small.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("soundness")
