"""Turn a definitions folder into the catalog: what is valid of it, and every finding about the rest.

Codes: missing-file, file-name, duplicate-name, holidays-file, and those of `metrics.loading.folder` and
`metrics.loading.fields`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from metrics.business_hours import HOLIDAYS, read_holidays
from metrics.catalog.catalog import Catalog
from metrics.catalog.company import BusinessCalendar, Company
from metrics.catalog.dataset import Dataset
from metrics.catalog.metric import Metric
from metrics.errors import Finding, Position, sort_findings
from metrics.loading.fields import NAME as IDENTIFIER
from metrics.loading.folder import NAME, Folder, read_folder, stem
from metrics.loading.nodes import MappingNode, Node, ScalarNode, SequenceNode, locate
from metrics.loading.records import IdentitiesFile, SourcesFile, read, read_metric, read_values

ALL = "*"
"""Stands for every name of a kind whose file cannot be read."""


@dataclass(frozen=True)
class Place:
    """Where one definition stands: its document, and the path to it in the document."""

    document: Node
    path: tuple[str | int, ...] = ()


class Places:
    """Find where definitions stand, and tell which of them could not be read.

    A definition is named by its kind (company, source, identity, dataset, metric; the scorecard's files
    add their own) and its name; company's name is empty. `home` is the project's folder.
    """

    def __init__(
        self,
        places: Mapping[tuple[str, str], Place],
        failed: Collection[tuple[str, str]] = (),
        home: Path = Path(),
    ) -> None:
        self.places = dict(places)
        self.failures = frozenset(failed)
        self.home = home

    def __call__(
        self, kind: str, name: str, *path: str | int, key: bool = False, offset: int = 0
    ) -> Position:
        """Return the position of the deepest value along a path in a definition, or of its key.

        `offset` counts characters (from 0) in the value's text, for a place inside an expression.
        """
        place = self.places.get((kind, name))
        if place is None:
            return Position(NAME, 1, 1)
        whole = (*place.path, *path)
        node = _follow(place.document, whole)
        if isinstance(node, ScalarNode) and offset and not key:
            return node.at(offset)
        return locate(place.document, whole, key)

    def written(self, kind: str, name: str, *path: str | int) -> bool:
        """Tell whether a definition says something at a path itself."""
        return self.node(kind, name, *path) is not None

    def node(self, kind: str, name: str, *path: str | int) -> Node | None:
        """Return what a definition says at a path, None where it says nothing there."""
        place = self.places.get((kind, name))
        return None if place is None else _follow(place.document, (*place.path, *path))

    def failed(self, kind: str, name: str) -> bool:
        """Tell whether a definition of this name is written, but could not be read."""
        return (kind, name) in self.failures or (kind, ALL) in self.failures

    def joined(self, other: Places) -> Places:
        """Return the places of both."""
        return Places({**self.places, **other.places}, self.failures | other.failures, self.home)


def _follow(node: Node, path: tuple[str | int, ...]) -> Node | None:
    """Return the node at a path; a bare value stands for a list of one and for its shorthand."""
    for part in path:
        if isinstance(node, MappingNode):
            found = node.get(str(part))
        elif isinstance(node, SequenceNode):
            found = node.items[part] if isinstance(part, int) and part < len(node.items) else None
        else:
            found = node
        if found is None:
            return None
        node = found
    return node


@dataclass(frozen=True)
class Loaded:
    """What a definitions folder says: the catalog is None where company.yml cannot be used."""

    catalog: Catalog | None
    findings: tuple[Finding, ...]
    folder: Folder
    places: Places


def load(root: Path, extra_company_keys: Collection[str] = ()) -> Loaded:
    """Read and build the definitions of a project folder; never raise for what they say."""
    return build(read_folder(root), extra_company_keys)


def build(folder: Folder, extra_company_keys: Collection[str] = ()) -> Loaded:
    """Return the catalog of what is valid in a folder, and all findings, the folder's own included.

    A source, dataset or metric that has findings is left out. `extra_company_keys` are keys of
    company.yml that somebody else reads.
    """
    builder = _Builder(folder)
    company = builder.company(extra_company_keys)
    parts = {
        "sources": builder.named("sources", "source", SourcesFile),
        "identities": builder.named("identities", "identity", IdentitiesFile),
        "datasets": builder.datasets(),
        "metrics": builder.metrics(),
    }
    catalog = Catalog(company, **parts, roots=builder.roots()) if company is not None else None
    places = Places(builder.places, builder.failed, folder.home)
    return Loaded(catalog, builder.all_findings(), folder, places)


@dataclass
class _Builder:
    """Collect definitions, their places and their findings document by document."""

    folder: Folder
    findings: list[Finding] = field(default_factory=list)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    failed: set[tuple[str, str]] = field(default_factory=set)

    def all_findings(self) -> tuple[Finding, ...]:
        """Return the folder's findings, and ours where the reader had not found anything yet."""
        spoiled = self.folder.spoiled
        own = [found for found in self.findings if found.position not in spoiled]
        return sort_findings([*self.folder.findings, *own])

    def company(self, extra: Collection[str]) -> Company | None:
        node = self.folder.documents.get("company")
        if node is None:
            # A folder that is missing or a file that cannot be read has its finding already.
            if "company" not in self.folder.broken and (self.folder.documents or not self.folder.findings):
                position = Position(f"{NAME}/company.yml", 1, 1)
                self.findings.append(Finding(position, "missing-file", "the file is missing"))
            return None
        self.places["company", ""] = Place(node)
        company, findings = read(Company, node, extra)
        self.findings.extend(findings)
        if company is None:
            return None
        calendars = {name: self.opened(name, each, node) for name, each in company.calendars.items()}
        return replace(company, calendars=MappingProxyType(calendars))

    def opened(self, name: str, calendar: BusinessCalendar, node: Node) -> BusinessCalendar:
        """Return a calendar with the days of its file of holidays: from the project folder, or beside us."""
        if calendar.holidays is None:
            return calendar
        for path in (calendar.holidays, f"{NAME}/{calendar.holidays}"):
            content = self.folder.beside(path)
            if content is not None:
                days, findings = read_holidays(content, path)
                self.findings.extend(findings)
                return replace(calendar, closed=days)
        message = f"the project folder has no file {calendar.holidays!r}"
        self.findings.append(Finding(locate(node, ("calendars", name, "holidays")), HOLIDAYS, message))
        return calendar

    def named(self, file: str, kind: str, record: type) -> Mapping[str, Any]:
        """Read a file with one key that holds a mapping of names to definitions."""
        node = self.folder.documents.get(file)
        if node is None:
            if file in self.folder.broken:
                self.failed.add((kind, ALL))
            return MappingProxyType({})
        outcome = read_values((record,), node)
        self.findings.extend(outcome.findings)
        body = node.get(file) if isinstance(node, MappingNode) else None
        if not isinstance(body, MappingNode):
            self.failed.add((kind, ALL))
            return MappingProxyType({})
        read_well: Mapping[str, Any] = outcome.values.get(file, {})
        for name in (entry.key for entry in body.entries):
            self.places[kind, name] = Place(node, (file, name))
            if name not in read_well:
                self.failed.add((kind, name))
        return MappingProxyType(dict(read_well))

    def roots(self) -> tuple[str, ...]:
        """Return the folders that sources.yml names as roots, and those that were given besides."""
        node = self.folder.documents.get("sources")
        written = {} if node is None else read_values((SourcesFile,), node).values
        return (*written.get("roots", ()), *self.folder.roots)

    def datasets(self) -> Mapping[str, Dataset]:
        """Read datasets/*.yml."""
        datasets: dict[str, Dataset] = {}
        for path, node in self.folder.under("datasets"):
            dataset, findings = read(Dataset, node)
            self.findings.extend(findings)
            if self.keep("dataset", path, node, dataset) and dataset is not None:
                datasets[dataset.dataset] = dataset
        self.failed |= {("dataset", name) for name in self.folder.broken_under("datasets")}
        return MappingProxyType(datasets)

    def metrics(self) -> Mapping[str, Metric]:
        """Read metrics/<domain>/*.yml."""
        metrics: dict[str, Metric] = {}
        for path, node in self.folder.under("metrics"):
            metric, findings = read_metric(node, domain=path.split("/")[1])
            self.findings.extend(findings)
            if self.keep("metric", path, node, metric) and metric is not None:
                metrics[metric.metric] = metric
        self.failed |= {("metric", name) for name in self.folder.broken_under("metrics")}
        return MappingProxyType(metrics)

    def keep(self, kind: str, path: str, node: Node, definition: object | None) -> bool:
        """Remember where a definition stands; tell whether its name is still free."""
        named = node.get(kind) if isinstance(node, MappingNode) else None
        name = named.text if isinstance(named, ScalarNode) and named.text else stem(path)
        if isinstance(named, ScalarNode) and name != stem(path) and IDENTIFIER.fullmatch(name):
            message = f"{kind} {name!r} stands in {stem(path)}.yml: name the file {name}.yml"
            self.findings.append(Finding(named.position, "file-name", message))
        if definition is None:
            self.failed |= {(kind, name), (kind, stem(path))}
        if (kind, name) in self.places:
            first = self.places[kind, name].document.position.file
            message = f"{kind} {name!r} is defined in {first} already"
            self.findings.append(Finding(locate(node, (kind,)), "duplicate-name", message))
            return False
        self.places[kind, name] = Place(node)
        return True
