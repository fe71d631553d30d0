from datetime import UTC, datetime

import pytest

from metrics import errors
from metrics.errors import (
    BadPeriod,
    BehindWatermark,
    ClockBehind,
    ComputationError,
    DefinitionsInvalid,
    ExpressionError,
    ExtraMissing,
    Finding,
    GrainNotAllowed,
    LabelLimit,
    Level,
    NameReused,
    NoStore,
    Position,
    ScorecardError,
    SecretMissing,
    SeriesLimit,
    SourceError,
    SourceMissing,
    SourceRejected,
    SourceTimeout,
    SourceUnavailable,
    StoreAway,
    StoreError,
    StoreFull,
    StoreLocked,
    UnknownDimension,
    UnknownMetric,
    UnknownScorecard,
    UsageError,
    sort_findings,
    suggest,
)

FIRST = Finding(Position("metrics/a.yml", 2, 3), "unknown-key", "unknown key 'lable' (did you mean 'label'?)")
SECOND = Finding(Position("metrics/a.yml", 10, 1), "missing-key", "a metric needs 'kind'")


def test_finding_reads_as_file_line_column_code_message():
    assert str(FIRST) == "metrics/a.yml:2:3 unknown-key unknown key 'lable' (did you mean 'label'?)"
    assert FIRST.level is Level.ERROR


def test_findings_are_sorted_by_place_then_code_and_listed_once():
    other = Finding(FIRST.position, "a-code", "first by code")
    assert sort_findings([SECOND, FIRST, other, SECOND]) == (other, FIRST, SECOND)


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("lable", ["label", "leads"], " (did you mean 'label'?)"),
        ("CLV", ["clv_to_cac", "clv"], " (did you mean 'clv'?)"),
        ("Clv_to_cak", ["clv", "CLV_to_CAC"], " (did you mean 'CLV_to_CAC'?)"),
        ("zzz", ["label", "leads"], ""),
        ("x", [], ""),
    ],
)
def test_suggest_names_the_nearest(name, known, expected):
    assert suggest(name, known) == expected


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UnknownMetric("cacc", ["cac", "clv"]), "no metric is called 'cacc' (did you mean 'cac'?)"),
        (UnknownMetric("zzz", ["clv", "cac"]), "no metric is called 'zzz'; known: cac, clv"),
        (
            UnknownMetric("zzz", [f"m{number:02d}" for number in range(12)]),
            "no metric is called 'zzz'; known: m00, m01, m02, m03, m04, m05, m06, m07, m08, m09 and 2 more",
        ),
        (UnknownMetric("zzz", []), "no metric is called 'zzz'"),
        (UnknownScorecard("join", ["joint"]), "no scorecard is called 'join' (did you mean 'joint'?)"),
        (
            UnknownDimension("cac", "chanel", ["channel"]),
            "metric 'cac' has no dimension 'chanel' (did you mean 'channel'?)",
        ),
        (
            GrainNotAllowed("cac", "day", ["month", "quarter"]),
            "metric 'cac' has no grain 'day'; it has: month, quarter",
        ),
        (
            BadPeriod("2026-13"),
            "'2026-13' is not a period: write 2026-03-01, 2026-W07, 2026-03, 2026-Q3, 2026, FY2026-Q3, "
            "FY2026 or all",
        ),
        (
            BehindWatermark("cac", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
            "cac: as of 2026-01-01T00:00:00+00:00 lies before the stored watermark "
            "2026-02-01T00:00:00+00:00; a refresh does not go back",
        ),
        (ExpressionError("unknown column 'x'", 4), "unknown column 'x'"),
        (SourceUnavailable("crm", "connection refused"), "source 'crm': connection refused"),
        (SourceTimeout("crm", "no answer within 60 s"), "source 'crm': no answer within 60 s"),
        (SourceRejected("crm", "no such column: amout"), "source 'crm': no such column: amout"),
        (SourceMissing("files", "no file fits *.csv"), "source 'files': no file fits *.csv"),
        (SecretMissing("crm", "${CRM_URL}"), "source 'crm': the secret ${CRM_URL} is not set"),
        (ComputationError("cac", "lookup 'fx' fans out"), "metric 'cac': lookup 'fx' fans out"),
        (
            SeriesLimit("cac", 12000, 10000),
            "metric 'cac': 12000 series exceed the 10000 allowed: cut by fewer dimensions",
        ),
        (
            LabelLimit("cac", "channel", "takes 2,048 bytes of the 1,024 allowed"),
            "metric 'cac': a value of dimension 'channel' takes 2,048 bytes of the 1,024 allowed",
        ),
        (StoreLocked("process 12"), "another refresh is running (process 12)"),
        (
            ExtraMissing("psycopg", "postgres"),
            "psycopg is not installed: pip install 'scorecard-server[postgres]'",
        ),
        (
            DefinitionsInvalid([FIRST, SECOND]),
            "the definitions are invalid: 2 findings\n"
            "metrics/a.yml:2:3 unknown-key unknown key 'lable' (did you mean 'label'?)\n"
            "metrics/a.yml:10:1 missing-key a metric needs 'kind'",
        ),
        (
            DefinitionsInvalid([SECOND]),
            "the definitions are invalid: 1 finding\nmetrics/a.yml:10:1 missing-key a metric needs 'kind'",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_messages(error, message):
    assert str(error) == message


def test_definitions_invalid_carries_its_findings():
    assert DefinitionsInvalid([FIRST]).findings == (FIRST,)


def test_expression_error_carries_its_offset():
    assert ExpressionError("unknown column 'x'", 4).offset == 4


@pytest.mark.parametrize(
    ("family", "members"),
    [
        (
            UsageError,
            {UnknownMetric, UnknownScorecard, UnknownDimension, GrainNotAllowed, BadPeriod, BehindWatermark},
        ),
        (SourceError, {SourceUnavailable, SourceTimeout, SourceRejected, SourceMissing, SecretMissing}),
        (ComputationError, {SeriesLimit, LabelLimit, NameReused}),
        (StoreError, {NoStore, StoreAway, StoreFull, StoreLocked, ClockBehind}),
    ],
)
def test_families(family, members):
    ours = {one for one in family.__subclasses__() if one.__module__ == errors.__name__}
    assert ours == members


def classes():
    return {
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)
    }


def test_only_what_can_pass_by_itself_is_transient():
    passing = {one for one in classes() if one.transient}
    assert passing == {SourceUnavailable, SourceTimeout, StoreAway, StoreLocked}


def test_every_error_is_ours_and_stands_in_the_tree_of_the_docstring():
    assert all(issubclass(one, ScorecardError) for one in classes())
    drawn = {line.lstrip("│├└─ ").split(" ")[0] for line in errors.__doc__.split("\n")}
    assert {one.__name__ for one in classes()} <= drawn


def test_a_finding_is_one_line_whatever_it_quotes():
    found = Finding(
        FIRST.position, "unknown-reference", f"no metric is called {'a' * 9000!r}\n\U0010ffff (did you)"
    )
    assert str(found).isprintable()
    assert len(found.message) == 800
    assert found.message.startswith("no metric is called 'aaaa")
    assert found.message.endswith("aaaa'\\n\\U0010ffff (did you)")
