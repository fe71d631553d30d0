"""Malformed definitions: each is refused at its line and column, and nothing ends in a traceback."""

from pathlib import Path

import pytest

from tests.metrics.project import CASES, added, listed

FOLDER = CASES / "malformed"


def _manifest() -> dict[str, list[str]]:
    cases: dict[str, list[str]] = {}
    for line in (FOLDER / "expected.txt").read_text().splitlines():
        if line.startswith("    "):
            cases[list(cases)[-1]].append(line.strip())
        elif line and not line.startswith("#"):
            cases[line] = []
    return cases


EXPECTED = _manifest()


def _files(case: str) -> dict[str, bytes]:
    name, _, place = case.partition(" -> ")
    path = FOLDER / name
    if path.is_file():
        return {place: path.read_bytes()}
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*.yml")}


@pytest.mark.parametrize("case", EXPECTED)
def test_case_is_refused_at_its_place(case: str) -> None:
    assert EXPECTED[case], "a case expects at least one finding"
    assert listed(added(_files(case))) == EXPECTED[case]


def test_manifest_names_every_case() -> None:
    written = {path.name for path in FOLDER.iterdir() if path.name != "expected.txt"}
    assert {Path(case.partition(" -> ")[0]).name for case in EXPECTED} == written


def test_base_project_has_no_findings() -> None:
    assert listed() == []
