"""The clock of a project: the present, unless the project is a demo that stands still at an instant.

The demo company's data ends on a day; by a running clock all of it would soon be stale. API keys go by the
present everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]

FILE = Path(".scorecard") / "clock"


def present() -> datetime:
    """Return the present as an aware instant."""
    return datetime.now(UTC)


def clock_of(root: Path) -> Clock:
    """Return a project's clock."""
    instant = stopped_at(root)
    return present if instant is None else lambda: instant


def stopped_at(root: Path) -> datetime | None:
    """Return the instant at which a project's clock stands still, None where it runs."""
    try:
        found = datetime.fromisoformat((root / FILE).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def stop(root: Path, instant: datetime) -> None:
    """Let a project's clock stand still at an instant."""
    path = root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(instant.isoformat() + "\n", encoding="utf-8")
