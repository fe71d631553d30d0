"""Read a definitions folder once: every file's document, and what is wrong with the files themselves.

Codes: definitions-missing, unknown-file, duplicate-file, file-link, unread-folder, too-many-files, and
those of `metrics.loading.yaml`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from metrics.errors import Finding, Level, Position, sort_findings, suggest
from metrics.loading.yaml import Node, read_bytes, read_content

NAME = "definitions"
MAX_FILES = 5_000

Reader = Callable[[str], bytes | None]
"""Read a file by its path from the project folder; None where there is none."""
TOP_FILES = ("company", "journey", "sources", "identities")
_LAYOUT = re.compile(r"(datasets/[^/]+|metrics/[^/]+/[^/]+|scorecards/[^/]+)")
_FOLDERS = ("datasets", "metrics", "scorecards")
_WHERE = {
    "datasets": "datasets/<dataset>.yml",
    "metrics": "metrics/<domain>/<metric>.yml",
    "scorecards": "scorecards/<scorecard>.yml",
}
_YAML = (".yml", ".yaml")
_COMPANIONS = (".md", ".csv")  # read by people, and by business calendars


@dataclass(frozen=True)
class Folder:
    """The documents of a definitions folder, by path in it without the ending: `datasets/leads`.

    A document that cannot be read to its end is in `broken` instead. `spoiled` are the places that a
    finding of the YAML reader names: whatever stands there was not meant so. `files` are the texts that the
    documents were read from, by path in the folder; `beside` reads the files that documents name. `home` is the
    project's folder, `roots` are folders that rows may lie in whatever the documents say.
    """

    documents: Mapping[str, Node] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    beside: Reader = field(default=lambda _: None, compare=False, repr=False)
    home: Path = field(default=Path(), compare=False)
    roots: tuple[str, ...] = ()

    @property
    def spoiled(self) -> frozenset[Position]:
        """Return the places that have a finding already."""
        return frozenset(found.position for found in self.findings)

    def under(self, folder: str) -> Iterator[tuple[str, Node]]:
        """Yield the path and the document of every file in a folder, in order."""
        prefix = f"{folder}/"
        return ((path, self.documents[path]) for path in sorted(self.documents) if path.startswith(prefix))

    def broken_under(self, folder: str) -> frozenset[str]:
        """Return the names of the files in a folder that cannot be read."""
        prefix = f"{folder}/"
        return frozenset(stem(path) for path in self.broken if path.startswith(prefix))


def stem(path: str) -> str:
    """Return the last part of a document's path: the name that its file bears."""
    return path.rpartition("/")[2]


def read_folder(root: Path, roots: tuple[str, ...] = ()) -> Folder:
    """Read `definitions` in a project folder; findings name files by their path from the project."""
    top = root / NAME
    if not top.is_dir():
        message = "the folder is missing: write definitions/company.yml, or name the project with --project"
        return Folder(findings=(Finding(Position(NAME, 1, 1), "definitions-missing", message),), home=root)
    paths, findings = _files(top)
    reading = _Reading()
    for path in paths:
        relative = path.relative_to(top).as_posix()
        if reading.wants(relative):
            reading.read(relative, *read_content(path, root))
    return replace(reading.folder(findings), beside=lambda path: _beside(root, path), home=root, roots=roots)


def folder_of(files: Mapping[str, bytes], beside: Reader | None = None, home: Path = Path()) -> Folder:
    """Return the folder that holds these files, by path in `definitions`: a state of a git history.

    `beside` reads other files of that state; without it the files themselves are all there is. `home` is where
    the project lies, in whose working tree rows are read.
    """
    reading = _Reading()
    for relative in sorted(files):
        if reading.wants(relative):
            reading.read(relative, files[relative])
    own = {f"{NAME}/{relative}": content for relative, content in files.items()}
    return replace(reading.folder([]), beside=beside or own.get, home=home)


def _beside(root: Path, path: str) -> bytes | None:
    """Read a file of a project; nothing is read outside of the project folder."""
    home, target = root.resolve(), (root / path).resolve()
    try:
        return target.read_bytes() if target.is_relative_to(home) and target.is_file() else None
    except OSError:
        return None


class _Reading:
    """Collect documents file by file."""

    def __init__(self) -> None:
        self.documents: dict[str, Node] = {}
        self.broken: set[str] = set()
        self.findings: list[Finding] = []
        self.endings: dict[str, str] = {}
        self.files: dict[str, bytes] = {}

    def wants(self, relative: str) -> bool:
        """Tell whether a file is one of the layout's; note it where it is not."""
        path = PurePosixPath(relative)
        name = path.with_suffix("").as_posix()
        if path.suffix not in _YAML:
            if path.suffix not in _COMPANIONS:
                message = "the file is not read: definitions end in .yml"
                self.note(relative, "unknown-file", message, Level.ADVICE)
            return False
        if name not in TOP_FILES and not _LAYOUT.fullmatch(name):
            self.note(relative, "unknown-file", _misplaced(name))
            return False
        if name in self.endings:
            other = f"{stem(name)}{self.endings[name]}"
            self.note(relative, "duplicate-file", f"{other} stands beside it: keep one")
            return False
        self.endings[name] = path.suffix
        return True

    def read(self, relative: str, content: bytes | None, problem: Finding | None = None) -> None:
        name = PurePosixPath(relative).with_suffix("").as_posix()
        node = None
        if content is not None:
            self.files[relative] = content
            node, findings = read_bytes(content, f"{NAME}/{relative}")
            self.findings.extend(findings)
        elif problem is not None:
            self.findings.append(problem)
        if node is None:
            self.broken.add(name)
        else:
            self.documents[name] = node

    def note(self, relative: str, code: str, message: str, level: Level = Level.ERROR) -> None:
        self.findings.append(Finding(Position(f"{NAME}/{relative}", 1, 1), code, message, level))

    def folder(self, findings: list[Finding]) -> Folder:
        told = sort_findings([*findings, *self.findings])
        return Folder(self.documents, frozenset(self.broken), told, self.files)


def _misplaced(name: str) -> str:
    """Return what is wrong with the place of a file."""
    first, _, rest = name.partition("/")
    if first in _FOLDERS:
        return f"no file is read here: write {_WHERE[first]}"
    if rest:
        return f"no folder is called {first!r}{suggest(first, _FOLDERS)}: there are {', '.join(_FOLDERS)}"
    return f"no file is called {first!r}{suggest(first, TOP_FILES)}: there are {', '.join(TOP_FILES)}"


def _files(top: Path) -> tuple[list[Path], list[Finding]]:
    """List the files of a folder in order, hidden ones left out; refuse links that lead outside."""
    home = top.resolve()
    paths: list[Path] = []
    findings: list[Finding] = []
    unread: list[OSError] = []
    linked = "a link to a folder is not followed: put the folder itself here"
    for at, folders, names in os.walk(top, onerror=unread.append):
        here = Path(at)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        links = [here / name for name in folders if (here / name).is_symlink()]
        findings += [_finding(link, top, "file-link", linked) for link in links]
        for name in sorted(name for name in names if not name.startswith(".")):
            problem = _refusal(here / name, home)
            if problem:
                findings.append(_finding(here / name, top, "file-link", problem))
            elif len(paths) == MAX_FILES:
                message = f"there are more than {MAX_FILES} files: the rest is not read"
                return paths, [*findings, Finding(Position(NAME, 1, 1), "too-many-files", message)]
            else:
                paths.append(here / name)
    findings += [
        _finding(Path(error.filename), top, "unread-folder", f"the folder cannot be read: {error.strerror}")
        for error in unread
    ]
    return sorted(paths, key=lambda path: path.relative_to(top).as_posix()), findings


def _refusal(path: Path, home: Path) -> str:
    """Return why a file is not opened, or an empty text."""
    try:
        target = path.resolve()
    except (OSError, RuntimeError):
        return "the link leads in a circle: put the file itself here"
    if not target.is_relative_to(home):
        return "the link leads outside the definitions folder: put the file itself here"
    return "" if target.is_file() else "this is not a regular file"


def _finding(path: Path, top: Path, code: str, message: str) -> Finding:
    return Finding(Position(f"{NAME}/{path.relative_to(top).as_posix()}", 1, 1), code, message)
