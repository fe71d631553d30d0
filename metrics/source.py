"""A source is a system that is read: it lists a dataset's columns and runs selects, nothing else."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.columns import Columns
from metrics.dialect import Dialect, Type
from metrics.errors import ExtraMissing, SecretMissing, SourceError, SourceRejected
from metrics.file_roots import FileRoots
from metrics.registry import discover

_SECRET = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class ColumnSpec:
    """A column as the source holds it; `naive` marks a timestamp without a zone."""

    type: Type
    naive: bool = False


class Source(ABC):
    """One open source. Every method raises SourceError, transient or permanent, and nothing foreign."""

    name: str
    dialect: Dialect
    secrets: tuple[tuple[str, str], ...] = ()
    """What stood in the URL for which reference; no message may hold it."""

    def clean(self, message: str) -> str:
        """Return a message with every secret replaced by its reference."""
        return without_secrets(message, self.secrets)

    @abstractmethod
    def table(self, dataset: Dataset) -> sa.FromClause:
        """Return the raw rows of a dataset's table or files."""

    @abstractmethod
    def columns(self, dataset: Dataset) -> Mapping[str, ColumnSpec]:
        """Return the columns of a dataset's table or files."""

    @abstractmethod
    def fetch(self, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> Columns:
        """Run a select and return its columns."""

    @abstractmethod
    def compiled(self, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> str:
        """Return the SQL of a select as this engine gets it, values in place, for people to read."""

    def withheld(self, dataset: Dataset) -> frozenset[str]:
        """Return the columns of a dataset that the source's user may not read."""
        return frozenset()

    @abstractmethod
    def close(self) -> None:
        """Release the connection."""


Opener = Callable[[SourceDefinition, str, FileRoots, Sequence[Dataset]], Source]


def open_source(definition: SourceDefinition, roots: FileRoots, datasets: Sequence[Dataset]) -> Source:
    """Open a source; what it reads of files lies under `roots`, and relative paths start at their home.

    Raises SecretMissing, SourceRejected for a URL that no source understands, SourceUnavailable and
    SourceMissing where it cannot be opened, ExtraMissing where a driver is not installed.
    """
    url, secrets = resolve_secrets(definition, roots.home)
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError:
        raise SourceRejected(definition.name, "its url is not a SQLAlchemy URL") from None
    openers: dict[str, Opener] = {
        name: module.open_source
        for module in discover("metrics.sources", "source").values()
        for name in module.BACKENDS
    }
    if backend not in openers:
        known, kind = ", ".join(sorted(openers)), without_secrets(backend, secrets)
        raise SourceRejected(definition.name, f"{kind} is not a known kind of source; known: {known}")
    try:
        source = openers[backend](definition, url, roots, datasets)
    except ImportError as error:
        raise ExtraMissing(error.name or backend, backend) from error
    except SourceError as error:
        cleaned = without_secrets(error.message, secrets)
        raise type(error)(definition.name, cleaned) from None
    source.secrets = secrets
    return source


def resolve_secrets(definition: SourceDefinition, root: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Put the values of `${ENV}` and `${file:path}` into a source's URL; raise SecretMissing.

    Returns the URL, and each secret with its reference.
    """
    secrets: list[tuple[str, str]] = []

    def value_of(match: re.Match[str]) -> str:
        reference = match[1]
        if reference.startswith("file:"):
            try:
                value = (root / reference.removeprefix("file:")).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise SecretMissing(definition.name, match[0]) from None
        else:
            value = os.environ.get(reference, "")
        if not value:
            raise SecretMissing(definition.name, match[0])
        secrets.append((value, match[0]))
        return value

    return _SECRET.sub(value_of, definition.url), tuple(secrets)


def without_secrets(message: str, secrets: tuple[tuple[str, str], ...]) -> str:
    """Return a message with every secret replaced by its reference, the longest first."""
    for value, reference in sorted(secrets, key=lambda pair: -len(pair[0])):
        message = message.replace(value, reference)
    return message
