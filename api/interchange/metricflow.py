"""A semantic manifest of MetricFlow as a project of ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from api.interchange.datasets import drafts, unused
from api.interchange.manifest import Input, Manifest, Metric, read_manifest
from api.interchange.metrics import GRAINS, Made, Translation, our_name, words
from api.interchange.report import Element, Entry, Fate, Imported
from api.interchange.yaml_text import yaml_text
from metrics.check import check
from metrics.errors import Level
from metrics.loading.folder import NAME, folder_of
from metrics.loading.loader import Loaded
from scorecard.definitions import build

_COMPANY = """\
# yaml-language-server: $schema=../.scorecard/schema/company.json
# Adapt: the manifest says none of this.
company: Imported
timezone: UTC
currency: USD
departments:
  imported: {label: Imported}
"""
_SOURCES = """\
# yaml-language-server: $schema=../.scorecard/schema/sources.json
# Where dbt's tables lie:
#   export WAREHOUSE_URL="postgresql://reader:secret@warehouse.example.com/analytics"
sources:
  warehouse: {url: "${WAREHOUSE_URL}", timeout: 120s}
"""


def imported(text: str) -> Imported:
    """Return the files of a project that a manifest stands for, by path, and what became of each of its parts.

    Raises:
        UsageError: the text is no semantic manifest.
    """
    manifest = read_manifest(text)
    datasets, told = drafts(manifest)
    translation = Translation(manifest, datasets)
    translation.translate()
    files = _files(translation)
    while refused := _refused(files):
        for name, reason in refused.items():
            translation.leave(name, reason)
        files = _files(translation)
    entries = [*told, *_measures(manifest, translation), *_metrics(manifest, translation)]
    entries += [
        Entry(
            Element.SAVED_QUERY, name, Fate.LEFT, "ask `scorecard query`, or put its metrics on a scorecard"
        )
        for name in manifest.saved_queries
    ]
    return Imported(files, tuple(entries))


def _files(translation: Translation) -> dict[str, str]:
    files = {f"{NAME}/company.yml": _COMPANY, f"{NAME}/sources.yml": _SOURCES}
    for name, draft in translation.drafts.items():
        files[f"{NAME}/datasets/{name}.yml"] = yaml_text(draft.definition(), "dataset", 2)
    for name, made in translation.made.items():
        text = yaml_text(_definition(name, made, translation), "metric", 3)
        files[f"{NAME}/metrics/{made.domain}/{name}.yml"] = text
    return files


def _refused(files: Mapping[str, str]) -> Mapping[str, str]:
    """Return the metrics that our checks refuse, with the reason: what is written has to pass them."""
    said = build(folder_of({path.removeprefix(f"{NAME}/"): text.encode() for path, text in files.items()}))
    loaded = Loaded(said.catalog, said.findings, said.folder, said.places)
    found = [each for each in (*said.findings, *check(loaded)) if each.level is Level.ERROR]
    metrics = {each: PurePosixPath(each.position.file) for each in found}
    return {path.stem: each.message for each, path in metrics.items() if path.parts[:2] == (NAME, "metrics")}


def _definition(name: str, made: Made, translation: Translation) -> Mapping[str, object]:
    metric = translation.manifest.metrics.get(translation.theirs.get(name, ""))
    said: dict[str, object] = {"metric": name, "label": translation.labels[name]}
    for key, text in (("question", metric.description), ("owner", metric.owner)) if metric else ():
        if text and words(text):
            said[key] = words(text)
    said |= {"direction": "none", **made.keys}
    if made.grains != GRAINS:
        said["grains"] = list(made.grains)
    return said


def _measures(manifest: Manifest, translation: Translation) -> Iterator[Entry]:
    used: dict[str, list[str]] = defaultdict(list)
    for name, made in translation.made.items():
        for measure in made.measures:
            used[measure].append(name)
    reasons = {
        metric.measure.name: translation.left[name]
        for name, metric in manifest.metrics.items()
        if name in translation.left and metric.measure is not None
    }
    yield from unused(manifest, used, reasons)


def _metrics(manifest: Manifest, translation: Translation) -> Iterator[Entry]:
    for name, metric in manifest.metrics.items():
        reason = translation.left.get(name)
        made = translation.made.get(our_name(name)) if name not in translation.left else None
        if metric.hidden:
            continue
        if made is None:
            yield Entry(Element.METRIC, name, Fate.LEFT, reason or "")
        else:
            yield Entry(
                Element.METRIC, name, Fate.CHANGED if made.notes else Fate.KEPT, "; ".join(made.notes)
            )
        for text in dict.fromkeys(_filters(metric)):
            says = f"in {name}" if made else f"with {name}, which was left out: {reason}"
            yield Entry(Element.FILTER, " ".join(text.split()), Fate.KEPT if made else Fate.LEFT, says)
    for name in sorted(translation.made.keys() - translation.theirs.keys()):
        says = "made for a formula that reads it"
        yield Entry(Element.METRIC, name, Fate.CHANGED, says)


def _filters(metric: Metric) -> Iterator[str]:
    yield from metric.filters
    sides = (
        metric.measure,
        metric.numerator,
        metric.denominator,
        metric.base,
        metric.conversion,
        *metric.inputs,
    )
    for used in sides:
        yield from used.filters if isinstance(used, Input) else ()
