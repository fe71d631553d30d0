"""How people and machines reach the scorecard: pages, HTTP API, `/metrics`, command line.

`create_app` is imported when it is first asked for, so that the command line starts without Flask.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("api.app"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
