"""Where files may be read: in the folder of the project, and in folders that it names besides."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_OUTSIDE = "outside of the project folder: name that folder under roots: in sources.yml, or with --root"


@dataclass(frozen=True)
class FileRoots:
    """The folder of a project, and the others that files are read in; relative ones start at the project's."""

    home: Path
    more: tuple[str, ...] = ()

    @cached_property
    def _written(self) -> tuple[Path, ...]:
        return tuple(self._joined(each) for each in (".", *self.more))

    @cached_property
    def _resolved(self) -> tuple[Path, ...]:
        return tuple(folder.resolve() for folder in self._written)

    def _joined(self, path: str) -> Path:
        # `..` is taken off before links are followed, as it is by whoever reads the definition.
        return Path(os.path.normpath(self.home.absolute() / path))

    def refusal(self, path: str) -> str | None:
        """Return why a path or pattern is not read as it is written; None where it may be."""
        if _ADDRESS.match(path):
            return f"{path!r} is an address: only files of this machine are read"
        joined = self._joined(path)
        if any(joined.is_relative_to(folder) for folder in (*self._written, *self._resolved)):
            return None
        return f"{path!r} lies {_OUTSIDE}"

    def holds(self, path: Path) -> bool:
        """Tell whether a file, its links followed, lies where files may be read."""
        target = path.resolve()
        return any(target.is_relative_to(folder) for folder in self._resolved)

    def misled(self, path: Path, shown: str) -> str | None:
        """Return why a file is not read whose links lead elsewhere; None where it may be."""
        return None if self.holds(path) else f"{shown!r} is a link to a file {_OUTSIDE}"
