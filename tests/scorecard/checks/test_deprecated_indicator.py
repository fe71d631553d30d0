from scorecard.checks.deprecated_indicator import CODE
from tests.scorecard.project import found

KEPT = "metrics/service/kept_promises.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_an_indicator_of_a_deprecated_metric_is_told():
    gone = "direction: up\nstatus: deprecated\nsunset: 2027-03-31\nreplaced_by: breaches"
    assert found(CODE, (KEPT, "direction: up", gone)) == [
        "scorecards/joint.yml:14:31 advice metric 'kept_promises' is deprecated, "
        "gone on 31 Mar 2027, replaced by Broken standards"
    ]


def test_a_proposed_one_may_be_an_indicator():
    assert found(CODE, (KEPT, "direction: up", "direction: up\nstatus: proposed")) == []
