"""Win rate, sales cycle, resolution and reopened incidents equal SQL written for these tests alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from metrics.grain import Grain
from metrics.observation import Observation, State

from .conftest import Case

pytestmark = pytest.mark.real_data

Sql = Callable[[str], list[tuple[object, ...]]]
Run = Callable[[str, datetime], Case]

PIPELINE = """
    read_csv('{data}/crm_maven/sales_pipeline.csv', all_varchar = true) p
    left join read_csv('{data}/crm_maven/sales_teams.csv', all_varchar = true) t using (sales_agent)
"""

# Days from engaging to closing; what is still open has none, and what was never engaged is no case.
CYCLES = f"""
    select date_trunc('month', engaged)::date::text as month, date_trunc('month', closed)::date::text as closed_in,
           region, product, agent, (closed - engaged)::double as days
    from (select strptime(engage_date, '%d-%m-%y')::date as engaged, strptime(close_date, '%d-%m-%y')::date as closed,
                 regional_office as region, replace(product, 'GTXPro', 'GTX Pro') as product, sales_agent as agent
          from {PIPELINE} where engage_date is not null)
"""
# Hours from opening to the first time that the incident was resolved or closed.
RESOLUTIONS = """
    select date_trunc('month', opened)::date::text as month, date_trunc('month', solved)::date::text as closed_in,
           priority, epoch(solved - opened) / 3600 as hours
    from (select number, min(strptime(opened_at, '%d/%m/%Y %H:%M')) as opened,
                 arg_min(priority, sys_mod_count::int) as priority,
                 min(strptime(sys_updated_at, '%d/%m/%Y %H:%M'))
                   filter (where incident_state in ('Resolved', 'Closed')) as solved
          from '{data}/incident_uci/incident_event_log.parquet' group by number)
"""


def _summary(rows: str, label: str, took: str, window: int, standard: int, by: str) -> str:
    """Return SQL for what is said of cases that are all known to the end of their windows."""
    return f"""
        with cases as ({rows}), cut as (select *, case when {took} < {window} then {took} end as t from cases)
        select {label}, {by}, count(t), count(*),
               percentile_disc(0.5) within group (order by coalesce(t, 'infinity'::double)),
               percentile_disc(0.9) within group (order by coalesce(t, 'infinity'::double)),
               avg(coalesce(t, {window})), count(*) filter (where t <= {standard})
        from cut where {label} is not null group by all
    """


def _same(seen: Observation, value: object) -> None:
    wanted = None if value is None or value == float("inf") else pytest.approx(float(str(value)), rel=1e-9)
    assert seen.value == wanted


def _final(seen: Observation, **wait: float) -> bool:
    """Tell whether a value should be final: a wait after its period is over."""
    assert seen.watermark is not None
    assert seen.period.end is not None
    end = datetime.combine(seen.period.end, datetime.min.time(), UTC)
    return end + timedelta(**wait) <= seen.watermark


@pytest.mark.parametrize("dimension", [None, "region", "product", "agent"])
def test_sales_cycle(run_case: Run, sql: Sql, dimension: str | None) -> None:
    crm = run_case("crm", datetime(2018, 2, 1, tzinfo=UTC))
    by = [dimension] if dimension else []
    lines = sql(_summary(CYCLES, "month", "days", 140, 60, dimension or "null"))
    names = ("sales_cycle", "sales_cycle_mean", "closed_within_60")
    p50, mean, within = (crm.values(name, Grain.MONTH, *by) for name in names)
    final = 0
    for month, segment, closed, cases, half, _, average, kept in lines:
        key = str(month), tuple((name, str(segment)) for name in by)
        # A median waits for itself, a share for its 60 days, the mean for the window.
        waits = (min(float(str(half)), 140), half), (140, average), (60, int(str(kept)) / int(str(cases)))
        for seen, (days, value) in zip((p50[key], mean[key], within[key]), waits, strict=True):
            assert seen.denominator == cases
            assert (seen.state is not State.PROVISIONAL) == _final(seen, days=days)
            if seen.state is not State.PROVISIONAL:
                final += 1
                _same(seen, value)
        assert (p50[key].numerator, mean[key].numerator, within[key].numerator) == (closed, closed, kept)
    # The last day of the log is the last of 2017: 140 days before it is the 14th of August, 60 the 2nd of November.
    assert final > sum(str(line[0]) < "2017-08-01" for line in lines) * 3 > 0


def test_sales_cycle_of_what_was_closed(run_case: Run, sql: Sql) -> None:
    crm = run_case("crm", datetime(2018, 2, 1, tzinfo=UTC))
    for dimension in ("region", "product", "agent"):
        lines = sql(_summary(CYCLES, "closed_in", "days", 100000, 60, dimension))
        cells = crm.values("sales_cycle_closed", Grain.MONTH, dimension)
        assert len(cells) == len(lines)
        for month, segment, closed, _, half, *_ in lines:
            seen = cells[str(month), ((dimension, str(segment)),)]
            assert (seen.numerator, seen.denominator) == (closed, closed)
            _same(seen, half)
    whole = crm.values("sales_cycle_closed", Grain.ALL)["all", ()]
    assert (whole.denominator, whole.value) == (6711, 45.0)


@pytest.mark.parametrize("dimension", [None, "priority"])
def test_time_to_resolution(run_case: Run, sql: Sql, dimension: str | None) -> None:
    incidents = run_case("incidents", datetime(2017, 3, 1, tzinfo=UTC))
    by = [dimension] if dimension else []
    lines = sql(_summary(RESOLUTIONS, "month", "hours", 60 * 24, 5 * 24, dimension or "null"))
    names = ("resolution_p50", "resolution_p90", "resolution_mean", "resolved_within_5")
    p50, p90, mean, within = (incidents.values(name, Grain.MONTH, *by) for name in names)
    final = 0
    for month, segment, solved, cases, half, most, average, kept in lines:
        key = str(month), tuple((name, str(segment)) for name in by)
        assert (p50[key].numerator, p50[key].denominator) == (solved, cases)
        assert (within[key].numerator, within[key].denominator) == (kept, cases)
        waits = (
            (p50[key], min(float(str(half)), 60 * 24), half),
            (p90[key], min(float(str(most)), 60 * 24), most),
            (mean[key], 60 * 24, average),
            (within[key], 5 * 24, int(str(kept)) / int(str(cases))),
        )
        for seen, hours, value in waits:
            assert (seen.state is not State.PROVISIONAL) == _final(seen, hours=hours), (seen, hours)
            if seen.state is not State.PROVISIONAL:
                final += 1
                _same(seen, value)
    # The log ends on 18 February 2017: 60 days before it is 20 December.
    assert final > sum(str(line[0]) < "2016-12-01" for line in lines) * 4 > 0


@pytest.mark.parametrize("dimension", [None, "priority"])
def test_time_to_resolution_of_what_was_resolved(run_case: Run, sql: Sql, dimension: str | None) -> None:
    incidents = run_case("incidents", datetime(2017, 3, 1, tzinfo=UTC))
    by = [dimension] if dimension else []
    lines = sql(_summary(RESOLUTIONS, "closed_in", "hours", 10**7, 0, dimension or "null"))
    p50, p90, mean = (
        incidents.values(f"completed_{name}", Grain.MONTH, *by) for name in ("p50", "p90", "mean")
    )
    for month, segment, solved, _, half, most, average, _ in lines:
        key = str(month), tuple((name, str(segment)) for name in by)
        assert (p50[key].numerator, p50[key].denominator) == (solved, solved)
        for seen, value in ((p50[key], half), (p90[key], most), (mean[key], average)):
            _same(seen, value)
    whole = incidents.values("completed_p50", Grain.ALL)["all", ()]
    assert whole.denominator == sum(
        int(str(line[2])) for line in sql(_summary(RESOLUTIONS, "closed_in", "hours", 10**7, 0, "null"))
    )


def test_win_rate_by_region_and_product(run_case: Callable[[str, datetime], Case], sql: Sql) -> None:
    crm = run_case("crm", datetime(2018, 2, 1, tzinfo=UTC))
    rows = sql(f"""
        select date '2000-01-01' + interval (substr(close_date, 4, 2)::int - 1) month
                 + interval (substr(close_date, 7, 2)::int) year as month,
               regional_office, replace(product, 'GTXPro', 'GTX Pro') as name,
               sum(case deal_stage when 'Won' then 1 else 0 end) as won, count(*) as closed
        from {PIPELINE} where deal_stage = 'Won' or deal_stage = 'Lost' group by all
    """)
    assert sum(int(str(row[4])) for row in rows) == 6711
    cells = crm.values("win_rate", Grain.MONTH, "region", "product")
    assert len(cells) == len(rows)
    for month, region, product, won, closed in rows:
        seen = cells[str(month)[:10], (("product", str(product)), ("region", str(region)))]
        assert (seen.numerator, seen.denominator) == (won, closed)
    total = crm.values("win_rate", Grain.ALL)["all", ()]
    assert (total.numerator, total.denominator) == (4238, 6711)
    assert total.value == pytest.approx(4238 / 6711, rel=1e-12)


def test_incidents_opened_again(run_case: Callable[[str, datetime], Case], sql: Sql) -> None:
    incidents = run_case("incidents", datetime(2017, 3, 1, tzinfo=UTC))
    rows = sql("""
        with last as (
            select number, max(sys_mod_count::int) as m
            from '{data}/incident_uci/incident_event_log.parquet' group by number
        ), one as (
            select distinct l.number, e.reopen_count::int > 0 as again,
                   split_part(split_part(e.opened_at, ' ', 1), '/', 3) || '-'
                     || lpad(split_part(e.opened_at, '/', 2), 2, '0') || '-01' as month
            from last l join '{data}/incident_uci/incident_event_log.parquet' e
              on e.number = l.number and e.sys_mod_count::int = l.m
        )
        select month, count(*) filter (where again), count(*) from one group by month
    """)
    assert sum(int(str(row[2])) for row in rows) == 24918
    cells = incidents.values("reopen_share", Grain.MONTH)
    for month, again, total in rows:
        seen = cells[str(month), ()]
        assert (seen.numerator, seen.denominator) == (again, total)
    whole = incidents.values("reopen_share", Grain.ALL)["all", ()]
    assert (whole.numerator, whole.denominator) == (sum(int(str(row[1])) for row in rows), 24918)
