"""A shop whose leads are followed to opportunities, in files: what a narrower condition does is counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from metrics.loading.folder import folder_of
from scorecard.definitions import build
from scorecard.edition import Edition, edition

NOW = datetime(2026, 10, 10, tzinfo=UTC)

COMPANY = """\
company: Shop
timezone: UTC
currency: GBP
departments:
  sales: {label: Sales, reviewers: ["@shop/sales"]}
  marketing: {label: Marketing, reviewers: ["@shop/marketing"]}
"""
STEPS = """\
dataset: steps
source: files
files: steps.csv
key: step_id
time: at
timezone: UTC
entities: {lead: lead_id}
conditions: {fit: good}
dimensions: {channel: channel}
complete_through: {lag: 0 days}
"""
WON = """\
metric: won
label: Leads won
kind: conversion
entity: lead
from: {dataset: steps, where: "stage = 'lead' and fit"}
to: {dataset: steps, where: "stage = 'won'"}
window: 20 days
direction: up
leads: sales
supports: [marketing]
owner: sales-lead
dimensions: [channel]
grains: [quarter]
min_sample: 1
targets: [{from: 2026-01-01, per: quarter, goal: 0.5, red_flag: 0.3}]
"""
LEADS = """\
metric: leads
label: Leads
kind: aggregate
dataset: steps
measure: count
where: "stage = 'lead'"
direction: up
leads: marketing
owner: marketing-lead
grains: [quarter]
targets: [{from: 2026-01-01, per: quarter, goal: 30, red_flag: 10}]
"""
CARD = """\
scorecard: joint
grain: quarter
perspectives:
  - perspective: customer
    objectives:
      - objective: win
        statement: Win customers
        indicators: [{metric: won, weight: 60}, {metric: leads, weight: 40}]
"""
FILES = {
    "company.yml": COMPANY, "sources.yml": "sources: {files: {url: 'duckdb:///:memory:'}}\n",
    "datasets/steps.yml": STEPS, "metrics/sales/won.yml": WON, "metrics/sales/leads.yml": LEADS,
    "scorecards/joint.yml": CARD,
}  # fmt: skip
NARROWER = {"datasets/steps.yml": STEPS.replace("{fit: good}", "{fit: \"good and channel <> 'paid'\"}")}


def made(changes: Mapping[str, str | None] | None = None, written: str = "main") -> Edition:
    """Return an edition of the shop's definitions, with files put in, replaced or (None) taken away."""
    files = {name: text for name, text in {**FILES, **(changes or {})}.items() if text is not None}
    return edition(
        build(folder_of({name: text.encode() for name, text in files.items()}, lambda _: None)), written
    )


def fill(root: Path, channel: str = "paid") -> None:
    """Write the rows: a quarter has 20 leads that fit, of whom 8 are won; 10 are paid, and of them 2 are won."""
    lines = ["step_id,lead_id,stage,at,channel,good"]
    number = 0
    for quarter in (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)):
        for place in range(20):
            number += 1
            paid = place < 10
            by = f'"{channel}"' if paid else "organic"
            day = quarter + timedelta(days=place)
            lines.append(f"a{number},l{number},lead,{day} 10:00:00,{by},true")
            if place in (0, 1) or place >= 14:
                lines.append(f"b{number},l{number},won,{day + timedelta(days=5)} 10:00:00,{by},true")
    (root / "steps.csv").write_text("\n".join(lines) + "\n")
