"""Of five sources one fails: its metrics keep their last good values and say their age; the rest is right."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from api.app import create_app
from api.cli import main
from api.cli._settings import Settings
from api.project.project import Project
from metrics.observation import Observation
from metrics.store.store import Store
from metrics.store.tables import runs
from tests.failures.company import CRM, READS, SOURCES, TABLES, TIMEOUT, Company
from tests.failures.conftest import opened
from tests.failures.network import closed_port
from tests.metrics.live import at, said
from tests.postgres_server import PASSWORD, PostgresServer
from tests.store_engine import engine_of

pytestmark = pytest.mark.postgres

# When all is well, when a source is first found to fail, when that is known, and when people look.
FIRST, FOUND = at("2026-03-01T06:00"), at("2026-04-01T05:00")
SECOND, THIRD = at("2026-04-01T06:00"), at("2026-04-01T07:00")
Break = Callable[[Company, pytest.MonkeyPatch], None]


def refuse(company: Company, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("CRM_URL", company.crm_url(closed_port()))


def hang(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.proxy.behave(silent=True)


def answer_late(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.proxy.behave(late=1.6)


def be_slow(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.in_crm(
        "alter table leads rename to kept_leads",
        "create view leads as select kept_leads.* from kept_leads, pg_sleep(30)",
        f'grant select on leads to "{company.role}"',
    )


def change_schema(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.in_crm("alter table leads drop column amount", "alter table leads drop column at")


def forbid(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.in_crm(f'revoke select on leads from "{company.role}"')


def change_password(company: Company, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("CRM_URL", company.crm_url().replace(PASSWORD, "wrong-horse"))


def cut(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.proxy.behave(cut=6000)


def stall(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.proxy.behave(stall=6000)


# Files fail in fewer ways.


def remove(source: str) -> Break:
    return lambda company, patch: company.file(source).unlink()


def forbid_file(source: str) -> Break:
    return lambda company, patch: company.file(source).chmod(0)


def cut_file(source: str) -> Break:
    """Leave the first half of a file: for lines of text, the half of a line at its end."""

    def cut(company: Company, patch: pytest.MonkeyPatch) -> None:
        whole = company.file(source).read_bytes()
        half = len(whole) // 2
        company.file(source).write_bytes(whole[: half if source != "sheets" else whole.index(b",", half)])

    return cut


def rename_columns(source: str) -> Break:
    def rename(company: Company, patch: pytest.MonkeyPatch) -> None:
        file, columns = company.file(source), 'id, amount as amounts, channel, "at" as moment'
        with duckdb.connect(str(file) if source == "desk" else ":memory:") as connection:
            if source == "desk":
                connection.execute(f"create or replace table tickets as select {columns} from tickets")
            else:
                form = "csv, header" if source == "sheets" else "parquet"
                connection.execute(f"create table rows as select {columns} from '{file}'")
                connection.execute(f"copy rows to '{file}' (format {form})")

    return rename


def lock(company: Company, patch: pytest.MonkeyPatch) -> None:
    company.write_to("desk")


@dataclass(frozen=True)
class Way:
    """How a source fails: which metrics, with what error (a pattern), and whether it counts as up.

    `connections` is how often a source behind the proxy is turned to in one refresh.
    """

    do: Break
    error: str
    metrics: frozenset[str] = frozenset(READS["leads"])
    up: bool = False
    source: str = "crm"
    connections: int = 1

    def said_by(self, metric: str) -> str:
        """Return the pattern of a metric's error."""
        input_ = {"worth_of_a_lead": "leads_in", "orders_a_visit": "visits_in"}.get(metric)
        start = f"metric '{metric}': its input '{input_}' failed: " if input_ else ""
        return re.escape(start) + self.error


def of_file(source: str, do: Break, error: str) -> Way:
    return Way(do, error, frozenset(READS[TABLES[source]]), source=source, connections=1)


SILENT = f"source 'crm': no answer within {TIMEOUT} s"
NO_COLUMN = r"metric '\w+': dataset '\w+' has no column '(at|amount|channel)'.*"
DENIED = "source '(sheets|events|desk)': .*Permission denied.*"
STUCK = f"source 'crm': the connection fell silent for more than {TIMEOUT} s"
WAYS: Mapping[str, Way] = {
    "refused": Way(
        refuse,
        r"source 'crm': connection failed: connection to server at \"127.0.0.1\", port \d+ failed: "
        "Connection refused",
        frozenset(CRM),
        connections=0,
    ),
    "hung": Way(hang, SILENT, frozenset(CRM)),
    "late": Way(answer_late, f"({SILENT}|{STUCK})", frozenset(CRM)),
    "slow": Way(be_slow, SILENT, up=True),
    "schema": Way(change_schema, r"metric '\w+': dataset 'leads' has no column '(at|amount)'", up=True),
    "permission": Way(
        forbid,
        "source 'crm': permission denied for table leads: let the source's user read it, as by GRANT SELECT ON leads",
        up=True,
    ),
    "password": Way(
        change_password,
        r"source 'crm': connection failed: .*password authentication failed.*",
        frozenset(CRM),
    ),
    "mid-stream": Way(cut, "source 'crm': consuming input failed: server closed the connection unexpectedly"),
    "stuck mid-stream": Way(stall, STUCK),
    "csv: missing": of_file("sheets", remove("sheets"), "source 'sheets': no file matches data/surveys.csv"),
    "csv: schema": of_file("sheets", rename_columns("sheets"), NO_COLUMN),
    "csv: permission": of_file("sheets", forbid_file("sheets"), DENIED),
    "csv: cut off": of_file(
        "sheets",
        cut_file("sheets"),
        r"source 'sheets': line \d+ of surveys\.csv has 1 values, and the first line 4: .*",
    ),
    "parquet: missing": of_file("events", remove("events"), "source 'events': no file matches data/visits.parquet"),
    "parquet: schema": of_file("events", rename_columns("events"), NO_COLUMN),
    "parquet: permission": of_file("events", forbid_file("events"), DENIED),
    "parquet: cut off": of_file("events", cut_file("events"), "source 'events': .*No magic bytes found.*"),
    "duckdb: missing": of_file("desk", remove("desk"), "source 'desk': no file data/desk.duckdb"),
    "duckdb: schema": of_file("desk", rename_columns("desk"), NO_COLUMN),
    "duckdb: permission": of_file("desk", forbid_file("desk"), DENIED),
    "duckdb: cut off": of_file("desk", cut_file("desk"), "source 'desk': .*"),
    "duckdb: locked": of_file("desk", lock, r"source 'desk': IO Error: Could not set lock on file .*\(PID \d+\).*"),
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a command wrote, and how it ended."""

    exit_code: int
    stdout: str


def command(company: Company, *arguments: str, now: datetime) -> Said:
    settings = Settings(clock=lambda: now)
    done = CliRunner().invoke(main, ["--project", str(company.root), *arguments], obj=settings)
    return Said(done.exit_code, done.stdout)


ELSEWHERE = """
import sys
from datetime import datetime
from api.cli import main
from api.cli._settings import Settings

now = datetime.fromisoformat(sys.argv[1])
main(sys.argv[2:], obj=Settings(clock=lambda: now))
"""


def refresh(company: Company, now: datetime) -> Said:
    """Refresh as somebody to whom the modes of files apply: root may read what nobody may."""
    privileged = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    line = [
        *privileged,
        sys.executable,
        "-c",
        ELSEWHERE,
        now.isoformat(),
        "--project",
        str(company.root),
        "refresh",
    ]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout)


def turns(store: Store, started: datetime) -> list[str]:
    """Return the metrics of one refresh in the order in which they were written."""
    asked = select(runs.c.metric).where(runs.c.started_at == started).order_by(runs.c.number)
    with engine_of(store).connect() as connection:
        return list(connection.execute(asked).scalars())


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where `undisturbed` leaves the store of the first refresh: every way to fail starts from it."""
    return tmp_path_factory.mktemp("first") / "store.db"


@pytest.fixture(scope="module")
def undisturbed(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, first: Path
) -> dict[str, list[Observation]]:
    """Return what every metric says at the second refresh where nothing ever fails."""
    with opened(postgres, tmp_path_factory.mktemp("undisturbed") / "p") as company:
        for days, now in ((59, FIRST), (90, SECOND)):
            company.fill(days)
            assert command(company, "refresh", now=now).exit_code == 0
            if now == FIRST:
                shutil.copy2(company.root / ".scorecard" / "store.db", first)
        with Store.open(company.url) as store:
            return {metric: said(store, metric) for metric in company.catalog.metrics}


@pytest.fixture
def store(company: Company, undisturbed: dict[str, list[Observation]], first: Path) -> Iterator[Store]:
    """Return the company's store as the first refresh left it."""
    (company.root / ".scorecard").mkdir()
    shutil.copy2(first, company.root / ".scorecard" / "store.db")
    with Store.open(company.url) as opened:
        yield opened


@pytest.mark.parametrize("way", WAYS)
def test_the_others_are_right_and_the_last_good_values_stand(
    company: Company,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, list[Observation]],
    way: str,
) -> None:
    how = WAYS[way]
    good = {metric: said(store, metric) for metric in undisturbed}

    company.fill(90)
    how.do(company, monkeypatch)
    run = (
        partial(refresh, company)
        if "permission" in way and how.source != "crm"
        else partial(command, company, "refresh")
    )
    already: list[list[str]] = []
    for now in (FOUND, SECOND):
        already.clear()
        before = company.proxy.connections
        company.proxy.heard = partial(lambda moment: already.append(turns(store, moment)), now)
        refreshed = run(now=now)
        assert refreshed.exit_code == 3
        assert f"{len(how.metrics)} metrics failed:" in refreshed.stdout
        # However many metrics need it, a source is turned to once.
        assert company.proxy.connections - before == how.connections

    # Once it is known to fail, all others are written before it is turned to.
    order = turns(store, SECOND)
    others = [metric for metric in undisturbed if metric not in how.metrics]
    assert set(order[: len(others)]) == set(others)
    if how.source == "crm" and not how.up:
        assert all(undisturbed.keys() - CRM <= set(written) for written in already)

    for metric, wanted in undisturbed.items():
        last = store.last_run(metric)
        assert last is not None
        if metric not in how.metrics:
            assert (last.outcome, last.error) == ("ok", None)
            assert said(store, metric) == wanted
            continue
        assert last.outcome == "failed"
        assert re.fullmatch(how.said_by(metric), last.error or ""), last.error
        assert said(store, metric) == good[metric] != wanted
        assert f"{metric}: its last good values stand, computed 31 days ago" in refreshed.stdout
    if how.source == "crm":
        _check_surfaces(company, how)

    # As soon as the source answers again, everything is as if nothing had been.
    company.mend()
    monkeypatch.undo()
    company.fill(90)
    assert command(company, "refresh", now=SECOND).exit_code == 0
    assert {metric: said(store, metric) for metric in undisturbed} == undisturbed
    assert store.source_health()[how.source].up


def _check_surfaces(company: Company, how: Way) -> None:
    """Check what the terminal, the page and /metrics say of a metric that failed and of one that did not."""
    shown = json.loads(command(company, "show", "--json", now=THIRD).stdout)
    objective = shown["perspectives"][0]["objectives"][0]
    failing, fine = objective["indicators"]
    assert (failing["metric"], fine["metric"]) == ("leads_in", "orders_in")
    assert (failing["scored"]["value"], failing["scored"]["period_name"]) == (28.0, "2026-02")
    assert (failing["as_of"], failing["age"]) == (FIRST.isoformat(), (THIRD - FIRST).total_seconds())
    assert (failing["stale"], fine["stale"]) == (True, False)
    assert re.fullmatch(how.said_by("leads_in"), failing["error"])
    assert (fine["scored"]["value"], fine["error"], fine["age"]) == (31.0, None, 3600.0)

    project = Project.open(company.root)
    client = create_app(project, now=lambda: THIRD).test_client()
    page = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", client.get("/").text)))
    assert "1 of 2 figures is old" in page
    assert "Last refresh failed old: data end on 1 Mar" in page
    told = {
        (sample.name, sample.labels.get("source") or sample.labels.get("grain")): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if not sample.labels.get("by")
    }
    assert told["kpi_source_up", "crm"] == (1.0 if how.up else 0.0)
    assert [told["kpi_source_up", name] for name in SOURCES[1:]] == [1.0] * 4
    # A value that is older than the others is served, and never 0.
    assert (told["kpi_leads_in", "month"], told["kpi_orders_in", "month"]) == (28.0, 31.0)
    project.store.close()
