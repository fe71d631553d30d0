from scorecard.checks.stage_lead import CODE
from tests.scorecard.project import JOURNEY, found


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_a_stage_that_stands_twice_has_two_leads():
    again = JOURNEY + "  - {stage: loyalty, phase: buckets, leads: sales}\n"
    assert found(CODE, **{"journey.yml": again}) == [
        "journey.yml:8:13 error stage 'loyalty' stands twice, led by 'service' and 'sales': "
        "a stage has one lead"
    ]


def test_the_lead_does_not_support_as_well():
    assert found(CODE, ("journey.yml", "[sales, service]", "[sales, marketing]")) == [
        "journey.yml:2:73 error 'marketing' leads stage 'awareness': it does not support it as well"
    ]
