"""The lag and the allocation of a ratio fit its sides."""

import pytest

from tests.metrics.project import ACCOUNTS, CAC, ORDERS, SPEND, Files, added, assert_found, base, edited

KIND = "kind: ratio\n"
CHANNEL = (
    "dimensions: {segment: accounts.segment}",
    "dimensions: {segment: accounts.segment, channel: accounts.channel}",
)


def cac(more: str, *changes: tuple[str, str], spend: tuple[str, str] = ("", "")) -> Files:
    """Return a project whose orders have a channel and whose metric says more."""
    files = added({ORDERS: edited(ORDERS, CHANNEL)[ORDERS], SPEND: edited(SPEND, spend)[SPEND]})
    text = base()[CAC].decode().replace(KIND, KIND + more)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return files | {CAC: text.encode()}


BY_CHANNEL = "dimensions: [channel]\n"
SPREAD = BY_CHANNEL + 'allocate: {where: "channel is null", by: new_customers}\n'
CASES = [
    pytest.param(cac("lag: 1 month\nentity: customer\n"), [], id="a lag"),
    pytest.param(cac(SPREAD), [], id="an allocation"),
    pytest.param(cac("dimensions: [segment]\nallocate: {by: new_customers}\n"), [], id="all of it"),
    pytest.param(
        cac("lag: 0 days\n"), [(CAC, "0 days", "ratio-shape the lag has no length")], id="no lag at all"
    ),
    pytest.param(
        cac("lag: 36 hours\n"),
        [(CAC, "36 hours", "ratio-shape a lag is of days, weeks, months or years")],
        id="a lag within days",
    ),
    pytest.param(
        cac(
            "lag: 1 month\n",
            ("{dataset: spend, measure: sum(paid)}", "{dataset: orders, measure: count_new(customer)}"),
        ),
        [
            (
                CAC,
                "lag: 1 month",
                "ratio-shape lag has no meaning with a numerator of new ones: they are new when they come",
            )
        ],
        id="new ones later",
    ),
    pytest.param(
        cac(
            "lag: 1 month\n",
            (
                "{dataset: spend, measure: sum(paid)}",
                "{dataset: tickets, measure: count, at: period_end}",
            ),
        ),
        [(CAC, "lag: 1 month", "ratio-shape lag has no meaning with a numerator that is a stock")],
        id="a stock later",
    ),
    pytest.param(
        cac('allocate: {where: "channel is null", by: none}\n'),
        [(CAC, "allocate: {where", "ratio-shape allocate has no meaning without dimensions")],
        id="no dimensions",
    ),
    pytest.param(
        cac(BY_CHANNEL + "allocate: {by: none}\n"),
        [
            (
                CAC,
                "{by: none}",
                "ratio-shape missing key 'where': which rows of the numerator belong to no segment",
            )
        ],
        id="nothing to spread",
    ),
    pytest.param(
        cac(SPREAD, ("sum(paid)", "count_distinct(day)")),
        [
            (
                CAC,
                "count_distinct(day)}",
                "ratio-shape allocate spreads what adds up over segments, count or sum: not count_distinct",
            )
        ],
        id="what does not add up",
    ),
    pytest.param(
        cac(SPREAD, ("count_new(customer)", "avg(amount)")),
        [
            (
                CAC,
                "new_customers}",
                "ratio-shape nothing is allocated in proportion to avg, which cannot be added up",
            )
        ],
        id="in proportion to a mean",
    ),
    pytest.param(
        cac(
            SPREAD + "entity: customer\n", spend=("time: day\n", "time: day\nentities: {customer: channel}\n")
        ),
        [
            (
                CAC,
                "allocate: {where",
                "ratio-shape rows of 'spend' belong to a customer each: leave allocate out",
            )
        ],
        id="rows of customers",
    ),
    pytest.param(
        cac(BY_CHANNEL + 'allocate: {where: "plan.kind = 1", by: none}\n'),
        [(CAC, '"plan.kind', "unknown-reference dataset 'spend' has no lookup 'plan'")],
        id="told by what is not there",
    ),
    pytest.param(
        cac("dimensions: [segment]\nallocate: {by: spend}\n"),
        [(CAC, "segment]", "unknown-dimension dataset 'spend' has no dimension 'segment'")],
        id="spread by what is not there",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_ratio_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert ACCOUNTS in files
    assert_found(files, expected)
