"""A metric or condition that is named after a condition says no more than it, where others read it as it is."""

from __future__ import annotations

from metrics.errors import Level
from tests.metrics.project import COUNT, DATASET, MORE, REST, Files, added, assert_found, findings

DEALS = DATASET + "conditions: {qualified: \"grade = 'a'\"}\n"
NAMED, PLAIN = "metrics/sales/qualified_deals.yml", "metrics/sales/good_deals.yml"
SAID = (
    "one-meaning 'qualified_deals' says more than 'qualified', which good_deals reads as it is: one word has one "
    "meaning, so put what is added into the condition, or name this one after it"
)


def counted(metric: str, where: str, dataset: str = "more") -> str:
    text = COUNT.replace("metric: new", f"metric: {metric}").replace("dataset: orders", f"dataset: {dataset}")
    return f'{text}where: "{where}"\n'


def company(named: str, plain: str = "qualified", **more: str) -> Files:
    return added(
        {MORE: DEALS, NAMED: counted("qualified_deals", named), PLAIN: counted("good_deals", plain), **more}
    )


def advised(files: Files) -> list[str]:
    return [str(found) for found in findings(files) if found.code == "one-meaning"]


def test_two_meanings_of_a_word_are_advised() -> None:
    files = company("qualified and amount > 100")
    assert_found(files, [(NAMED, '"qualified and', SAID)])
    assert [found.level for found in findings(files)] == [Level.ADVICE]


def test_what_says_the_same_or_is_named_otherwise_is_not() -> None:
    assert advised(company("qualified")) == []
    # Nobody reads the plain one, or reads it with more as well.
    assert advised(company("qualified and amount > 100", "qualified and amount > 100")) == []
    assert advised(company("qualified and amount > 100", "amount > 100")) == []
    # Part of a word is no word.
    assert (
        advised(company("qual and amount > 100", "qual", **{MORE: DEALS.replace("qualified", "qual")})) == []
    )


def test_a_condition_of_the_same_name_in_another_dataset_is_one_too() -> None:
    rest = DATASET.replace("dataset: more", "dataset: rest") + (
        "entities: {order: order_id}\nlookups: {more: {dataset: more, on: more_id}}\n"
        'conditions: {qualified: "more.qualified and amount > 100"}\n'
    )
    plain = {"metrics/sales/plain_rest.yml": counted("plain_rest", "more.qualified", "rest")}
    files = added({MORE: DEALS, REST: rest, **plain})
    (found,) = advised(files)
    assert "one-meaning 'qualified' says more than 'more.qualified', which plain_rest reads as it is" in found
