"""A surge has a baseline of at least one period and a rate of false alarms below a half."""

import pytest

from tests.metrics.project import added, listed

TOPICS = "metrics/service/topics.yml"
TEXT = "metric: topics\nlabel: Topics\nowner: me\ndirection: none\nkind: surge\ndataset: tickets\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("baseline: 1\nfalse_alarm: 0.49\n", []),
        ("baseline: 0\n", ["7:11 surge-shape baseline is a number of periods from 1 to 104, not 0"]),
        ("baseline: 105\n", ["7:11 surge-shape baseline is a number of periods from 1 to 104, not 105"]),
        ("false_alarm: 0\n",
         ["7:14 surge-shape false_alarm is a share of periods above 0 and below 0.5, not 0"]),
        ("false_alarm: 0.5\n",
         ["7:14 surge-shape false_alarm is a share of periods above 0 and below 0.5, not 0.5"]),
        ("grains: [week, all]\n", ["7:16 surge-shape grain all has no periods before it"]),
    ],
)  # fmt: skip
def test_surge_shape(more, said):
    assert listed(added({TOPICS: TEXT + more})) == [f"definitions/{TOPICS}:{line}" for line in said]
