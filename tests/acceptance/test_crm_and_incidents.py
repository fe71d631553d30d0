"""Win rate and reopened incidents equal SQL that was written for these tests alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from metrics.grain import Grain

from .conftest import Case

pytestmark = pytest.mark.real_data

Sql = Callable[[str], list[tuple[object, ...]]]

PIPELINE = """
    read_csv('{data}/crm_maven/sales_pipeline.csv', all_varchar = true) p
    left join read_csv('{data}/crm_maven/sales_teams.csv', all_varchar = true) t using (sales_agent)
"""


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
