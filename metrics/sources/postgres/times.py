"""Days that no calendar here holds: BC, the year 20260, -infinity. Each stays the text that the server writes."""

from __future__ import annotations

from typing import Any

_TIMES = ("date", "timestamp", "timestamptz")


def read_all_times(connection: Any) -> None:
    """Let a connection of psycopg hand such a time over as a text, where it would fail the whole select."""
    from psycopg import DataError
    from psycopg.adapt import Loader
    from psycopg.pq import Format

    def patient(strict: Any) -> type[Loader]:
        class Patient(Loader):
            """Reads what the driver reads, and leaves the rest as it is."""

            format = Format.TEXT

            def __init__(self, oid: int, context: Any = None) -> None:
                super().__init__(oid, context)
                self._strict = strict(oid, context)

            def load(self, data: Any) -> Any:
                try:
                    return self._strict.load(data)
                except DataError:
                    return bytes(data).decode()

        return Patient

    for name in _TIMES:
        strict = connection.adapters.get_loader(connection.adapters.types[name].oid, Format.TEXT)
        connection.adapters.register_loader(name, patient(strict))
