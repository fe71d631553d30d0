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


def test_equal_definitions_differ_in_nothing():
    assert differences({"metric": {"window": "90 days"}}, {"metric": {"window": "90 days"}}) == ()
