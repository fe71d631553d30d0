"""Uids stay, fit Grafana, and never meet."""

import re

from hypothesis import given
from hypothesis import strategies as st

from grafana.names import camel, uid

PARTS = st.lists(st.text(max_size=60), min_size=1, max_size=3)


@given(PARTS)
def test_a_uid_is_one_that_grafana_takes(parts):
    assert re.fullmatch(r"[A-Za-z0-9_-]{0,40}", uid(*parts))


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_names_do_not_meet(one, other):
    assert (uid("department", one) == uid("department", other)) is (one == other)


def test_plain_names_stay():
    assert uid("department", "customer_service") == "department-customer_service"
    assert uid("department", "Öffentliche Hand") == "department--ffentliche-Hand-7cb37335"
    assert camel("red_flag", "lead_to_opportunity") == "RedFlagLeadToOpportunity"
