"""One hypothesis profile for the soundness suite: the same examples on every run and machine.

SOUNDNESS_EXAMPLES=500 draws that many new ones instead, for an evening's search.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

ASKED = os.environ.get("SOUNDNESS_EXAMPLES")

settings.register_profile(
    "soundness",
    max_examples=int(ASKED or 30),
    deadline=None,
    derandomize=ASKED is None,
    database=None,
    # An example takes a tenth of a second: shrinking a failure would take minutes, and logs are small.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("soundness")
