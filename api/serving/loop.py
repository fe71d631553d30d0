"""The loop over connections: it looks only at those on which something can happen."""

from __future__ import annotations

import selectors
from typing import Any

from waitress import wasyncore


class Places(dict[int, Any]):
    """What the loop watches, by file descriptor.

    waitress' own loop asks every connection at every turn what it waits for, so that five hundred idle ones make
    each answer wait. Here the system remembers it; asked again is whom something happened to, and who is restless:
    at work, or about to be closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._changed: set[int] = set()

    def __setitem__(self, place: int, watched: Any) -> None:
        super().__setitem__(place, watched)
        self._changed.add(place)

    def __delitem__(self, place: int) -> None:
        super().__delitem__(place)
        self._changed.discard(place)
        if place in self._selector.get_map():
            self._selector.unregister(place)

    def turn(self, seconds: float) -> None:
        """Wait until something happens, or for so long, and do what is to be done."""
        for place in tuple(self._changed):
            self._ask(place)
        for key, events in self._selector.select(seconds):
            watched = self.get(key.fd)
            if watched is not None and events & selectors.EVENT_READ:
                wasyncore.read(watched)
            # It may have been closed, and another have come in its place.
            if watched is not None and events & selectors.EVENT_WRITE and self.get(key.fd) is watched:
                wasyncore.write(watched)
            if key.fd in self:
                self._changed.add(key.fd)

    def ask_again(self, place: int) -> None:
        """Ask what is watched there again what it waits for: a deadline may have passed."""
        if place in self:
            self._changed.add(place)

    def _ask(self, place: int) -> None:
        watched = self[place]
        # In this order: once nobody is at work for it, what it waits for is not changed by another thread.
        if not getattr(watched, "restless", True):
            self._changed.discard(place)
        wanted = selectors.EVENT_READ if watched.readable() else 0
        if watched.writable() and not watched.accepting:
            wanted |= selectors.EVENT_WRITE
        known = self._selector.get_map().get(place)
        if known is None and wanted:
            self._selector.register(place, wanted)
        elif known is not None and not wanted:
            self._selector.unregister(place)
        elif known is not None and known.events != wanted:
            self._selector.modify(place, wanted)
