"""kill -9 while a store is made or brought up to date: whoever opens it next finishes, and nothing is lost."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, inspect, select, table

from metrics.errors import StoreError
from metrics.store import migrations
from metrics.store.database import writing
from metrics.store.store import SourceHealth, Store, Written
from metrics.store.tables import metadata, observation_row, observations, run_row, runs
from tests.crash import victim
from tests.crash.company import now
from tests.crash.conftest import Places
from tests.crash.harness import forked
from tests.crash.held import held
from tests.store_engine import engine_of

PRODUCT = Path(migrations.__file__).parent
FIRST = "v0001_first_tables.py"
HEAVY = '''\
"""Copy every row into a new table, fill a new column, make an index."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "heavy", {head!r}, None, None


def upgrade():
    op.create_table("copies", sa.Column("id", sa.Integer, primary_key=True), sa.Column("run", sa.Text))
    {middle}
    seen, copies = (sa.table(name, sa.column("id"), sa.column("run")) for name in ("observations", "copies"))
    op.execute(copies.insert().from_select(["id", "run"], sa.select(seen.c.id, seen.c.run)))
    op.add_column("sources", sa.Column("more", sa.Text))
    op.execute(sa.update(sa.table("sources", sa.column("more"))).values(more="more"))
    op.create_index("copies_run", "copies", ["run"])
'''
Rows = dict[str, list[str]]


class Steps:
    """The steps of the first version, and the product's with a heavy one behind them."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, middle: str = "pass") -> None:
        self._patch = patch
        self.old, self.new = folder / "old", folder / "new"
        for each in (self.old, self.new):
            shutil.copytree(PRODUCT, each, ignore=shutil.ignore_patterns("__pycache__"))
        for script in (self.old / "versions").glob("v*.py"):
            if script.name != FIRST:
                script.unlink()
        head = ScriptDirectory(str(self.new)).get_current_head()
        (self.new / "versions" / "v9999_heavy.py").write_text(HEAVY.format(head=head, middle=middle))

    def use(self, folder: Path) -> None:
        """Open stores by these steps from now on."""
        self._patch.setattr(migrations, "__file__", str(folder / "__init__.py"))


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(tmp_path / "steps", monkeypatch)


def make_old(url: str, steps: Steps) -> Rows:
    """Make a store as the first version of the program did, with some runs; return all of its rows."""
    steps.use(steps.old)
    with Store.open(url) as store:
        for number in range(1, 4):
            run, seen = victim.batch(number, 60)
            row = run_row(run, Written(len(seen), 0, 0))
            with writing(engine_of(store), run.metric) as connection:
                names = {column["name"] for column in inspect(connection).get_columns("runs")}
                connection.execute(insert(runs), {name: row[name] for name in row if name in names})
                connection.execute(
                    insert(observations), [observation_row(each) | {"run": run.id} for each in seen]
                )
            store.record_source(SourceHealth(f"source {number}", True, now(1), now(1), None, None))
        rows = rows_of(store)
    steps.use(steps.new)
    return rows


def rows_of(store: Store, like: Rows | None = None) -> Rows:
    """Return every row of every table, of the tables and columns that a store of the first version has."""
    found: Rows = {}
    there = inspect(engine_of(store))
    with engine_of(store).connect() as connection:
        for name, declared in metadata.tables.items():
            if f"{name}: columns" not in like if like else not there.has_table(name):
                continue
            wanted = like[f"{name}: columns"] if like else [each["name"] for each in there.get_columns(name)]
            columns = [declared.c[each] for each in sorted(wanted)]
            found[f"{name}: columns"] = [column.name for column in columns]
            found[name] = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
    return found


def wrong_with(url: str, rows: Rows | None) -> list[str]:
    """Open a store; say what is not up to date, and what is not as it was."""
    try:
        with Store.open(url) as store:
            wrong = list(held(store).wrong)
            there = inspect(engine_of(store))
            if [each["name"] for each in there.get_indexes("copies")] != ["copies_run"]:
                wrong.append("the index is not there")
            if there.get_columns("sources")[-1]["name"] != "more":
                wrong.append("the column is not there")
            with engine_of(store).connect() as connection:
                copies = connection.execute(select(func.count()).select_from(table("copies"))).scalar()
            if rows is not None:
                wrong += ["there are other rows"] if rows_of(store, rows) != rows else []
                wrong += ["there are other copies"] if copies != len(rows["observations"]) else []
    except StoreError as error:
        return [str(error)]
    return wrong


@pytest.mark.parametrize(("old", "stride"), [(True, 1), (False, 4)], ids=["an old store", "a new store"])
def test_a_kill_before_a_statement_of_an_upgrade_is_made_good(
    places: Places, steps: Steps, old: bool, stride: int
) -> None:
    first = places.empty()
    rows = make_old(first.url, steps) if old else None
    steps.use(steps.new)
    said: list[str] = []
    while not said or said[-1] != "done":
        place = places.copy(first) if old else places.empty()
        with forked(victim.upgrade, victim.Upgrade(place.url, steps.new, stride * len(said))) as child:
            assert child.hear() == "begun"
            said.append(" ".join(child.hear().split()))
            assert said[-1] == "done" or child.kill()
        place.settle()
        assert wrong_with(place.url, rows) == [], said[-1]
    assert any(each.startswith("CREATE ") for each in said)
    if old:
        # It stopped before every statement of the steps, and before the commit.
        assert ("CREATE INDEX copies_run ON copies (run)" in said, "COMMIT" in said) == (True, True)
        assert any(each.startswith("INSERT INTO copies") for each in said)


def test_a_kill_at_random_instants_of_an_upgrade_is_made_good(places: Places, steps: Steps) -> None:
    first = places.empty()
    rows = make_old(first.url, steps)
    chance, kills, reach = random.Random(20260401), 0, 0.05
    while kills < 5:
        place = places.copy(first)
        with forked(victim.upgrade, victim.Upgrade(place.url, steps.new)) as child:
            assert child.hear() == "begun"
            time.sleep(chance.uniform(0, reach))
            killed = child.kill()
        kills += killed
        reach *= 1.1 if killed else 0.8
        place.settle()
        assert wrong_with(place.url, rows) == []


def test_a_step_that_commits_half_way_is_caught(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It leaves the table, and not the version that says so.
    middle = "op.get_bind().get_transaction().commit(); raise SystemExit(0)"
    steps = Steps(tmp_path / "planted", monkeypatch, middle)
    place = places.empty()
    rows = make_old(place.url, steps)
    with forked(victim.upgrade, victim.Upgrade(place.url, steps.new)) as child:
        assert child.hear() == "begun"
        assert child.ended() == 0
    place.settle()
    assert any("copies" in each for each in wrong_with(place.url, rows))
