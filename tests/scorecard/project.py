"""A small valid project as texts, to spoil one thing at a time."""

from metrics.loading.folder import folder_of
from scorecard.check import check
from scorecard.definitions import Definitions, build

COMPANY = """\
company: Northwind Teas
timezone: Europe/London
currency: GBP
departments:
  marketing: {label: Marketing, head: marketing-lead, reviewers: ["@northwind/marketing"]}
  sales: {label: Sales}
  service: {label: Customer service}
milestones: [{date: 2026-07-01, label: Joint review starts, alignment: true}]
"""

JOURNEY = """\
stages:
  - {stage: awareness, phase: taps, leads: marketing, supports: [sales, service]}
  - stage: loyalty
    phase: buckets
    leads: service
    steps:
      - {step: call back, skills: [{skill: listening, department: service, capacity: 40h}], tools: [phone]}
"""

SOURCES = "sources: {crm: {url: 'duckdb:///:memory:'}}\n"

ORDERS = """\
dataset: orders
source: crm
table: orders
department: sales
key: order_id
time: ordered_at
"""

KEPT = """\
metric: kept_promises
label: Kept promises
kind: proportion
dataset: orders
share: kept
direction: up
stage: loyalty
leads: service
supports: [sales]
owner: operations
targets: [{from: 2026-01-01, goal: 0.95, red_flag: 0.8}]
"""

BREACHES = """\
metric: breaches
label: Broken standards
kind: aggregate
dataset: orders
measure: count
where: broken
direction: down
leads: service
owner: operations
targets: [{from: 2026-01-01, per: quarter, goal: 10, red_flag: 30}]
"""

JOINT = """\
scorecard: joint
vision: One promise, kept by everyone
grain: quarter
weights:
  sales: {kept_promises: 60, breaches: 40}
perspectives:
  - perspective: customer
    weight: 30
    objectives:
      - objective: keep_promises
        statement: Sales promises what service can keep
        champion: Robin Doe
        drives: [fewer_breaches]
        indicators: [{metric: kept_promises, weight: 60}]
        initiatives: [{initiative: Quote tool, owner: sales-lead, due: 2026-12-15}]
      - objective: fewer_breaches
        statement: Standards hold
        indicators: [{metric: breaches, weight: 40}]
reviews: {every: quarter, attendees: [sales, service], note_below: 33}
"""

FILES = {
    "company.yml": COMPANY,
    "journey.yml": JOURNEY,
    "sources.yml": SOURCES,
    "datasets/orders.yml": ORDERS,
    "metrics/service/kept_promises.yml": KEPT,
    "metrics/service/breaches.yml": BREACHES,
    "scorecards/joint.yml": JOINT,
}


def texts(*edits: tuple[str, str, str], **more: str) -> dict[str, str]:
    """Return the files with (file, old, new) edits; each old text must stand there once."""
    files = dict(FILES)
    for file, old, new in edits:
        assert files[file].count(old) == 1, f"{old!r} stands {files[file].count(old)} times in {file}"
        files[file] = files[file].replace(old, new)
    return files | more


def definitions(files: dict[str, str]) -> Definitions:
    return build(folder_of({name: text.encode() for name, text in files.items()}))


def found(code: str, *edits: tuple[str, str, str], **more: str) -> list[str]:
    """Return what one check says of the project after edits: `file:line:column LEVEL message`."""
    loaded = definitions(texts(*edits, **more))
    assert loaded.findings == ()
    listed = (one for one in check(loaded) if one.code == code)
    return [f"{str(one.position).removeprefix('definitions/')} {one.level} {one.message}" for one in listed]
