"""Find the modules of a package: one file or folder per implementation, no list to keep."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType


def discover(package: str | ModuleType, main: str | None = None) -> dict[str, ModuleType]:
    """Import every module of a package; return them by short name, sorted, without names in `_`.

    Of a folder, the module `main` in it stands for the whole. An error while a module is imported reaches the
    caller. The modules are imported once; each call returns a new dict.
    """
    return dict(_modules(package if isinstance(package, str) else package.__name__, main))


@cache
def _modules(name: str, main: str | None) -> tuple[tuple[str, ModuleType], ...]:
    found = sorted(pkgutil.iter_modules(import_module(name).__path__), key=lambda module: module.name)
    return tuple(
        (module.name, import_module(f"{name}.{module.name}{f'.{main}' if main and module.ispkg else ''}"))
        for module in found
        if not module.name.startswith("_")
    )
