import math
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.utils import floatToGoString

from api.prometheus.exposition import render
from api.prometheus.scrape import Exposition
from metrics.checks.prometheus_name import RESERVED
from metrics.describe.series_names import PREFIX, base_of
from metrics.describe.series_names import families as series_names
from metrics.grain import Grain
from metrics.observation import State
from metrics.store.records import DatasetHealth, Definition, Run
from scorecard.score import Status
from tests.api.northwind import COMPUTED, NOW, WATERMARK, fill, observation


@pytest.fixture(scope="module")
def families(northwind):
    """Return the families of the exposition by name."""
    text = render(northwind, NOW).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def samples(families, name, **labels):
    """Return the values of a family's series that bear these labels, by their other labels."""
    found = {}
    for sample in families[name].samples:
        if labels.items() <= sample.labels.items():
            rest = tuple(sorted((key, value) for key, value in sample.labels.items() if key not in labels))
            found[rest] = sample.value
    return found


def test_a_family_a_metric_and_base_unit(families):
    names = {name for name in families if name.startswith("kpi_lead_to_opportunity")}
    assert names == {
        f"kpi_lead_to_opportunity_ratio{state}{part}"
        for state in ("", "_provisional")
        for part in ("", "_lower", "_upper", "_numerator", "_denominator", "_sample_size")
    }


def test_every_series_of_a_family_has_the_same_labels(families):
    for name, family in families.items():
        assert len({tuple(sorted(sample.labels)) for sample in family.samples}) == 1, name
    keys = set(families["kpi_lead_to_opportunity_ratio"].samples[0].labels)
    assert keys == {"grain", "by", "channel", "segment"}


def test_the_live_series_is_the_latest_final_period(northwind, families):
    (seen,) = [one for one in northwind.store.latest("lead_to_opportunity", by=())
               if one.grain.value == "quarter" and str(one.period.start) == "2026-04-01"]  # fmt: skip
    total = {"grain": "quarter", "by": "", "channel": "", "segment": ""}
    assert samples(families, "kpi_lead_to_opportunity_ratio", **total) == {(): seen.value}
    assert samples(families, "kpi_lead_to_opportunity_ratio_lower", **total) == {(): seen.lower}
    assert samples(families, "kpi_lead_to_opportunity_ratio_sample_size", **total) == {(): 1200}
    end = samples(families, "kpi_period_end_timestamp_seconds", metric="lead_to_opportunity", grain="quarter")
    # Midnight in London in summer is 23:00 in UTC.
    assert end == {(): datetime(2026, 6, 30, 23, tzinfo=UTC).timestamp()}


def test_cuts_are_labelled_by_their_dimensions(families):
    both = samples(families, "kpi_lead_to_opportunity_ratio", grain="quarter", by="channel,segment")
    assert len(both) == 6
    channels = samples(families, "kpi_lead_to_opportunity_ratio", grain="quarter", by="channel")
    assert set(channels) == {
        (("channel", name), ("segment", "")) for name in ("organic", "paid search", "referral")
    }


def test_a_segment_that_vanished_has_no_series(families):
    found = samples(families, "kpi_revenue_gbp", grain="quarter", by="channel")
    assert set(found) == {(("channel", "organic"),), (("channel", "paid search"),)}


def test_times_are_seconds_and_money_is_its_currency(northwind, families):
    (seen,) = [one for one in northwind.store.latest("first_reply", by=())
               if one.grain.value == "quarter" and one.state is State.SMALL_SAMPLE]  # fmt: skip
    assert samples(families, "kpi_first_reply_seconds", grain="quarter") == {(("by", ""),): seen.value * 3600}
    assert samples(families, "kpi_first_reply_seconds_lower", grain="quarter") == {
        (("by", ""),): seen.lower * 3600
    }
    assert samples(families, "kpi_first_reply_seconds_numerator", grain="quarter") == {
        (("by", ""),): seen.numerator * 3600
    }
    assert samples(families, "kpi_first_reply_seconds_denominator", grain="quarter") == {(("by", ""),): 8}
    assert "kpi_acquisition_cost_gbp" in families


def test_what_has_no_value_has_no_series(families):
    assert not any(name.startswith("kpi_team_mood") for name in families)
    assert "kpi_lifetime_value_to_cost" not in families
    assert "kpi_lifetime_value_to_cost_provisional" in families
    assert not any(math.isnan(sample.value) for family in families.values() for sample in family.samples)


def test_the_open_period_stands_apart(families):
    assert samples(families, "kpi_revenue_gbp_provisional", grain="quarter", by="").keys() == {
        (("channel", ""),)
    }
    assert "period still open" in families["kpi_revenue_gbp_provisional"].documentation


def test_an_open_period_without_a_value_hides_none_that_has_one(northwind, families):
    calendar = northwind.catalog.company.calendar
    # Q4 has begun and nothing of it is 90 days old; most of Q3 is.
    (seen,) = northwind.store.latest("lead_to_opportunity", grain=Grain.QUARTER, by=(), start=date(2026, 7, 1),
                                   end=date(2026, 8, 1))  # fmt: skip
    name = "kpi_lead_to_opportunity_ratio_provisional"
    found = samples(families, name, grain="quarter", by="")
    assert list(found.values()) == [seen.value]
    assert seen.value is not None
    assert len(samples(families, name, grain="quarter", by="channel")) == 3
    ends = samples(families, "kpi_provisional_period_end_timestamp_seconds", metric="lead_to_opportunity")
    assert ends[("grain", "quarter"),] == calendar.bounds(seen.period)[1].timestamp()
    assert ends[("grain", "month"),] < WATERMARK.timestamp()


def test_the_servers_own_families_are_names_that_no_metric_may_bear(northwind, families):
    metrics = {name for metric in northwind.catalog.metrics.values()
               for name, _, _ in series_names(metric, base_of(metric, northwind.catalog))}  # fmt: skip
    own = {name for name in families if name.startswith(PREFIX) and name not in metrics}
    assert len(own) > 5
    assert own <= {PREFIX + name for name in RESERVED}


def test_help_says_what_the_definition_says(families):
    assert families["kpi_kept_promises_ratio"].documentation == (
        "Kept promises: How many orders arrive when we said they would?"
    )
    assert families["kpi_kept_promises_ratio_lower"].documentation == (
        "Lower bound of the 95% interval of: Kept promises: How many orders arrive when we said they would?"
    )
    assert families["kpi_first_reply_seconds"].documentation == "First human reply"


def test_targets_are_those_of_the_live_period(families):
    found = samples(families, "scorecard_target", metric="revenue")
    assert found == {(("grain", "quarter"), ("kind", "goal")): 420000,
                     (("grain", "quarter"), ("kind", "red_flag")): 350000}  # fmt: skip
    assert samples(families, "scorecard_target", metric="first_reply", grain="quarter") == {
        (("kind", "goal"),): 4 * 3600,
        (("kind", "red_flag"),): 8 * 3600,
    }
    assert samples(families, "scorecard_target", metric="balanced_load", grain="quarter") == {
        (("kind", "goal_lower"),): 0.2,
        (("kind", "goal_upper"),): 0.4,
        (("kind", "red_flag_lower"),): 0.1,
        (("kind", "red_flag_upper"),): 0.5,
    }


def test_scores_are_those_of_the_report(northwind, families):
    report = northwind.report("joint", None, NOW)
    assert samples(families, "scorecard_score", scorecard="joint") == {(): report.score}
    assert samples(families, "scorecard_score_lower", scorecard="joint") == {(): report.score_lower}
    assert samples(families, "scorecard_score_upper", scorecard="joint") == {(): report.score_upper}
    assert report.score_lower < report.score < report.score_upper
    assert samples(families, "scorecard_coverage_ratio", scorecard="joint") == {(): report.coverage}
    found = samples(families, "scorecard_objective_score", scorecard="joint")
    assert found == {
        (("objective", one.objective), ("perspective", perspective.perspective)): one.score
        for perspective in report.perspectives
        for one in perspective.objectives
        if one.score is not None
    }


def test_the_status_is_one_of_all(northwind, families):
    for indicator in northwind.report("joint", None, NOW).indicators:
        found = samples(families, "scorecard_status", scorecard="joint", metric=indicator.metric)
        assert found == {(("status", status.value),): float(status is indicator.status) for status in Status}
    counts = samples(families, "scorecard_indicators", scorecard="joint")
    assert counts[(("status", "green"),)] == 3
    assert sum(counts.values()) == 10


def test_a_status_is_certain_or_not(northwind, families):
    found = samples(families, "scorecard_status_certain", scorecard="joint")
    indicators = northwind.report("joint", None, NOW).indicators
    assert found == {
        (("metric", one.metric),): float(one.status_certain) for one in indicators if one.status.scored
    }
    assert set(found.values()) == {0.0, 1.0}


def test_definitions_sources_and_refreshes(northwind, families):
    found = samples(families, "scorecard_definition_info", metric="revenue")
    empty = ("running_hash", ""), ("since", ""), ("status", "approved")
    assert found == {(("commit", ""), ("hash", northwind.hash_of("revenue")), *empty): 1}
    assert samples(families, "scorecard_definition_current", metric="revenue") == {(): 1}
    assert samples(families, "kpi_source_up") == {(("source", "crm"),): 1, (("source", "helpdesk"),): 0}
    assert samples(families, "kpi_source_watermark_timestamp_seconds") == {
        (("source", "crm"),): WATERMARK.timestamp()
    }
    # What is defined no more has left.
    assert samples(families, "kpi_dataset_watermark_timestamp_seconds", source="crm") == {
        (("dataset", "orders"),): WATERMARK.timestamp(), (("dataset", "leads"),): WATERMARK.timestamp() + 3600,
    }  # fmt: skip
    assert samples(families, "kpi_metric_watermark_timestamp_seconds", metric="revenue") == {
        (): WATERMARK.timestamp()
    }
    assert samples(families, "kpi_source_last_success_timestamp_seconds") == {
        (("source", "crm"),): COMPUTED.timestamp()
    }
    assert samples(families, "kpi_refresh_duration_seconds", metric="revenue") == {(): 1.25}


def test_when_a_dataset_is_later_than_usual_is_an_instant(fresh):
    for day in range(11):
        moment = NOW - timedelta(days=11 - day)
        fresh.store.record_datasets([DatasetHealth("orders", "crm", moment, moment)])
        if day < 10:
            assert "kpi_dataset_late" not in render(fresh, NOW).decode()
    late = (NOW + timedelta(days=0.5)).timestamp()
    text = render(fresh, NOW).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert samples(families, "kpi_dataset_late_timestamp_seconds") == {
        (("dataset", "orders"), ("source", "crm")): late
    }


def test_only_instants_no_ages_and_no_sample_timestamps(families):
    assert all(sample.timestamp is None for family in families.values() for sample in family.samples)
    assert not any("age" in name.split("_") for name in families)


def test_before_the_first_refresh_only_definitions_are_known(fresh):
    text = render(fresh, NOW).decode()
    assert "kpi_" not in text
    assert 'scorecard_definition_info{commit="",hash=' in text
    assert 'scorecard_coverage_ratio{scorecard="joint"} 0.0' in text
    # A scorecard without a score has no series, rather than a nought.
    assert "scorecard_score" not in text
    assert "scorecard_objective_score" not in text


def test_a_changed_definition_shows_the_old_hash_until_it_is_computed(fresh):
    fill(fresh, "revenue")
    old = fresh.hash_of("revenue")
    fresh.store.definitions.remember(Definition(old, "revenue", 1, "{}", "c" * 40, NOW))
    changed = replace(fresh, hashes={**fresh.hashes, "revenue": "0" * 16}, commit="d" * 40)
    text = render(changed, NOW).decode()
    since = 'running_hash="0000000000000000",since="2026-11-20",status="approved"'
    info = f'scorecard_definition_info{{commit="{"c" * 40}",hash="{old}",metric="revenue",{since}}} 1.0'
    assert info in text
    assert 'scorecard_definition_current{metric="revenue"} 0.0' in text
    assert "kpi_revenue_gbp{" in text


def test_the_text_is_kept_until_something_was_computed(fresh):
    held = Exposition()
    first = held.text(fresh, NOW)
    assert held.text(fresh, NOW + timedelta(days=1)) is first
    period = fresh.catalog.company.calendar.parse("2026-Q3")
    run = Run("r1", "revenue", fresh.hash_of("revenue"), 1, NOW, NOW, NOW, "ok", None,
              fresh.catalog.metric("revenue").grains, ((),), 0.5)  # fmt: skip
    fresh.store.write(run, [observation(fresh, run, period, 7.0)])
    second = held.text(fresh, NOW)
    assert b'kpi_revenue_gbp{by="",channel="",grain="quarter"} 7.0' in second
    third = held.text(replace(fresh), NOW)
    assert third == second
    assert third is not second


@pytest.mark.prometheus
def test_promtool_has_no_complaint(northwind):
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing: install Debian's package prometheus")
        pytest.skip("promtool is not installed")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=render(northwind, NOW), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (0, "", "")


def test_the_endpoint_serves_it(client):
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.startswith("# HELP ")


def test_what_happened_stands_as_instants(northwind):
    text = render(northwind, NOW).decode()
    milestone = floatToGoString(datetime(2025, 6, 30, 23, tzinfo=UTC).timestamp())
    assert (
        f'scorecard_milestone_timestamp_seconds{{label="Joint pipeline review starts"}} {milestone}' in text
    )
    changed = floatToGoString(datetime(2026, 6, 1, 6, tzinfo=UTC).timestamp())
    hashed = northwind.hash_of("lead_to_opportunity")
    lines = [line for line in text.splitlines() if line.startswith("scorecard_definition_changed")]
    # The definition that a metric began with is no change.
    assert [line.split(" ") for line in lines] == [
        [f'scorecard_definition_changed_timestamp_seconds{{hash="{hashed}",metric="lead_to_opportunity"}}',
         changed]]  # fmt: skip


def test_a_refresh_that_failed_says_so(northwind):
    text = render(northwind, NOW).decode()
    assert 'kpi_refresh_success{metric="complaints_per_order"} 0.0' in text
    assert text.count("kpi_refresh_success{") == len(northwind.catalog.metrics)
    assert text.count("kpi_refresh_success{") == text.count("kpi_refresh_duration_seconds{")
