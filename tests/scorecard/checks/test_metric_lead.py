from scorecard.checks.metric_lead import CODE
from tests.scorecard.project import found

KEPT = "metrics/service/kept_promises.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_somebody_leads_a_joint_metric():
    assert found(CODE, (KEPT, "leads: service\n", "")) == [
        f"{KEPT}:8:11 error metric 'kept_promises' is supported, but nobody leads it: write leads"
    ]


def test_the_lead_does_not_support_as_well():
    assert found(CODE, (KEPT, "[sales]", "[sales, service]")) == [
        f"{KEPT}:9:19 error 'service' leads metric 'kept_promises': it does not support it as well"
    ]
