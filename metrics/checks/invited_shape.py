"""A survey names another dataset of invitations, and both say when."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset, Invited
from metrics.checks.time_missing import has_time
from metrics.errors import Finding, suggest
from metrics.loading.loader import Places

CODE = "invited-shape"

Problem = tuple[tuple[str, ...], str]


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each `invited` that gives no response rate."""
    for name, dataset in catalog.datasets.items():
        if dataset.invited is not None:
            for path, message in _problems(catalog, dataset, dataset.invited):
                yield Finding(at("dataset", name, "invited", *path), CODE, message)


def _problems(catalog: Catalog, survey: Dataset, invited: Invited) -> Iterator[Problem]:
    least, asked = invited.min_response, catalog.datasets.get(invited.dataset)
    if least is not None and not 0 < least <= 1:
        yield ("min_response",), f"min_response is a share above 0 and up to 1, not {least:g}"
    if not has_time(survey):
        yield (), f"dataset {survey.dataset!r} has no time: when somebody answered is not known"
    if asked is None:
        return
    if asked is survey:
        yield ("dataset",), "a survey's invitations are another dataset than its answers"
    elif not has_time(asked):
        yield ("dataset",), f"dataset {asked.dataset!r} has no time: when somebody was asked is not known"
    if (entity := invited.entity) is not None:
        for each in (survey, asked):
            if entity not in each.entities:
                known = suggest(entity, each.entities)
                yield ("entity",), f"dataset {each.dataset!r} has no entity {entity!r}{known}"
