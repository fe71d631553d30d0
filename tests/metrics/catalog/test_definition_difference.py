from metrics.catalog.definition_difference import Difference, differences


def test_what_is_different_is_named_key_by_key():
    before = {
        "metric": {"window": "90 days", "min_sample": 10, "from": {"where": {"expression": 1}}},
        "datasets": {},
    }
    after = {"metric": {"window": "60 days", "min_sample": 10, "from": {"where": {"expression": 2}}, "private": True},
             "datasets": {"leads": {"table": "leads"}}}  # fmt: skip
    assert differences(before, after) == (
        Difference("datasets.leads", None, None),
        Difference("from.where", None, None),
        Difference("private", None, "yes"),
        Difference("window", "90 days", "60 days"),
    )


def test_a_condition_that_turns_on_a_day_is_named_with_its_days():
    always, other = {"expression": {"name": ["a"]}}, {"expression": {"name": ["b"]}}
    dated = [{"where": always, "until": "2026-10-01"}, {"where": other, "from": "2026-10-01"}]
    later = [{"where": always, "until": "2027-01-01"}, {"where": other, "from": "2027-01-01"}]

    def of(condition):
        return {"datasets": {"leads": {"conditions": {"qualified": condition}}}}

    key = "datasets.leads.conditions.qualified"
    assert differences(of(always), of(dated)) == (Difference(key, "one for all days", "turns on 2026-10-01"),)
    assert differences(of(dated), of(later)) == (
        Difference(key, "turns on 2026-10-01", "turns on 2027-01-01"),
    )


def test_equal_definitions_differ_in_nothing():
    assert differences({"metric": {"window": "90 days"}}, {"metric": {"window": "90 days"}}) == ()
