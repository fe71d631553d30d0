"""What PostgreSQL alone has, from end to end: `check --data`, `refresh`, `query` and `explain` over it."""

import json

import pytest

from tests.api.cli.shop import lines, put, run
from tests.postgres_server import PASSWORD

DATASET = "dataset: {name}\nsource: crm\ntable: {name}\nkey: id\ntime: {time}\n"
METRIC = "metric: {name}\nlabel: {name}\nleads: sales\nowner: ann\ndirection: none\nkind: aggregate\n"
ORDERS, PLANS = "definitions/datasets/orders.yml", "definitions/datasets/plans.yml"
TABLES = """
create domain pennies as numeric(12, 2);
create domain price as pennies check (value >= 0);
create domain paid as price;
create table orders (id int, at timestamptz, opened time, tags int[], amount paid, salary int);
insert into orders values
  (1, '2026-01-05 10:00+00', '09:00', array[1], 10, 1), (2, '2026-02-03 10:00+00', '10:00', array[2], 20, 2),
  (3, '-infinity', null, null, 40, 3), (4, '0044-03-15 10:00+00 BC', null, null, 80, 4),
  (5, '20260-01-01 10:00+00', null, null, 160, 5), (6, 'infinity', null, null, 320, 6);
create table plans (id int, began date, ended date);
insert into plans values
  (1, '2026-01-05', '2026-01-15'), (2, '2026-01-07', 'infinity'), (3, '2026-02-03', '2026-02-23'),
  (4, '-infinity', '2026-03-01');
create schema elsewhere;
create table elsewhere.visits (id int, at date);
insert into elsewhere.visits values (1, '2026-01-05');
"""


@pytest.fixture
def company(postgres, tmp_path, monkeypatch):
    """A project folder over a database, whose reader is let a table's columns but for `salary`."""
    with postgres.fresh() as server:
        yield from project(server, tmp_path, monkeypatch)


def project(postgres, tmp_path, monkeypatch):
    role = f"reader_{postgres.database}"
    with postgres.connect() as connection:
        connection.execute(TABLES)
        connection.execute(f"create role {role} login password '{PASSWORD}'")
        connection.execute(f"grant select (id, at, opened, tags, amount) on orders to {role}")
        connection.execute(f"grant select on plans to {role}")
        connection.execute(f"grant usage on schema elsewhere to {role}")
        connection.execute(f"grant select on elsewhere.visits to {role}")
    monkeypatch.setenv("READER_PASSWORD", PASSWORD)
    put(tmp_path, "company.yml", "company: Small\ntimezone: UTC\ncurrency: GBP\nstrict: false\n"
        "departments: {sales: {label: Sales}}\n")  # fmt: skip
    url = f"postgresql://{role}:${{READER_PASSWORD}}@127.0.0.1:{postgres.port}/{postgres.database}"
    put(tmp_path, "sources.yml", f'sources: {{crm: {{url: "{url}"}}}}\n')
    put(tmp_path, "datasets/orders.yml", DATASET.format(name="orders", time="at"))
    put(tmp_path, "datasets/plans.yml", DATASET.format(name="plans", time="began"))
    yield tmp_path
    with postgres.connect() as connection:
        connection.execute(f"drop owned by {role}")
        connection.execute(f"drop role {role}")


def metric(root, name, dataset, measure, more=""):
    text = METRIC.format(name=name) + f"dataset: {dataset}\nmeasure: {measure}\ngrains: [month]\n{more}"
    put(root, f"metrics/sales/{name}.yml", text)


@pytest.mark.postgres
def test_times_that_no_calendar_holds_are_told_and_stop_nothing(company):
    metric(company, "revenue", "orders", "sum(amount)")
    metric(company, "length", "plans", "avg(days_between(began, ended))")
    metric(company, "lasting", "plans", "count", "where: ended > began\n")
    done = run(company, "check", "--data")
    cure = "correct the times at their source, or leave them out by `exclude`"
    alone = "in no period, and counted by the grain all alone"
    assert done.exit_code == 0
    assert lines(done.stdout) == [
        f"{ORDERS}:5:7 ancient-rows 2 rows lie before the year 1000, such as id '3': {alone}; {cure}",
        f"{ORDERS}:5:7 future-rows 2 rows lie after now: not counted until then; correct the times, or declare "
        "`planned` what is known beforehand",
        f"{PLANS}:5:7 ancient-rows 1 row lies before the year 1000, such as id '4': {alone}; {cure}",
    ]
    assert run(company, "refresh").exit_code == 0
    assert values(company, "revenue") == {"2026-01": 10, "2026-02": 20}
    # What is open has no length, and lasts.
    assert values(company, "length") == {"2026-01": 10, "2026-02": 20}
    assert values(company, "lasting") == {"2026-01": 2, "2026-02": 1}
    done = run(company, "explain", "revenue")
    assert done.exit_code == 0
    assert "  orders  2 rows lie after now (by at) and count nowhere yet" in lines(done.stdout)
    # Only what the metric may need is asked for: not the salary, which the reader may not see.
    assert "salary" not in done.stdout


@pytest.mark.postgres
def test_what_cannot_be_read_is_told_with_its_column_and_stops_nothing_else(company):
    metric(company, "revenue", "orders", "sum(amount)")
    metric(company, "paid_out", "orders", "sum(salary)")
    metric(company, "tagged", "orders", "count", "where: tags = 1\n")
    metric(company, "late", "orders", "count", "where: opened > '25:00'\n")
    put(company, "datasets/visits.yml", DATASET.format(name="visits", time="at"))
    metric(company, "visited", "visits", "count")
    done = run(company, "check", "--data")
    place = "definitions/metrics/sales"
    grant = (
        "the source's user may not read column 'salary' of dataset 'orders': let it, as by GRANT SELECT (salary) "
        "ON orders"
    )
    none = "no table visits: the search path of the role does not hold it; there is elsewhere.visits"
    array = "operator does not exist: integer[] = bigint"
    clock = "operator does not exist: time without time zone > character varying"
    assert done.exit_code == 1
    assert [line for line in lines(done.stdout) if "-rows" not in line] == [
        f"definitions/datasets/visits.yml:3:8 missing-table {none}",
        f"{place}/late.yml:10:8 refused-metric opened > '25:00' of 'orders' cannot be read ({clock}): opened holds "
        "such as '09:00:00', and is compared as text alone: write cast(opened as text); a refresh fails for late",
        f"{place}/paid_out.yml:8:14 expression-type {grant}",
        f"{place}/tagged.yml:10:8 refused-metric tags = 1 of 'orders' cannot be read ({array}): tags holds such as "
        "'{1}', and is compared as text alone: write cast(tags as text); a refresh fails for tagged",
    ]
    done = run(company, "refresh", "--json")
    assert done.exit_code == 3
    assert {each["metric"]: each["error"] for each in json.loads(done.stdout)["metrics"]} == {
        "revenue": None,
        "late": f"source 'crm': {clock}",
        "paid_out": f"metric 'paid_out': {grant}",
        "tagged": f"source 'crm': {array}",
        "visited": f"source 'crm': {none}",
    }
    # The cures that are named.
    metric(company, "tagged", "orders", "count", "where: cast(tags as text) = '{1}'\n")
    metric(company, "late", "orders", "count", "where: cast(opened as text) > '09:30:00'\n")
    put(company, "datasets/visits.yml", DATASET.format(name="visits", time="at").replace(
        "table: visits", "table: elsewhere.visits"))  # fmt: skip
    run(company, "refresh")
    assert values(company, "tagged") == {"2026-01": 1, "2026-02": 0}
    assert values(company, "late") == {"2026-01": 0, "2026-02": 1}
    assert values(company, "visited") == {"2026-01": 1}


def values(root, name):
    done = run(root, "query", name, "--json")
    assert done.exit_code == 0, done.stderr
    return {each["period_start"][:7]: each["value"] for each in json.loads(done.stdout)}
