"""A lookup finds nothing, or next to nothing, for the keys that rows have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from metrics.catalog.dataset import Dataset, Lookup
from metrics.data_check import Probe
from metrics.data_checks._samples import shown
from metrics.errors import Finding, Level, ScorecardError
from metrics.expressions.nodes import Name

CODE = "lookup-unmatched"

_LITTLE = 0.01
"""Less than this share of keys is no lookup that some rows do without."""


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each lookup by key that finds fewer than one in a hundred of its keys."""
    for dataset in probe.readable():
        wanted = {name: each for name, each in dataset.lookups.items() if each.on}
        try:
            found = _counted(probe, dataset, wanted) if wanted else {}
        except ScorecardError:
            # What cannot be compiled or read has a finding of its own.
            continue
        for name, lookup in wanted.items():
            keys, matched = found[f"{name}_keys"], found[f"{name}_matched"]
            if keys and matched < _LITTLE * keys:
                own = ", ".join(each.text for each in lookup.on)
                theirs = ", ".join(probe.catalog.datasets[lookup.dataset].key)
                message = (
                    f"{matched:,} of {keys:,} rows with {own} find a row of {lookup.dataset!r}"
                    f"{_such(found[f'{name}_such'])}: compare {own} with its key ({theirs})"
                )
                yield probe.finding(
                    CODE, message, "dataset", dataset.dataset, "lookups", name, key=True, level=Level.ADVICE
                )


def _such(value: object) -> str:
    return "" if value is None else f", and {shown(value)} does not"


def _counted(probe: Probe, dataset: Dataset, wanted: dict[str, Lookup]) -> dict[str, Any]:
    """Return for all lookups at once how many rows have a key, how many of them find a row, and one that does not."""
    rows, asked = probe.rows(dataset), dict[str, Any]()
    for index, (name, lookup) in enumerate(wanted.items()):
        on = [rows.value(each.node).sql for each in lookup.on]
        asked[f"k{index}"] = sa.and_(*(each.is_not(None) for each in on))
        target = probe.catalog.datasets[lookup.dataset]
        asked[f"m{index}"] = rows.value(Name((name, target.key[0]))).sql.is_not(None)
        asked[f"s{index}"] = sa.cast(on[0], sa.Text())
    inner = rows.select(asked).subquery()
    columns = []
    for index, name in enumerate(wanted):
        keyed, met = inner.c[f"k{index}"], inner.c[f"m{index}"]
        columns += [
            sa.func.count().filter(keyed).label(f"{name}_keys"),
            sa.func.count().filter(sa.and_(keyed, met)).label(f"{name}_matched"),
            sa.func.min(inner.c[f"s{index}"]).filter(sa.and_(keyed, sa.not_(met))).label(f"{name}_such"),
        ]
    return dict(probe.session.fetch_one(probe.session.source_of(dataset.dataset), sa.select(*columns)))
