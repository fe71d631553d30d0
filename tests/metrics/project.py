"""Small definitions for tests: the valid base project, with files put in or replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from metrics.check import check
from metrics.errors import Finding, sort_findings
from metrics.loading.folder import Folder, folder_of
from metrics.loading.loader import Loaded, build

CASES = Path(__file__).parent.parent / "cases"

COMPANY = "company.yml"
SOURCES = "sources.yml"
IDENTITIES = "identities.yml"
ACCOUNTS = "datasets/accounts.yml"
EVENTS = "datasets/events.yml"
ORDERS = "datasets/orders.yml"
SPEND = "datasets/spend.yml"
STAGES = "datasets/stage_changes.yml"
TICKETS = "datasets/tickets.yml"
TOUCHES = "datasets/touches.yml"
CAC = "metrics/marketing/cac.yml"
CONVERSION = "metrics/marketing/lead_to_opportunity.yml"
CSAT = "metrics/service/csat.yml"
GROWTH = "metrics/sales/revenue_growth.yml"
NEW = "metrics/sales/new.yml"
REVENUE = "metrics/sales/revenue.yml"
REVENUE_TO_CAC = "metrics/sales/revenue_to_cac.yml"

COUNT = """\
metric: new
label: New
owner: me
direction: none
kind: aggregate
dataset: orders
measure: count
"""
RATIO = """\
metric: new
label: New
owner: me
direction: none
kind: ratio
numerator: {dataset: tickets, measure: count}
denominator: {dataset: orders, measure: count}
"""
DATASET = """\
dataset: more
source: crm
table: more
key: id
time: day
"""
MORE = "datasets/more.yml"
REST = "datasets/rest.yml"

Files = dict[str, bytes]


@cache
def _base() -> Mapping[str, bytes]:
    top = CASES / "base" / "definitions"
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in sorted(top.rglob("*.yml"))}


def base() -> Files:
    """Return the files of the base project, by path in its definitions folder."""
    return dict(_base())


def added(files: Mapping[str, str | bytes | None]) -> Files:
    """Return the base project with these files put in, replaced or (None) taken away."""
    whole = base()
    for path, text in files.items():
        if text is None:
            del whole[path]
        else:
            whole[path] = text.encode() if isinstance(text, str) else text
    return whole


def edited(path: str, *changes: tuple[str, str]) -> Files:
    """Return the base project with texts of one file replaced; each must stand in it."""
    text = base()[path].decode()
    for old, new in changes:
        assert old in text, f"{old!r} does not stand in {path}"
        text = text.replace(old, new)
    return added({path: text})


@cache
def _base_folder() -> Folder:
    return folder_of(_base())


def loaded(files: Files | None = None) -> Loaded:
    """Load a project's definitions; what the base project has too is read only once."""
    whole = base() if files is None else files
    changed = {path: content for path, content in whole.items() if _base().get(path) != content}
    kept = {path.removesuffix(".yml") for path in whole if path not in changed}
    fresh = folder_of(changed)
    documents = {path: node for path, node in _base_folder().documents.items() if path in kept}
    return build(replace(fresh, documents={**documents, **fresh.documents}))


def findings(files: Files | None = None) -> tuple[Finding, ...]:
    """Return everything that is found in a project."""
    project = loaded(files)
    return sort_findings((*project.findings, *check(project)))


def listed(files: Files | None = None) -> list[str]:
    """Return everything that is found in a project, as lines."""
    return [str(found) for found in findings(files)]


def assert_found(files: Files, expected: list[tuple[str, str, str]]) -> None:
    """Check all findings of a project: the file, the source text where each points, code and message."""
    actual = []
    for found, (_, pointed, _) in zip(findings(files), [*expected, *[("", "", "")] * 99], strict=False):
        file = found.position.file.removeprefix("definitions/")
        line = files[file].decode().splitlines()[found.position.line - 1]
        text = line[found.position.column - 1 :][: len(pointed) or None]
        actual.append((file, text, f"{found.code} {found.message}"))
    assert actual == expected
