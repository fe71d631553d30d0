"""Kill refreshes at random instants, and hold the store against one that nobody ever killed."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from metrics.store.store import Store
from tests.crash import victim
from tests.crash.company import refresh, show
from tests.crash.held import Held, different, held, torn
from tests.crash.victim import Task

_ANSWER_SECONDS = 60
_PHASES = {victim.IDLE: "between", victim.WRITING: "in a transaction", victim.COMMITTING: "in a commit"}


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.victim"])
    return context


@dataclass
class Child:
    """A process that was forked to be killed."""

    process: Any
    ear: Connection

    def hear(self) -> Any:
        """Return the next thing that it says."""
        assert self.ear.poll(_ANSWER_SECONDS), "the child says nothing"
        return self.ear.recv()

    def kill(self) -> bool:
        """Kill it; tell whether it was still running."""
        self.process.kill()
        return self.ended() == -signal.SIGKILL

    def ended(self) -> int:
        """Wait for its end and return its exit code."""
        self.process.join(_ANSWER_SECONDS)
        code = self.process.exitcode
        assert code in (0, -signal.SIGKILL), f"the child ended with {code}"
        return int(code)


@contextmanager
def forked(target: Callable[..., None], *arguments: Any) -> Iterator[Child]:
    """Run a function of `victim` in a process of its own; its second argument is where it speaks."""
    ear, mouth = _context().Pipe(duplex=False)
    process = _context().Process(target=target, args=(arguments[0], mouth, *arguments[1:]))
    process.start()
    mouth.close()
    try:
        yield Child(process, ear)
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        process.close()
        ear.close()


class Twin:
    """A store of the same company that nobody ever kills; it goes on as far as it is asked to."""

    def __init__(self, folder: Path, states: Path) -> None:
        self._folder = folder
        self._states = states
        self._store = Store.open(f"sqlite:///{folder / 'twin.db'}")
        self._known = [held(self._store)]

    def after(self, number: int) -> Held:
        """Return what the store holds after so many refreshes; after none, it is empty."""
        while len(self._known) <= number:
            show(self._folder, self._states, len(self._known))
            assert refresh(self._store, self._folder, len(self._known)).failed == ()
            self._known.append(held(self._store))
        return self._known[number]

    def close(self) -> None:
        """Close its store."""
        self._store.close()


@dataclass
class Trial:
    """A store of one round that is killed again and again. `settle` waits until the dead hold nothing any more."""

    root: Path
    states: Path
    url: str
    twin: Twin
    settle: Callable[[], None] = lambda: None
    kind: str = "sound"
    chance: random.Random = field(default_factory=lambda: random.Random(20260401))
    done: int = 1
    kills: int = 0
    found: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    reach: float = 0.0

    def measure(self) -> None:
        """Do the next round without a kill, and learn how long a refresh takes."""
        self.next()
        with forked(victim.run, self.task()) as child:
            assert child.hear() == "begun"
            started = time.perf_counter()
            assert child.hear() == "done"
            self.reach = time.perf_counter() - started
            assert child.ended() == 0

    def task(self, hang_at: str | None = None, pass_: int = 0) -> Task:
        """Return the refresh of the round that is now on."""
        return Task(self.root, self.url, self.done, self.kind, hang_at, pass_)

    def next(self) -> None:
        """Begin the next round: the data change."""
        self.done += 1
        show(self.root, self.states, self.done)

    def kill_somewhere(self) -> None:
        """Do the next round: kill its refresh at a random instant, check, refresh to the end, check again."""
        if not self.reach:
            self.measure()
        self.next()
        phase = _context().RawValue("i", victim.IDLE)
        with forked(victim.run, self.task(), phase) as child:
            assert child.hear() == "begun"
            time.sleep(self.chance.uniform(0, self.reach))
            killed = child.kill()
        self.kills += killed
        # Machines are now faster, now slower: most kills shall hit, over the whole of the refresh.
        self.reach *= 1.01 if killed else 0.9
        self.settle()
        if killed:
            self.found[_PHASES[phase.value]] += 1
        self.check_after_kill()
        self.complete()

    def check_after_kill(self) -> None:
        """Note what is torn."""
        with Store.open(self.url) as store:
            self.note(torn(held(store), self.twin.after(self.done - 1), self.twin.after(self.done)))

    def complete(self) -> None:
        """Refresh to the end, and note what differs from the store that nobody killed."""
        with victim.STORES[self.kind].open(self.url) as store:
            assert refresh(store, self.root, self.done).failed == ()
            self.note(different(held(store), self.twin.after(self.done)))

    def note(self, wrong: Iterable[str]) -> None:
        self.faults += [f"round {self.done}: {line}" for line in wrong]
