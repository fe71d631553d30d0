"""What is known of a value that is made of others."""

from __future__ import annotations

from metrics.observation import PUBLISHED, Estimate, State

_ORDER = tuple(State)


def joint_state(parts: tuple[Estimate, ...], value: float | None) -> State:
    """Return the state of a value made of others: the first that applies to any of them."""
    state = min((part.state for part in parts), key=_ORDER.index)
    if value is None and state in PUBLISHED:
        return State.NO_DATA
    return state


def least_mature(parts: tuple[Estimate, ...]) -> float | None:
    """Return the least maturity, None where any has none."""
    known = [part.maturity for part in parts if part.maturity is not None]
    return min(known) if len(known) == len(parts) else None
