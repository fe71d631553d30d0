"""`/api/v1/refresh`: compute everything anew, one refresh at a time."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from api.context import current, project
from api.problem import FULL, Problem
from api.v1.endpoint import endpoint
from api.v1.schemas import RefreshSchema

blueprint = Blueprint(
    "refresh", __name__, url_prefix="/api/v1/refresh", description="Compute everything anew"
)


@endpoint(blueprint, "", RefreshSchema, fails=(507,))
def get_refresh() -> Any:
    """Say whether a refresh runs, and how the last one ended.

    507 where the last one found the disk of the store full; what it had written before stands.
    """
    starter = current().refresh
    if project().short_of_room:
        raise Problem(507, FULL)
    return _state(starter is not None and starter.running)


@endpoint(
    blueprint, "", RefreshSchema, method="POST", status=202, fails=(409, 507),
    description="The refresh has begun; ask again with GET",
)  # fmt: skip
def start_refresh() -> Any:
    """Begin a refresh.

    Needs an API key with the scope admin, also on this machine. 409 while another refresh runs.
    """
    starter = current().refresh
    if starter is None:
        raise Problem(409, "This server does not refresh: run `scorecard refresh`.")
    project().store.require_room()
    # A store that cannot be read is said here, not in the log of a refresh in the background.
    project().store.last_refresh()
    if not starter.start():
        raise Problem(409, "Another refresh is running.")
    return _state(True)


def _state(running: bool) -> dict[str, Any]:
    last = project().store.last_refresh()
    return {
        "running": running,
        "started_at": last.started_at if last else None,
        "finished_at": last.finished_at if last else None,
        "ok": last.ok if last else None,
        "failed": last.failed if last else None,
    }
