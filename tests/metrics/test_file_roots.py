"""What lies outside of the project's folder is read only where a root names its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.file_roots import FileRoots

OUTSIDE = "outside of the project folder: name that folder under roots: in sources.yml, or with --root"


@pytest.mark.parametrize(
    "path", ["data/log.csv", "./data/*.csv", "data/../log.csv", "**/*.parquet", "/srv/project/data/log.csv"]
)
def test_what_lies_in_the_project_is_read(path: str) -> None:
    assert FileRoots(Path("/srv/project")).refusal(path) is None


@pytest.mark.parametrize(
    "path",
    ["../log.csv", "data/../../log.csv", "*/../../log.csv", "/etc/passwd", "/srv/project2/x.csv", ".."],
)
def test_what_leaves_it_is_not(path: str) -> None:
    assert FileRoots(Path("/srv/project")).refusal(path) == f"{path!r} lies {OUTSIDE}"


@pytest.mark.parametrize("root", ["../shared", "/srv/shared", "../other/../shared/"])
def test_a_root_is_read_too(root: str) -> None:
    roots = FileRoots(Path("/srv/project"), (root,))
    assert roots.refusal("../shared/log.csv") is None
    assert roots.refusal("/srv/shared/2026/*.csv") is None
    assert roots.refusal("../shared2/log.csv") == f"'../shared2/log.csv' lies {OUTSIDE}"


@pytest.mark.parametrize(
    "path", ["https://example.com/x.csv", "S3://bucket/x.parquet", "http:/example.com/x"]
)
def test_an_address_is_never_read(path: str) -> None:
    roots = FileRoots(Path("/srv/project"), ("/",))
    assert roots.refusal(path) == f"{path!r} is an address: only files of this machine are read"


def test_links_are_followed_before_a_file_is_judged(tmp_path: Path) -> None:
    home, beside = tmp_path / "project", tmp_path / "beside"
    home.mkdir()
    beside.mkdir()
    (beside / "log.csv").write_text("id\n1\n")
    (home / "log.csv").symlink_to(beside / "log.csv")
    (home / "folder").symlink_to(beside)
    for path in ("log.csv", "folder/log.csv"):
        assert FileRoots(home).misled(home / path, path) == f"{path!r} is a link to a file {OUTSIDE}"
        assert FileRoots(home, ("../beside",)).misled(home / path, path) is None


def test_a_project_that_is_reached_by_a_link_is_at_home_in_both_places(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    roots = FileRoots(tmp_path / "link")
    assert roots.refusal(str(tmp_path / "real" / "x.csv")) is None
    assert roots.refusal(str(tmp_path / "link" / "x.csv")) is None
    assert roots.holds(tmp_path / "link" / "x.csv")
