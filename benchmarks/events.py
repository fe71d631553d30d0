"""A generated event log in Parquet, and a catalog over it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.dataset import Dataset, EntityColumn, SourceDefinition
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import Reference, Window
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Grain
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.conversion import options as conversion
from metrics.kinds.proportion import options as proportion


def write(folder: Path, rows: int) -> Path:
    """Write an event log of three years: half entries, a third of the entities move on."""
    path = folder / "events.parquet"
    with duckdb.connect() as connection:
        connection.execute("select setseed(0.42)")
        connection.execute(
            f"""copy (
                select i as event_id, i % {rows // 2} as lead_id,
                       case when i < {rows // 2} then 'mql' when random() < 0.33 then 'opportunity' else 'note' end
                           as stage,
                       timestamp '2023-10-01' + to_seconds(cast(floor(random() * 94608000) as bigint)) as at,
                       'c' || (i % 7) as channel, cast(random() * 1000 as decimal(18, 2)) as amount,
                       random() < 0.8 as kept
                from range({rows}) t(i)
            ) to '{path}' (format parquet)"""  # noqa: S608
        )
    return path


def catalog(path: Path) -> Catalog:
    """Return eight metrics over the log."""
    events = Dataset(
        "events", source="files", files=(str(path),), key=("event_id",), time=parse("at"),
        entities={"lead": EntityColumn(parse("lead_id"))}, dimensions={"channel": parse("channel")},
    )  # fmt: skip
    options = {
        "events": ("aggregate", aggregate.Options("events", parse_measure("count"))),
        "amount": ("aggregate", aggregate.Options("events", parse_measure("sum(amount)"))),
        "mean_amount": ("aggregate", aggregate.Options("events", parse_measure("avg(amount)"))),
        "notes": (
            "aggregate",
            aggregate.Options("events", parse_measure("count"), where=parse("stage = 'note'")),
        ),
        "leads": ("aggregate", aggregate.Options("events", parse_measure("count_distinct(lead_id)"))),
        "kept": ("proportion", proportion.Options("events", parse("kept"))),
        "kept_notes": ("proportion", proportion.Options("events", parse("kept"), of=parse("stage = 'note'"))),
        "big": ("proportion", proportion.Options("events", parse("amount > 900"))),
        "conversion": (
            "conversion",
            conversion.Options(
                "lead",
                Reference("events", where=parse("stage = 'mql'")),
                Reference("events", where=parse("stage = 'opportunity'")),
                Window.parse("90 days"),
                skipped=conversion.Skipped.RECORDED,
            ),
        ),
    }
    metrics = {
        name: Metric(
            metric=name, label=name, kind=kind, direction=Direction.NONE, options=each,
            dimensions=("channel",), grains=(Grain.MONTH, Grain.QUARTER),
        )
        for name, (kind, each) in options.items()
    }  # fmt: skip
    return Catalog(
        Company("Benchmark", "Europe/London", Currency("GBP")),
        sources={"files": SourceDefinition("files", "duckdb:///:memory:")},
        datasets={"events": events},
        metrics=metrics,
    )
