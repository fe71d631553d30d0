"""What is deprecated is not what other metrics should rest on."""

from metrics.errors import Level
from tests.metrics.project import CAC, CSAT, REVENUE, REVENUE_TO_CAC, assert_found, edited, findings

GONE = "status: deprecated\nsunset: 2027-03-31\nreplaced_by: revenue_growth"


def test_a_formula_and_a_guard_are_told_where_they_name_it() -> None:
    files = edited(CAC, ("kind: ratio", f"kind: ratio\n{GONE}"))
    said = (
        "deprecated-use metric 'cac' is deprecated, gone on 31 Mar 2027, "
        "replaced by Revenue against the year before"
    )
    assert_found(files, [(REVENUE_TO_CAC, "cac", said)])
    assert [each.level for each in findings(files)] == [Level.ADVICE]
    assert_found(
        edited(CSAT, ("kind: proportion", "kind: proportion\nstatus: deprecated")),
        [(REVENUE, "csat", "deprecated-use metric 'csat' is deprecated")],
    )
