"""What a drift expects are shares of different values that add up to 1 at most."""

import pytest

from tests.metrics.project import added, listed

PERSONA = "metrics/sales/persona.yml"
TEXT = """\
metric: persona
label: Persona
owner: me
direction: none
kind: drift
dataset: orders
attribute: status
expected:
"""


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("  - {value: web, share: 0.4}\n  - {value: fair, share: 0.6}\n", []),
        ("  - {value: web, share: 0.1}\n", []),
        ("  - {value: web, share: 0.4}\n  - {value: web, share: 0.4}\n",
         ["10:13 drift-shape 'web' stands in expected already"]),
        ("  - {value: web, share: -0.4}\n", ["9:25 drift-shape -0.4 is not a share: write 0.4 for 40%"]),
        ("  - {value: web, share: 0.8}\n  - {value: fair, share: 0.7}\n",
         ["9:3 drift-shape the expected shares add up to 1.5: 1 at most"]),
    ],
)  # fmt: skip
def test_drift_shape(expected, said):
    assert listed(added({PERSONA: TEXT + expected})) == [f"definitions/{PERSONA}:{line}" for line in said]
