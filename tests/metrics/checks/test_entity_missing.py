"""The entity of a metric is an entity of every dataset that it counts, of a ratio of one side at least."""

import pytest

from tests.metrics.project import CAC, CONVERSION, CSAT, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(
            CONVERSION,
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: orders}"),
        ),
        [(CONVERSION, "lead", "entity-missing dataset 'orders' has no entity 'lead'")],
        id="other dataset",
    ),
    pytest.param(
        edited(CSAT, ("entity: customer", "entity: person")),
        [(CSAT, "person, within: period}", "entity-missing dataset 'tickets' has no entity 'person'")],
        id="latest row",
    ),
    pytest.param(edited(CAC, ("kind: ratio", "kind: ratio\nentity: customer")), [], id="one side of a ratio"),
    pytest.param(
        edited(CAC, ("kind: ratio", "kind: ratio\nentity: lead")),
        [
            (CAC, "lead", "entity-missing dataset 'orders' has no entity 'lead'"),
            (CAC, "lead", "entity-missing dataset 'spend' has no entity 'lead'"),
        ],
        id="neither side of a ratio",
    ),
    pytest.param(
        edited(CAC, ("count_new(customer)", "count_new(custmer)")),
        [
            (
                CAC,
                'custmer), where: "amount',
                ("entity-missing dataset 'orders' has no entity 'custmer' (did you mean 'customer'?)"),
            )
        ],
        id="new ones",
    ),
    pytest.param(
        edited(CAC, ("count_new(customer)", "count_new(lower(customer))")),
        [(CAC, "lower(customer)), where:", "entity-missing count_new takes the name of an entity")],
        id="new ones by a formula",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_entity_missing(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
