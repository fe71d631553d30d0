"""Definitions of a proposal, read with the sources and roots of what it is proposed for.

Whoever proposes a change may write any definition, but may not say where rows are read nor which secrets are
sent there: that part of theirs is put aside and told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from metrics.catalog.dataset import SourceDefinition
from metrics.errors import Finding, Level, Position
from metrics.loading.folder import NAME, Folder
from metrics.loading.nodes import Node, locate
from metrics.loading.records import SourcesFile, read_values
from scorecard.definitions import build
from scorecard.edition import Edition, edition

CODE = "source-untrusted"
SOURCES = "sources"

_KEPT = "until this is merged the numbers are computed"


@dataclass(frozen=True)
class Trusted:
    """A proposal that may be computed, and what of its sources was put aside, each at its place in the proposal.

    A dataset of the folder that names a source which is not there, or a file outside of the roots, is found by
    the checks of definitions like any other's.
    """

    folder: Folder
    ignored: tuple[Finding, ...]


def trusted(base: Folder, head: Folder) -> Trusted:
    """Return the definitions of `head` with the sources, the roots and the home of `base`."""
    documents = {path: node for path, node in head.documents.items() if path != SOURCES}
    documents |= {path: node for path, node in base.documents.items() if path == SOURCES}
    findings = [each for each in head.findings if not _is_sources(_inside(each))]
    findings += [each for each in base.findings if _is_sources(_inside(each))]
    files = {path: text for path, text in head.files.items() if not _is_sources(path)}
    folder = replace(
        head,
        documents=documents,
        files=files | {path: text for path, text in base.files.items() if _is_sources(path)},
        broken=(head.broken - {SOURCES}) | (base.broken & {SOURCES}),
        findings=tuple(findings),
        home=base.home,
        roots=base.roots,
    )
    return Trusted(folder, tuple(_ignored(base.documents.get(SOURCES), head)))


def trusted_edition(base: Edition, head: Edition) -> tuple[Edition, tuple[Finding, ...]]:
    """Return a proposal as it may be computed, and what was put aside; raise DefinitionsInvalid where it may not."""
    found = trusted(base.folder, head.folder)
    return edition(build(found.folder), head.written, head.commit), found.ignored


def _is_sources(path: str) -> bool:
    return path.rpartition(".")[0] == SOURCES


def _inside(found: Finding) -> str:
    return found.position.file.removeprefix(f"{NAME}/")


def _ignored(base: Node | None, head: Folder) -> Iterator[Finding]:
    """Yield what a proposal says of sources and roots that is not so in its base."""
    node = head.documents.get(SOURCES)
    place = Position(f"{NAME}/{SOURCES}.yml", 1, 1) if node is None else node.position
    if node is None and (base is not None or SOURCES in head.broken):
        message = f"the file is missing or cannot be read: {_KEPT} from the sources that there were"
        yield Finding(place, CODE, message, Level.ADVICE)
        return
    (before, roots_before), (after, roots_after) = _said(base), _said(node)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            at = place if node is None else locate(node, (SOURCES, name))
            yield Finding(at, CODE, _message(name, name in before, name in after), Level.ADVICE)
    if roots_before != roots_after:
        at = place if node is None else locate(node, ("roots",))
        message = f"the roots are others than before: {_KEPT} from files under the roots that there were"
        yield Finding(at, CODE, message, Level.ADVICE)


def _said(node: Node | None) -> tuple[Mapping[str, SourceDefinition], tuple[str, ...]]:
    values = {} if node is None else read_values((SourcesFile,), node).values
    return values.get(SOURCES, {}), values.get("roots", ())


def _message(name: str, before: bool, after: bool) -> str:
    if before and after:
        return f"source {name!r} is changed: {_KEPT} from the source as it was"
    if before:
        return f"source {name!r} is taken away: {_KEPT} from it as before"
    return f"source {name!r} is new: {_KEPT} without it"
