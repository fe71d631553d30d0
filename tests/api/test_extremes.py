"""What stands at the edge of what can be said: it is refused or answered, and never a fault of the server."""

import pytest

from api.app import create_app
from api.auth import Keys, Scope
from api.prometheus.remote_read.instants import TooMany, sampling
from api.prometheus.remote_read.wire import Asked
from metrics.errors import BadPeriod, StoreAway, StoreFull
from metrics.grain import Calendar
from metrics.store import database, room
from metrics.store.store import Store
from tests.api.northwind import NOW

LEAST, MOST = -(1 << 63), (1 << 63) - 1
PERIODS = ["9999-Q4", "9999-12", "9999-12-31", "9999", "0001-01", "0001-01-01", "0001-W01", "9999-W52", "FY0001",
           "FY9999-Q4", "8999", "1000"]  # fmt: skip
WITH_PERIOD = [
    "/?period={}",
    "/api/v1/scorecards/joint?period={}",
    "/api/v1/flat/scorecard?period={}",
    "/api/v1/metrics/revenue/history?grain=quarter&period={}",
    "/api/v1/metrics/revenue/changes?period={}",
    "/api/v1/metrics/revenue/changes?against={}",
]


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("address", WITH_PERIOD)
def test_periods_at_the_ends_of_time_are_refused(client, address, period):
    answer = client.get(address.format(period))
    assert answer.status_code == 400
    assert answer.json["detail"] == f"{period!r} lies outside of the years 1001 to 8998"


@pytest.mark.parametrize("period", ["0000", "0000-01", "FY0000", "9999-13", "2026-W54"])
def test_what_names_no_period_is_told_how_one_is_written(client, period):
    answer = client.get(f"/api/v1/scorecards/joint?period={period}")
    assert answer.status_code == 400
    assert answer.json["detail"].startswith(f"{period!r} is not a period: write 2026-03-01")


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Adak"])
@pytest.mark.parametrize(
    "text", ["1001", "8998", "1001-W01", "8998-Q4", "1001-01-01", "8998-12-31", "FY1002"]
)
def test_periods_within_them_have_neighbours_and_instants(zone, text):
    calendar = Calendar(zone, week_starts=6, fiscal_year_starts=10)
    period = calendar.parse(text)
    assert calendar.bounds(period) is not None
    assert calendar.next(calendar.previous(period)) == period
    assert calendar.parse(calendar.name(period)) == period
    with pytest.raises(BadPeriod, match="lies outside of the years 1001 to 8998"):
        calendar.parse("9999")


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59.999999-12:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00%2B14:00"]
)
def test_no_instant_is_known_beyond_the_ends_of_time(client, text):
    answer = client.get(f"/api/v1/metrics/revenue/observations?as_known={text}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["detail"].endswith("is not a day or an instant (ISO 8601).")


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z"])
def test_all_is_known_at_the_end_of_time(client, text):
    assert client.get(f"/api/v1/metrics/revenue/observations?as_known={text}").status_code == 200


@pytest.mark.parametrize("start", [LEAST, -1, MOST, 0])
@pytest.mark.parametrize("end", [LEAST, MOST])
@pytest.mark.parametrize(
    ("step", "range_"), [(0, 0), (MOST, 0), (LEAST, LEAST), (0, MOST), (1 << 61, 1 << 61)]
)
def test_remote_read_from_the_least_to_the_greatest_number(start, end, step, range_):
    try:
        found = sampling(Asked(start, end, (), step, range_))
    except TooMany as error:
        # All of time in days is more than is answered at once, whoever asks for it.
        if not (start <= 0 <= end and range_ > 0):
            raise AssertionError("what is asked for is little") from error
        return
    assert len(found.stamps) <= 4
    assert all(start <= stamp <= end for stamp in found.stamps.tolist())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stored(request, fresh):
    """Return the project with its store on either engine."""
    if request.param == "sqlite":
        yield fresh
        return
    from dataclasses import replace

    from tests.store_engine import postgres_url

    with postgres_url(request.getfixturevalue("postgres")) as url, Store.open(url) as store:
        yield replace(fresh, store=store)


@pytest.mark.parametrize(
    "header",
    ["Bearer sc_\x00_x", "Bearer sc_1f0a9c22d4_\x00", "Basic eDpzY18AX3g=", "Bearer \xff\xfe", "Bearer", "Basic \xe9"],
)  # fmt: skip
def test_credentials_of_any_bytes_are_wrong_ones(stored, header):
    client = create_app(stored, now=lambda: NOW, anonymous=False).test_client()
    assert client.get("/", headers={"Authorization": header}).status_code == 401


def test_a_store_that_is_away_is_told(fresh, monkeypatch, caplog):
    client = create_app(fresh, now=lambda: NOW).test_client()

    def away(*_, **__):
        raise StoreAway("the store /secret/store.db: unable to open database file")

    monkeypatch.setattr(Store, "last_run", away)
    answer = client.get("/api/v1/metrics/revenue")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json["detail"] == "The store cannot be reached now: the server's log says why."
    assert "/secret/store.db" in caplog.text


@pytest.mark.postgres
def test_a_server_that_is_gone_is_a_store_that_is_away():
    with pytest.raises(StoreAway, match="connection failed"):
        Store.open("postgresql://nobody@127.0.0.1:1/none")


def test_a_file_that_is_no_store_is_a_store_that_is_away(tmp_path):
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        for name in tmp_path.iterdir():
            name.unlink()
        file.write_bytes(b"no database" * 1000)
        store.close()
        with pytest.raises(StoreAway, match="is not a SQLite database"):
            store.last_refresh()


FULL = {
    "type": "about:blank",
    "title": "Insufficient Storage",
    "status": 507,
    "detail": "The disk of the store is full: what was found cannot be written. Make room, and refresh again.",
}


def test_a_full_disk_refuses_a_refresh_before_it_begins(fresh, monkeypatch):
    _, text = Keys(fresh.store).create("operator", [Scope.ADMIN], NOW)
    from api.refresh.starter import RefreshStarter

    starter = RefreshStarter(lambda: pytest.fail("it began"), fresh.root / "lock")
    client = create_app(fresh, now=lambda: NOW, refresh=starter).test_client()

    def full(_):
        raise StoreFull("the store /secret/store.db: the disk is full")

    monkeypatch.setattr("metrics.store.store.require_writable", full)
    answer = client.post("/api/v1/refresh", headers={"Authorization": f"Bearer {text}"})
    assert answer.json == FULL


def test_what_the_last_refresh_met_is_told_until_one_has_room(fresh):
    client = create_app(fresh, now=lambda: NOW).test_client()
    mark = room.FullMark(fresh.root / ".scorecard")
    (fresh.root / ".scorecard").mkdir(exist_ok=True)
    with pytest.raises(StoreFull), mark.kept():
        raise StoreFull("the store: the disk is full")
    assert client.get("/api/v1/refresh").json == FULL
    with mark.kept() as met:
        met.append(StoreFull("one metric found no room"))
    assert client.get("/api/v1/refresh").json == FULL
    with mark.kept():
        pass
    assert client.get("/api/v1/refresh").status_code == 200


def test_a_disk_without_a_mebibyte_is_full(tmp_path, monkeypatch):
    usage = room.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: usage._replace(free=room.LEAST_BYTES - 1))
    with (
        Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store,
        pytest.raises(StoreFull, match="the disk is full"),
    ):
        store.require_room()


@pytest.mark.postgres
def test_a_server_that_cannot_write_a_key_has_no_room(postgres):
    from sqlalchemy import DDL

    from tests.store_engine import engine_of, postgres_url

    refusing = (
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER full_disk BEFORE UPDATE ON api_keys EXECUTE FUNCTION full_disk()",
    )
    with postgres_url(postgres) as url, Store.open(url) as store:
        Keys(store).create("operator", [Scope.ADMIN], NOW)
        store.require_room()
        with database.writing(engine_of(store), "trigger") as connection:
            for statement in refusing:
                connection.execute(DDL(statement))
        with pytest.raises(StoreFull, match=r"the server's disk is full \(could not extend file\)"):
            store.require_room()
