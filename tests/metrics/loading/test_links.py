"""`check` finds the links by which files outside of the project would be read."""

from __future__ import annotations

from pathlib import Path

from metrics.loading.links import misleading_links
from metrics.loading.loader import load

FILES = {
    "company.yml": "company: Shop\ntimezone: UTC\ncurrency: EUR\n",
    "sources.yml": 'sources: {files: {url: "duckdb:///:memory:"}}\n',
    "datasets/log.yml": "dataset: log\nsource: files\nfiles: [data/kept.csv, 'data/log*.csv', ../log.csv]\n",
}


def found(root: Path) -> list[str]:
    said = load(root)
    assert said.catalog is not None
    return [str(each) for each in misleading_links(said.catalog, said.places)]


def test_a_link_out_of_the_project_is_found_where_its_pattern_stands(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name, text in FILES.items():
        path = root / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "data").mkdir()
    (tmp_path / "canary.csv").write_text("word\nsecret\n")
    (root / "data" / "log1.csv").write_text("word\nours\n")
    (root / "data" / "kept.csv").symlink_to("log1.csv")
    assert found(root) == []
    (root / "data" / "log2.csv").symlink_to(tmp_path / "canary.csv")
    assert found(root) == [
        "definitions/datasets/log.yml:3:24 file-link 'data/log2.csv' is a link to a file outside of the project "
        "folder: name that folder under roots: in sources.yml, or with --root"
    ]
    (root / "definitions" / "sources.yml").write_text(FILES["sources.yml"] + "roots: ..\n")
    assert found(root) == []
