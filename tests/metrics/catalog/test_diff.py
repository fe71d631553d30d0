"""Which metrics differ between two catalogs, and which merely bear another name."""

import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import resolved
from metrics.catalog.diff import ChangeClass, differences
from metrics.catalog.renames import followed, renames
from tests.metrics.project import (
    ACCOUNTS,
    CAC,
    CONVERSION,
    NEW,
    REVENUE,
    REVENUE_TO_CAC,
    added,
    base,
    edited,
    loaded,
)


def catalog_of(files=None) -> Catalog:
    catalog = loaded(files).catalog
    assert catalog is not None
    return catalog


BASE = catalog_of()
TEXTS = {path: content.decode() for path, content in base().items()}


def moved(*files, before=BASE):
    return {
        each.metric.metric: [every.value for every in each.classes]
        for each in differences(before, catalog_of(*files))
        if each.classes
    }


def called(path, old, new, *readers):
    """Return the files in which a metric bears another name, also where others read it."""
    text = TEXTS[path].replace(f"metric: {old}\n", f"metric: {new}\n")
    files = {path: None, path.replace(f"{old}.yml", f"{new}.yml"): text}
    return files | {reader: TEXTS[reader].replace(f"({old},", f"({new},") for reader in readers}


def test_a_catalog_differs_from_itself_in_nothing():
    assert moved() == {}
    assert renames(BASE, BASE) == {}
    assert followed(BASE, {}) is BASE


def test_a_rename_is_followed_by_what_reads_it():
    head = catalog_of(added(called(CAC, "cac", "cost", REVENUE_TO_CAC)))
    assert renames(BASE, head) == {"cac": "cost"}
    old = followed(BASE, {"cac": "cost"})
    assert resolved(old, "revenue_to_cac") == resolved(head, "revenue_to_cac")
    assert [(each.metric.metric, each.classes) for each in differences(BASE, head) if each.classes] == [
        ("cost", (ChangeClass.RENAMED,))
    ]


def test_two_renames_of_which_one_reads_the_other():
    files = called(CAC, "cac", "cost") | called(REVENUE_TO_CAC, "revenue_to_cac", "worth")
    path = REVENUE_TO_CAC.replace("revenue_to_cac", "worth")
    files[path] = files[path].replace("(cac,", "(cost,")
    assert moved(added(files)) == {"cost": ["renamed"], "worth": ["renamed"]}


def test_of_two_that_fit_the_label_decides():
    count = "metric: {}\nlabel: {}\nkind: aggregate\ndataset: orders\nmeasure: count\ndirection: none\n"
    sales = NEW.replace("new", "{}").format
    before = catalog_of(added({sales("a"): count.format("a", "One"), sales("b"): count.format("b", "Two")}))
    after = catalog_of(added({sales("c"): count.format("c", "Two"), sales("d"): count.format("d", "One")}))
    assert renames(before, after) == {"a": "d", "b": "c"}
    other = catalog_of(added({sales("c"): count.format("c", "Two"), sales("d"): count.format("d", "Three")}))
    assert renames(before, other) == {"b": "c", "a": "d"}


def test_a_rename_with_another_meaning_is_none():
    files = called(CAC, "cac", "cost", REVENUE_TO_CAC)
    path = CAC.replace("cac", "cost")
    files[path] = files[path].replace("metric: cost\n", "metric: cost\nmin_sample: 99\n")
    found = moved(added(files))
    assert (found["cac"], found["cost"]) == (["removed"], ["added"])


@pytest.mark.parametrize(
    ("files", "name", "classes"),
    [
        (edited(REVENUE, ("label: ", "label: The ")), "revenue", ["cosmetic"]),
        (edited(CONVERSION, ("window: 90 days", "window: 60 days")), "lead_to_opportunity", ["semantic"]),
        (edited(ACCOUNTS, ("table: accounts", "table: clients")), "revenue", ["upstream"]),
    ],
)
def test_what_a_metric_says_is_told_from_what_it_rests_on(files, name, classes):
    assert moved(files)[name] == classes
