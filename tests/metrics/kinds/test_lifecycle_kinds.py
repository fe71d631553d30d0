"""What the definitions of net share, retention and win-back say beside their numbers."""

from __future__ import annotations

import pytest

from metrics.catalog.definition_hash import definition_hash
from metrics.catalog.lineage import upstream
from metrics.describe.units import unit_of
from metrics.loading.loader import Loaded
from tests.metrics.project import NEW, added, loaded

HEAD = "metric: new\nlabel: New\nowner: me\ndirection: up\n"
NET = HEAD + "kind: net_share\ndataset: orders\npositive: price > 9\nnegative: price < 3\n"
RETENTION = HEAD + "kind: retention\nmeasure: nrr\nentity: customer\nactivity: {dataset: orders}\n"
WIN_BACK = HEAD + "kind: win_back\nentity: customer\nactivity: {dataset: orders}\nlapse_after: 90 days\n"


def project(text: str) -> Loaded:
    found = loaded(added({NEW: text}))
    assert [str(each) for each in found.findings] == []
    return found


def hash_of(text: str) -> str:
    catalog = project(text).catalog
    assert catalog is not None
    return definition_hash(catalog, "new")


@pytest.mark.parametrize("text", [NET, RETENTION + "value: {measure: sum(amount)}\n", WIN_BACK])
def test_they_are_shares(text: str) -> None:
    catalog = project(text).catalog
    assert catalog is not None
    assert unit_of(catalog.metrics["new"], catalog) == "ratio"


def test_what_a_customer_is_worth_is_part_of_the_definition() -> None:
    one = hash_of(RETENTION + "value: {measure: sum(amount)}\n")
    assert one == hash_of(
        RETENTION + "active_if: in_period\nvalue: {measure: sum(amount), dataset: orders}\n"
    )
    others = ["{measure: sum(price)}", "{measure: sum(amount), where: price > 1}"]
    hashes = {one, *(hash_of(f"{RETENTION}value: {each}\n") for each in others)}
    assert len(hashes) == 3


@pytest.mark.parametrize("key", ["grace: 1 day", "window: 30 days", "basis: period", "dimensions: [segment]"])
def test_a_key_of_win_back_changes_its_hash(key: str) -> None:
    assert hash_of(WIN_BACK) != hash_of(WIN_BACK + key + "\n")


@pytest.mark.parametrize(
    "key", ["curve: true", "over: to_date", "exclude: {gone: price > 9}", "dimensions: [segment]"]
)
def test_a_key_of_retention_changes_its_hash(key: str) -> None:
    plain = RETENTION + "value: {measure: sum(amount)}\n"
    assert hash_of(plain) != hash_of(plain + key + "\n")


def test_what_a_condition_of_exclude_reads_belongs_to_the_definition() -> None:
    catalog = project(WIN_BACK + "exclude: {gone: accounts.segment = 'gone'}\n").catalog
    assert catalog is not None
    assert "accounts" in upstream(catalog, "new").datasets


def test_a_curve_is_cut_by_age_alone_or_with_others() -> None:
    catalog = project(
        RETENTION + "value: {measure: sum(amount)}\ncurve: true\ndimensions: [segment]\n"
    ).catalog
    assert catalog is not None
    found = catalog.metrics["new"]
    assert found.cut_sets == (("age",), ("segment", "age"))
    assert found.whole_cut(("age", "segment")) == ("age", "segment")
    assert unit_of(found, catalog) == "ratio"


def test_the_ages_count_where_there_are_fewer() -> None:
    plain = RETENTION + "value: {measure: sum(amount)}\ncurve: true\n"
    assert len({hash_of(plain), hash_of(plain + "ages: 12\n"), hash_of(plain + "ages: 24\n")}) == 3


def test_active_if_is_one_of_two_texts() -> None:
    found = loaded(added({NEW: RETENTION + "active_if: within\n"}))
    assert [each.message for each in found.findings] == ["'within' is not one of in_period, within 90 days"]
