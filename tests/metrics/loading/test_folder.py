"""A definitions folder is read whole, within bounds, and never beyond itself."""

import os
from pathlib import Path

import pytest

from metrics.errors import Level
from metrics.loading import folder
from metrics.loading.folder import Folder, folder_of, read_folder
from tests.metrics.project import CASES, base


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = root / "definitions" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return root


def lines(read: Folder) -> list[str]:
    return [f"{found.level} {found}" for found in read.findings]


def test_folder_on_disk_and_in_memory_are_the_same() -> None:
    assert read_folder(CASES / "base") == folder_of(base())


def test_documents_are_named_by_their_path(tmp_path: Path) -> None:
    read = read_folder(
        write(tmp_path, {"company.yml": "a: 1", "metrics/sales/b.yaml": "a: 1", "datasets/c.yml": "a: 1"})
    )
    assert list(read.documents) == ["company", "datasets/c", "metrics/sales/b"]
    assert read.documents["metrics/sales/b"].position.file == "definitions/metrics/sales/b.yaml"
    assert [path for path, _ in read.under("metrics")] == ["metrics/sales/b"]
    assert read.findings == ()


def test_missing_folder(tmp_path: Path) -> None:
    assert lines(read_folder(tmp_path)) == [
        "error definitions:1:1 definitions-missing the folder is missing: write definitions/company.yml, "
        "or name the project with --project"
    ]


def test_misplaced_files_are_named(tmp_path: Path) -> None:
    files = (
        "compny.yml",
        "datasets/a/b.yml",
        "metrics/a.yml",
        "metric/a/b.yml",
        "scorecards/a/b.yml",
        "notes.txt",
    )
    read = read_folder(write(tmp_path, dict.fromkeys(files, "a: 1")))
    there = "there are datasets, metrics, scorecards"
    assert lines(read) == [
        "error definitions/compny.yml:1:1 unknown-file no file is called 'compny' (did you mean 'company'?): "
        "there are company, journey, sources, identities",
        "error definitions/datasets/a/b.yml:1:1 unknown-file no file is read here: write datasets/<dataset>.yml",
        "error definitions/metric/a/b.yml:1:1 unknown-file no folder is called 'metric' "
        f"(did you mean 'metrics'?): {there}",
        "error definitions/metrics/a.yml:1:1 unknown-file no file is read here: write metrics/<domain>/<metric>.yml",
        "advice definitions/notes.txt:1:1 unknown-file the file is not read: definitions end in .yml",
        "error definitions/scorecards/a/b.yml:1:1 unknown-file no file is read here: write scorecards/<scorecard>.yml",
    ]
    assert read.documents == {}


def test_companions_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    files = (
        "README.md",
        "holidays_uk.csv",
        ".hidden.yml",
        ".git/a.yml",
        "__pycache__/a.yml",
        "datasets/README.md",
    )
    assert read_folder(write(tmp_path, dict.fromkeys(files, "a: 1"))) == Folder()


def test_two_endings_of_one_name(tmp_path: Path) -> None:
    read = read_folder(write(tmp_path, {"company.yml": "a: 1", "company.yaml": "a: 2"}))
    assert lines(read) == [
        "error definitions/company.yml:1:1 duplicate-file company.yaml stands beside it: keep one"
    ]


def test_broken_document_is_remembered(tmp_path: Path) -> None:
    read = read_folder(
        write(tmp_path, {"datasets/a.yml": "a: [", "datasets/b.yml": "b: 1", "metrics/s/c.yml": "'"})
    )
    assert read.broken == {"datasets/a", "metrics/s/c"}
    assert read.broken_under("datasets") == {"a"}
    assert list(read.documents) == ["datasets/b"]


def test_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    write(tmp_path, {"..data/company.yml": "a: 1"})
    (tmp_path / "definitions" / "company.yml").symlink_to("..data/company.yml")
    read = read_folder(tmp_path)
    assert read.findings == ()
    assert list(read.documents) == ["company"]


def test_links_that_lead_outside_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("secret: hunter2")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.yml").write_text("secret: hunter2")
    top = write(tmp_path, {"company.yml": "a: 1"}) / "definitions"
    (top / "sources.yml").symlink_to("../secret.yml")
    (top / "journey.yml").symlink_to("nowhere.yml")
    (top / "identities.yml").symlink_to("identities.yml")
    (top / "datasets").symlink_to("../outside")
    read = read_folder(tmp_path)
    assert lines(read) == [
        "error definitions/datasets:1:1 file-link a link to a folder is not followed: put the folder itself here",
        "error definitions/identities.yml:1:1 file-link the link leads in a circle: put the file itself here",
        "error definitions/journey.yml:1:1 file-link this is not a regular file",
        "error definitions/sources.yml:1:1 file-link the link leads outside the definitions folder: "
        "put the file itself here",
    ]
    assert list(read.documents) == ["company"]


def test_pipe_is_not_opened(tmp_path: Path) -> None:
    top = write(tmp_path, {"company.yml": "a: 1"}) / "definitions"
    os.mkfifo(top / "sources.yml")
    assert lines(read_folder(tmp_path)) == [
        "error definitions/sources.yml:1:1 file-link this is not a regular file"
    ]


def test_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 3)
    read = read_folder(write(tmp_path, {f"datasets/d{number}.yml": "a: 1" for number in range(5)}))
    assert lines(read) == [
        "error definitions:1:1 too-many-files there are more than 3 files: the rest is not read"
    ]
    assert len(read.documents) == 3


def test_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    read = read_folder(write(tmp_path, {"company.yml": "a: 1\n" + "# " + "x" * 1024 * 1024}))
    assert lines(read) == [
        "error definitions/company.yml:1:1 yaml-bounds the file is larger than 1 MiB: split it"
    ]


def test_advice_is_not_an_error() -> None:
    assert [found.level for found in folder_of({"notes.txt": b""}).findings] == [Level.ADVICE]
