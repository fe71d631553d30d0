"""Kill a refresh with SIGKILL at 1,000 random instants, on either store, and count what is lost or doubled.

`python -m benchmarks.crash [kills [engine]]`. The tests do the same 20 times; this is the same harness. A planted store
that commits one observation at a time goes through it too, and must be caught.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from metrics.store.store import Store
from tests.crash.company import fill, refresh, show
from tests.crash.conftest import alone
from tests.crash.harness import Trial, Twin
from tests.postgres_server import PostgresServer, binaries, running

KILLS = 1000
ROUNDS = 10
"""After so many rounds a new store is begun, so that what is compared stays short."""

Place = Callable[[Path], "Iterator[tuple[str, Callable[[], None]]]"]


def main() -> None:
    """Kill, and print one line for each store."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    programs = binaries()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "states")
        (folder / "twin").mkdir()
        twin = Twin(folder / "twin", folder / "states")
        with running(programs) if programs else nullcontext() as server:
            places = {"SQLite": _files, **({"PostgreSQL": _databases(server)} if server else {})}
            for engine, place in places.items():
                if len(sys.argv) > 2 and sys.argv[2] != engine.lower():
                    continue
                _measure(engine, place, twin, folder, "sound", kills)
                _measure(engine, place, twin, folder, "one by one", min(kills, 50))
        twin.close()


def _measure(engine: str, place: Place, twin: Twin, folder: Path, kind: str, kills: int) -> None:
    chance = random.Random(20260401)
    trials: list[Trial] = []
    started = time.perf_counter()
    while sum(trial.kills for trial in trials) < kills:
        root = folder / f"{engine} {kind} {len(trials)}"
        root.mkdir()
        with contextmanager(place)(root) as (url, settle):
            show(root / "p", folder / "states", 1)
            with Store.open(url) as store:
                assert refresh(store, root / "p", 1).failed == ()
            trial = Trial(root / "p", folder / "states", url, twin, settle, kind, chance)
            trial.reach = trials[-1].reach if trials else 0.0
            trials.append(trial)
            while trial.done < ROUNDS and sum(each.kills for each in trials) < kills:
                trial.kill_somewhere()
    found = sum((trial.found for trial in trials), trials[0].found.__class__())
    where = ", ".join(f"{number} {name}" for name, number in found.most_common())
    faults = [fault for trial in trials for fault in trial.faults]
    seen = len({(index, fault.split(":")[0]) for index, each in enumerate(trials) for fault in each.faults})
    print(
        f"{engine}, {kind}: {sum(found.values())} kills ({where}) in {time.perf_counter() - started:.0f} s: "
        f"{len(faults)} faults in {seen} rounds"
    )
    for fault in faults[:3]:
        print(f"    {fault}")


def _files(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    yield f"sqlite:///{folder / 'store.db'}", lambda: None


def _databases(server: PostgresServer) -> Place:
    def make(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
        with server.fresh() as database:
            yield database.url, lambda: alone(database)

    return make


if __name__ == "__main__":
    main()
