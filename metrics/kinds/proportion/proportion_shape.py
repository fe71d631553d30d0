"""A proportion counts rows, or under `per` entities, of which only measures say anything."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.expressions.measures import measures_in
from metrics.expressions.nodes import AGGREGATES, Call, Name, Node, children
from metrics.kinds.proportion.options import Options
from metrics.loading.loader import Places

CODE = "proportion-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for `per` beside `latest_per`, and for measures and columns where they say nothing."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        if options.per is not None and options.latest_per is not None:
            message = "latest_per has no meaning with per, which counts each entity once already"
            yield Finding(at("metric", name, "latest_per", key=True), CODE, message)
        for key, part in (("share", options.share), ("of", options.of)):
            for node, message in _problems(part.node, options.per) if part is not None else ():
                yield Finding(at("metric", name, key, offset=node.offset), CODE, message)


def _problems(node: Node, per: str | None) -> Iterator[tuple[Node, str]]:
    if per is None:
        for call in measures_in(node):
            message = f"{call.function} is a measure: without per, share and of are said of one row"
            yield call, message
        return
    for call in measures_in(node):
        if call.function == "count_new":
            yield call, "count_new has no meaning with per, which looks at one entity at a time"
    for name in _bare(node):
        column = ".".join(name.parts)
        yield name, f"{column!r} is a column of rows: say it of the {per}, as in max({column})"


def _bare(node: Node) -> Iterator[Name]:
    """Yield the columns that stand in no measure."""
    if isinstance(node, Name):
        yield node
    elif not (isinstance(node, Call) and node.function in AGGREGATES):
        for child in children(node):
            yield from _bare(child)
