"""Small definitions for tests: the valid base project, with files put in or replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from metrics.check import check
from metrics.definitions import Loaded, build
from metrics.errors import Finding, sort_findings
from metrics.folder import folder_of

CASES = Path(__file__).parent.parent / "cases"


def base_files() -> dict[str, bytes]:
    """Return the files of the base project, by path in its definitions folder."""
    top = CASES / "base" / "definitions"
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in sorted(top.rglob("*.yml"))}


def loaded(files: Mapping[str, str | bytes | None] | None = None) -> Loaded:
    """Load the base project with these files put in, replaced or (None) taken away."""
    whole = base_files()
    for path, text in (files or {}).items():
        if text is None:
            del whole[path]
        else:
            whole[path] = text.encode() if isinstance(text, str) else text
    return build(folder_of(whole))


def edited(path: str, *changes: tuple[str, str]) -> Loaded:
    """Load the base project with texts of one file replaced; each must stand in it."""
    text = base_files()[path].decode()
    for old, new in changes:
        assert old in text, f"{old!r} does not stand in {path}"
        text = text.replace(old, new)
    return loaded({path: text})


def findings(project: Loaded) -> tuple[Finding, ...]:
    """Return everything that is found in a project."""
    return sort_findings((*project.findings, *check(project)))


def listed(project: Loaded) -> list[str]:
    """Return everything that is found in a project, as lines."""
    return [str(found) for found in findings(project)]
