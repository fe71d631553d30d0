"""What was made of a project, kept for as long as it would be made alike."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from metrics.store.store import Revision

Made = TypeVar("Made")
Other = TypeVar("Other")
MOST = 64


@dataclass(frozen=True)
class Lasting(Generic[Made]):
    """Something as it was made at an instant; `until` is the last at which it still holds, None for ever."""

    value: Made
    made_at: datetime
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether it would be made alike at an instant, of the same definitions and store."""
        return self.made_at <= now and (self.until is None or now <= self.until)

    def made_into(self, make: Callable[[Made], Other]) -> Lasting[Other]:
        """Return what is made of it alone, which holds as long."""
        return Lasting(make(self.value), self.made_at, self.until)


class Memory:
    """What was made of one project's definitions: everything of one revision of its store.

    Definitions that are read again begin a new one. Whoever may see what comes out of it was asked before. What
    was not used for longest goes first.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._revision: Revision | None = None
        self._held: OrderedDict[Hashable, Lasting[Any]] = OrderedDict()

    def get(
        self, key: Hashable, revision: Revision, now: datetime, make: Callable[[], Lasting[Made]]
    ) -> Lasting[Made]:
        """Return what is held under a key where it still holds, else make it and hold it.

        `revision` is that of the store, read before anything that `make` reads: what comes in while it is made
        is then a later one.
        """
        with self._lock:
            held: Lasting[Made] | None = self._held.get(key) if revision == self._revision else None
            if held is not None and held.holds(now):
                self._held.move_to_end(key)
                return held
        made = make()
        with self._lock:
            if revision != self._revision:
                self._revision, self._held = revision, OrderedDict()
            self._held[key] = made
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)
        return made
