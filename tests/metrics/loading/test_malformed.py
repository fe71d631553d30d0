"""Malformed definitions: each is refused at its line and column, and nothing ends in a traceback.

Most cases spoil the base project. Those that the manifest marks with [board] spoil the small company of
`tests.scorecard`, which has departments, a journey and a scorecard.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metrics.loading.folder import folder_of
from metrics.loading.records import kind_options
from scorecard.check import all_findings
from scorecard.definitions import build
from tests.metrics.project import CASES, Files, added, listed
from tests.scorecard.project import BREACHES, texts

FOLDER = CASES / "malformed"
MARK = "[board] "
KINDS_OF_FILES = {
    "company.yml",
    "sources.yml",
    "identities.yml",
    "journey.yml",
    "datasets",
    "metrics",
    "scorecards",
}


def _manifest() -> dict[str, list[str]]:
    cases: dict[str, list[str]] = {}
    for line in (FOLDER / "expected.txt").read_text().splitlines():
        if line.startswith("    "):
            cases[list(cases)[-1]].append(line.strip())
        elif line and not line.startswith("#"):
            cases[line] = []
    return cases


EXPECTED = _manifest()


def _path(case: str) -> Path:
    return FOLDER / case.removeprefix(MARK).partition(" -> ")[0]


def _files(case: str) -> Files:
    place, path = case.partition(" -> ")[2], _path(case)
    if path.is_file():
        return {place: path.read_bytes()}
    inside = (each for each in path.rglob("*") if each.is_file())
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in inside}


def _said(case: str, files: Files) -> list[str]:
    if not case.startswith(MARK):
        return listed(added(files))
    # Without a counter-metric the company has a finding of its own.
    whole = texts(**{"metrics/service/breaches.yml": f"{BREACHES}guards: [kept_promises]\n"})
    project = folder_of({name: text.encode() for name, text in whole.items()} | files)
    return [str(found) for found in all_findings(build(project))]


@pytest.mark.parametrize("case", EXPECTED)
def test_case_is_refused_at_its_place(case: str) -> None:
    assert EXPECTED[case], "a case expects at least one finding"
    assert _said(case, _files(case)) == EXPECTED[case]


def test_manifest_names_every_case() -> None:
    written = {path.name for path in FOLDER.iterdir() if path.name != "expected.txt"}
    assert {_path(case).name for case in EXPECTED} == written


def test_no_two_cases_are_the_same() -> None:
    seen = [(case.startswith(MARK), tuple(sorted(_files(case).items()))) for case in EXPECTED]
    assert len(set(seen)) == len(seen) >= 300


def test_every_kind_of_file_and_of_metric_has_a_case() -> None:
    places = {place.partition("/")[0] for case in EXPECTED for place in _files(case)}
    assert places >= KINDS_OF_FILES
    written = b"\n".join(content for case in EXPECTED for content in _files(case).values())
    named = {name.decode() for name in re.findall(rb"^kind: (\w+)$", written, re.MULTILINE)}
    assert named >= set(kind_options())


def test_the_base_projects_have_no_findings() -> None:
    assert listed() == []
    assert _said(MARK, {}) == []
