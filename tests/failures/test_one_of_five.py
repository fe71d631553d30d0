"""Of five sources one fails: its metrics keep their last good values and say their age; the rest is right."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.cli import main
from api.cli._settings import Settings
from api.project import Project
from metrics.observation import Observation
from metrics.store import Store
from tests.failures.company import CRM, READS, SOURCES, TIMEOUT, Company
from tests.failures.conftest import opened
from tests.failures.network import closed_port
from tests.metrics.live import at, said
from tests.postgres_server import PASSWORD, PostgresServer

pytestmark = pytest.mark.postgres

FIRST, SECOND, THIRD = at("2026-03-01T06:00"), at("2026-04-01T06:00"), at("2026-04-01T07:00")
# Nothing may hang: the timeout, the two seconds for a server that is silent, and a slow machine.
ENOUGH = TIMEOUT + 2 + 60
WORTH_OF_A_LEAD = "metric 'worth_of_a_lead': its input 'leads_in' failed: "
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


@dataclass(frozen=True)
class Way:
    """How a source fails: which metrics, with what error (a pattern), and whether it counts as up."""

    do: Break
    error: str
    metrics: frozenset[str] = frozenset(READS["leads"])
    up: bool = False

    def said_by(self, metric: str) -> str:
        """Return the pattern of a metric's error."""
        return (re.escape(WORTH_OF_A_LEAD) if metric == "worth_of_a_lead" else "") + self.error


SILENT = f"source 'crm': no answer within {TIMEOUT} s"
STUCK = f"source 'crm': the connection fell silent for more than {TIMEOUT} s"
WAYS: Mapping[str, Way] = {
    "refused": Way(
        refuse,
        r"source 'crm': connection failed: connection to server at \"127.0.0.1\", port \d+ failed: "
        "Connection refused",
        frozenset(CRM),
    ),
    "hung": Way(hang, SILENT, frozenset(CRM)),
    "late": Way(answer_late, f"({SILENT}|{STUCK})", frozenset(CRM)),
    "slow": Way(be_slow, SILENT, up=True),
    "schema": Way(change_schema, r"metric '\w+': dataset 'leads' has no column '(at|amount)'", up=True),
    "permission": Way(forbid, "source 'crm': permission denied for table leads", up=True),
    "password": Way(
        change_password,
        r"source 'crm': connection failed: .*password authentication failed.*",
        frozenset(CRM),
    ),
    "mid-stream": Way(cut, "source 'crm': consuming input failed: server closed the connection unexpectedly"),
    "stuck mid-stream": Way(stall, STUCK),
}


def command(company: Company, *arguments: str, now: datetime) -> Result:
    settings = Settings(clock=lambda: now)
    return CliRunner().invoke(main, ["--project", str(company.root), *arguments], obj=settings)


@pytest.fixture(scope="module")
def undisturbed(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Observation]]:
    """Return what every metric says at the second refresh where nothing ever fails."""
    with opened(postgres, tmp_path_factory.mktemp("undisturbed") / "p") as company:
        for days, now in ((59, FIRST), (90, SECOND)):
            company.fill(days)
            assert command(company, "refresh", now=now).exit_code == 0
        with Store.open(company.url) as store:
            return {metric: said(store, metric) for metric in company.catalog.metrics}


@pytest.mark.parametrize("way", WAYS)
def test_the_others_are_right_and_the_last_good_values_stand(
    company: Company,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, list[Observation]],
    way: str,
) -> None:
    how = WAYS[way]
    company.fill(59)
    assert command(company, "refresh", now=FIRST).exit_code == 0
    good = {metric: said(store, metric) for metric in undisturbed}

    company.fill(90)
    how.do(company, monkeypatch)
    started = time.monotonic()
    refreshed = command(company, "refresh", now=SECOND)
    assert time.monotonic() - started < ENOUGH
    assert refreshed.exit_code == 3
    failed = f"{len(how.metrics)} metrics failed:"
    assert failed in refreshed.stdout

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
    _check_surfaces(company, how)

    # As soon as the source answers again, everything is as if nothing had been.
    company.proxy.behave()
    monkeypatch.undo()
    company.fill(90)
    assert command(company, "refresh", now=SECOND).exit_code == 0
    assert {metric: said(store, metric) for metric in undisturbed} == undisturbed
    assert store.source_health()["crm"].up


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
    assert "1 of 2 indicators are stale" in page
    assert "Last refresh failed Stale: 1 Mar 2026" in page
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
