"""What is known of a value that is made of others."""

from __future__ import annotations

from math import isclose

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


def mature_together(parts: tuple[Estimate, ...]) -> bool:
    """Tell whether parts have come equally far: what is made of others estimates its final value only then."""
    shares = [1.0 if part.state in PUBLISHED else part.maturity for part in parts]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return not known
    return all(isclose(share, known[0], rel_tol=1e-9, abs_tol=1e-12) for share in known)
