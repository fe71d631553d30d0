"""A store of any older version opens with all that it holds, and so does a backup of one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Text, column, insert, inspect, select, table

from metrics.errors import StoreError
from metrics.store import migrations
from metrics.store.backup import back_up, restore
from metrics.store.database import writing
from metrics.store.migrations import VERSION_TABLE
from metrics.store.store import Run, Store, Written
from metrics.store.tables import observation_row, observations, run_row, runs
from tests.metrics.store.test_store import CUTS, NOON, run, seen, url  # noqa: F401  (fixture)
from tests.store_engine import engine_of

PRODUCT = Path(migrations.__file__).parent
REVISIONS = sorted(path.stem[1:5] for path in (PRODUCT / "versions").glob("v*.py"))
# No text that the program writes: what is stored must be kept as it is, not read and written again.
DIAGNOSTICS = '{ "fit": {"bg_nbd": {"r": 2.4260e-1, "customers": 2357}},\n "excluded": {"\\u00e9": 0} }'
TOLD = {"fit": {"bg_nbd": {"r": 0.2426, "customers": 2357}}, "excluded": {"é": 0}}

Make = Callable[[str, str], Run]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return what makes a store as the program did at a revision, with one run; the run is returned."""

    def made(url: str, revision: str) -> Run:  # noqa: F811
        steps = tmp_path / f"steps up to {revision}"
        shutil.copytree(PRODUCT, steps, ignore=shutil.ignore_patterns("__pycache__"))
        for script in (steps / "versions").glob("v*.py"):
            if script.stem[1:5] > revision:
                script.unlink()
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "__file__", str(steps / "__init__.py"))
            with Store.open(url) as store:
                return _plant(store)

    return made


def _plant(store: Store) -> Run:
    """Write a run and its observation into whatever columns there are."""
    names = {each["name"] for each in inspect(engine_of(store)).get_columns("runs")}
    kept = names & {"beside", "diagnostics"}
    of = run()
    typed = [column(each.name, each.type) for each in runs.c if each.name in names - kept]
    row: dict[str, Any] = {
        name: cell for name, cell in run_row(of, Written(1, 0, 0)).items() if name in names
    }
    old = table("runs", *typed, *(column(name, Text) for name in kept))
    with writing(engine_of(store), of.metric) as connection:
        connection.execute(insert(old), row | dict.fromkeys(kept, DIAGNOSTICS))
        connection.execute(insert(observations), observation_row(seen(of, 3.0)) | {"run": of.id})
    return replace(of, cuts=tuple(tuple(sorted(cut)) for cut in CUTS), diagnostics=TOLD if kept else {})


def _raw(store: Store) -> str | None:
    """Return the text that lies in the database."""
    with engine_of(store).connect() as connection:
        found: str | None = connection.execute(
            select(column("diagnostics", Text)).select_from(runs)
        ).scalar_one()
    return found


def _holds(url: str, of: Run) -> None:  # noqa: F811
    """Open a store; it is of this version, holds the run as it was written, and goes on."""
    with Store.open(url) as store:
        with engine_of(store).connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            assert context.get_current_revision() == REVISIONS[-1]
        assert store.last_success("leads") == of
        assert _raw(store) == (DIAGNOSTICS if of.diagnostics else None)
        assert [old.value for old in store.latest("leads")] == [3.0]
        with (
            pytest.raises(StoreError, match=r"runs are only added to$"),
            engine_of(store).begin() as connection,
        ):
            connection.execute(runs.update().values(diagnostics={"a": 1}))
        later = replace(run(), diagnostics={"excluded": {"spam": 3}})
        assert later.started_at > NOON
        assert store.write(later, [seen(later, 4.0)]).written == 1
        found = store.last_success("leads")
        assert found is not None
        assert found.diagnostics == {"excluded": {"spam": 3}}


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_of_an_older_version_opens_as_it_was_left(make: Make, url: str, revision: str) -> None:  # noqa: F811
    _holds(url, make(url, revision))


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_backup_of_an_older_version_is_restored(make: Make, tmp_path: Path, revision: str) -> None:
    old, now = f"sqlite:///{tmp_path / 'old.db'}", f"sqlite:///{tmp_path / 'now' / 'store.db'}"
    of = make(old, revision)
    assert back_up(old, tmp_path / "a.bak").revision == revision
    with Store.open(now) as store:
        other = run(metric="deals")
        store.write(other, [seen(other, 7.0)])
    restored = restore(now, tmp_path / "a.bak", tmp_path / "refresh.lock", NOON)
    assert (restored.contents.revision, restored.contents.runs, restored.contents.observations) == (
        revision,
        1,
        1,
    )
    _holds(now, of)
