import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecard.formatting import (
    format_change,
    format_interval,
    format_score,
    format_share,
    format_span,
    format_value,
)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.243, "ratio", "24.3%"),
        (0.12345, "ratio", "12.3%"),
        (0.0, "ratio", "0.0%"),
        (1.0, "ratio", "100.0%"),
        (0.00042, "ratio", "0.042%"),
        (0.0000000001, "ratio", "0.000000%"),
        (12.5, "ratio", "1,250.0%"),
        (-0.05, "ratio", "−5.0%"),
        (1234, "gbp", "£1,234"),
        (1234.56, "gbp", "£1,235"),
        (12.5, "gbp", "£12.50"),
        (99.999, "gbp", "£100"),
        (-40, "gbp", "−£40.00"),
        (999_999.4, "gbp", "£999,999"),
        (999_999.6, "gbp", "£1.00m"),
        (1_234_567, "gbp", "£1.23m"),
        (12_345_678_901, "gbp", "£12.35bn"),
        (3.2, "days", "3.2 days"),
        (3.0, "days", "3 days"),
        (0.25, "days", "0.25 days"),
        (1204.6, "seconds", "1,205 seconds"),
        (4.214, "score", "4.21"),
        (1204, "", "1,204"),
        (3.4159, "", "3.42"),
        (12.345, "", "12.3"),
        (0, "", "0"),
        (-0.0001, "", "0.00"),
        (None, "ratio", "–"),
        (float("nan"), "", "–"),
    ],
)
def test_value(value, unit, expected):
    assert format_value(value, unit, "GBP") == expected


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("EUR", "€1,234"), ("USD", "$1,234"), ("CHF", "CHF 1,234"), ("chf", "CHF 1,234")],
)
def test_currency(currency, expected):
    assert format_value(1234, currency.lower(), currency) == expected


def test_a_unit_that_is_not_the_report_currency_is_a_word():
    assert format_value(12, "eur", "GBP") == "12 eur"


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "expected"),
    [
        (0.221, 0.267, "ratio", "22.1–26.7%"),
        (1000, 1200, "gbp", "£1,000–£1,200"),
        (900_000, 1_200_000, "gbp", "£900,000–£1.20m"),
        (1_100_000, 1_200_000, "gbp", "£1.10–£1.20m"),
        (3.14, 3.4, "days", "3.1–3.4 days"),
        (-0.1, 0.1, "ratio", "−10.0 to 10.0%"),
        (-0.009, 0.12, "ratio difference", "−0.9 to +12.0 points"),
        (-40.0, -10.0, "gbp", "−£40.00 to −£10.00"),
        (10, 20, "", "10–20"),
        (None, 20, "", "–"),
        (10, None, "", "–"),
    ],
)
def test_interval(lower, upper, unit, expected):
    assert format_interval(lower, upper, unit, "GBP") == expected


@pytest.mark.parametrize(
    ("difference", "unit", "expected"),
    [
        (0.012, "ratio", "+1.2 points"),
        (-0.012, "ratio", "−1.2 points"),
        (0.0, "ratio", "0.0 points"),
        (-40, "gbp", "−£40.00"),
        (12, "", "+12"),
        (-1.5, "days", "−1.5 days"),
        (None, "ratio", "–"),
    ],
)
def test_change(difference, unit, expected):
    assert format_change(difference, unit, "GBP") == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(None, "–"), (0.0, "0%"), (0.001, "1%"), (0.5, "50%"), (0.999, "99%"), (1.0, "100%")],
)
def test_share(share, expected):
    assert format_share(share) == expected


@pytest.mark.parametrize(
    ("score", "expected"), [(None, "–"), (0.0, "0"), (66.9, "66"), (66.99999999999, "67"), (100.0, "100")]
)
def test_a_score_is_never_rounded_up_into_a_better_status(score, expected):
    assert format_score(score) == expected


@given(st.floats(-1e12, 1e12), st.sampled_from(["ratio", "gbp", "days", "score", ""]))
def test_every_number_is_written_with_digits_and_the_same_but_for_its_sign(value, unit):
    shown = format_value(value, unit, "GBP")
    assert any(character.isdigit() for character in shown)
    assert shown.removeprefix("−") == format_value(abs(value), unit, "GBP")


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "expected"),
    [
        (0.004, 0.02, "ratio", "+0.4 to +2.0 points"),
        (-40, 12, "gbp", "−£40.00 to +£12.00"),
        (-1.5, 2, "days", "−1.5 to +2 days"),
        (-3, 4, "", "−3 to +4"),
        (None, 4, "", "–"),
    ],
)
def test_the_interval_of_a_change(lower, upper, unit, expected):
    assert format_span(lower, upper, unit, "GBP") == expected
