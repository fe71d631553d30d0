"""Find the modules of a package: one file per implementation, no list to keep."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType


def discover(package: str | ModuleType) -> dict[str, ModuleType]:
    """Import every module of a package; return them by short name, sorted, without names in `_`.

    An error while a module is imported reaches the caller. The modules are imported once; each call
    returns a new dict.
    """
    return dict(_modules(package if isinstance(package, str) else package.__name__))


@cache
def _modules(name: str) -> tuple[tuple[str, ModuleType], ...]:
    names = sorted(found.name for found in pkgutil.iter_modules(import_module(name).__path__))
    return tuple((short, import_module(f"{name}.{short}")) for short in names if not short.startswith("_"))
