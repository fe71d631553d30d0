"""Read what the departments share from a definitions folder: company.yml, journey.yml, scorecards/*.yml.

Codes: file-name, duplicate-name, and those of `metrics.loading.loader`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import metrics.catalog.company
from metrics.catalog.catalog import Catalog
from metrics.catalog.walk import yaml_key
from metrics.errors import Finding, sort_findings
from metrics.loading.folder import Folder, read_folder, stem
from metrics.loading.loader import ALL, Loaded, Place, Places
from metrics.loading.loader import build as build_catalog
from metrics.loading.nodes import MappingNode, Node, ScalarNode, locate
from metrics.loading.records import read, read_values
from scorecard.model import Board, Company, Journey, Scorecard

COMPANY_KEYS = tuple(yaml_key(one) for one in fields(Company))
"""The keys of company.yml that are read here."""

_METRICS_KEYS = tuple(yaml_key(one) for one in fields(metrics.catalog.company.Company))


@dataclass(frozen=True)
class Definitions:
    """What a definitions folder says: `loaded` is the metrics' part, `findings` are those of both parts.

    `board` and `catalog` hold what is valid; whatever has findings is left out.
    """

    loaded: Loaded
    board: Board
    findings: tuple[Finding, ...]
    places: Places

    @property
    def catalog(self) -> Catalog | None:
        """Return the catalog, or None where company.yml cannot be used."""
        return self.loaded.catalog

    @property
    def folder(self) -> Folder:
        """Return the documents."""
        return self.loaded.folder


def load(root: Path, roots: tuple[str, ...] = ()) -> Definitions:
    """Read all definitions of a project folder; never raise for what they say.

    `roots` are folders beside the project's in which files are read, besides those that it names itself.
    """
    return build(read_folder(root, roots))


def build(folder: Folder) -> Definitions:
    """Return the catalog and the board of what is valid in a folder, and all findings."""
    loaded = build_catalog(folder, COMPANY_KEYS)
    builder = _Builder(folder)
    company = builder.company()
    journey = builder.journey()
    board = Board(
        departments=company.get("departments", MappingProxyType({})),
        milestones=company.get("milestones", ()),
        stages=() if journey is None else journey.stages,
        load=None if journey is None else journey.load,
        scorecards=MappingProxyType(builder.scorecards()),
    )
    own = [found for found in builder.findings if found.position not in folder.spoiled]
    places = loaded.places.joined(Places(builder.places, builder.failed))
    return Definitions(loaded, board, sort_findings([*loaded.findings, *own]), places)


@dataclass
class _Builder:
    """Collect definitions, their places and their findings document by document."""

    folder: Folder
    findings: list[Finding] = field(default_factory=list)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    failed: set[tuple[str, str]] = field(default_factory=set)

    def company(self) -> dict[str, Any]:
        """Read the departments and milestones; keep those that are right."""
        node = self.folder.documents.get("company")
        if not isinstance(node, MappingNode):
            self.failed.add(("department", ALL))
            return {}
        outcome = read_values((Company,), node, _METRICS_KEYS)
        self.findings.extend(outcome.findings)
        departments = node.get("departments")
        written = departments.keys() if isinstance(departments, MappingNode) else ()
        kept = outcome.values.get("departments", {})
        self.failed |= {("department", name) for name in written if name not in kept}
        if not written:
            self.failed.add(("department", ALL))
        for name in written:
            self.places["department", name] = Place(node, ("departments", name))
        return outcome.values

    def journey(self) -> Journey | None:
        """Read journey.yml, which a project may do without."""
        node = self.folder.documents.get("journey")
        if node is None:
            if "journey" in self.folder.broken:
                self.failed.add(("stage", ALL))
            return None
        self.places["journey", ""] = Place(node)
        journey, findings = read(Journey, node)
        self.findings.extend(findings)
        if journey is None:
            self.failed.add(("stage", ALL))
        return journey

    def scorecards(self) -> dict[str, Scorecard]:
        """Read scorecards/*.yml."""
        found: dict[str, Scorecard] = {}
        for path, node in self.folder.under("scorecards"):
            scorecard, findings = read(Scorecard, node)
            self.findings.extend(findings)
            if self.keep(path, node, scorecard is None) and scorecard is not None:
                found[scorecard.scorecard] = scorecard
        self.failed |= {("scorecard", name) for name in self.folder.broken_under("scorecards")}
        return found

    def keep(self, path: str, node: Node, broken: bool) -> bool:
        """Remember where a scorecard stands; tell whether its name is still free."""
        named = node.get("scorecard") if isinstance(node, MappingNode) else None
        name = named.text if isinstance(named, ScalarNode) and named.text else stem(path)
        if isinstance(named, ScalarNode) and name != stem(path):
            message = f"scorecard {name!r} stands in {stem(path)}.yml: name the file {name}.yml"
            self.findings.append(Finding(named.position, "file-name", message))
        if broken:
            self.failed |= {("scorecard", name), ("scorecard", stem(path))}
        if ("scorecard", name) in self.places:
            first = self.places["scorecard", name].document.position.file
            message = f"scorecard {name!r} is defined in {first} already"
            self.findings.append(Finding(locate(node, ("scorecard",)), "duplicate-name", message))
            return False
        self.places["scorecard", name] = Place(node)
        return True
