"""A company with one survey and its invitations, small enough to be counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from api.project.project import Project
from metrics.operations.refresh import Refresher, Summary

NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)

FILES = {
    "company.yml": "company: Corner Shop\ntimezone: UTC\ncurrency: GBP\n"
    "departments: {service: {label: Service, head: service-lead}}\n",
    "sources.yml": 'sources: {files: {url: "duckdb:///:memory:"}}\n',
    "datasets/surveys.yml": """\
dataset: surveys
source: files
files: data/surveys.csv
where: "survey <> 'test'"
time: answered
complete_from: 2026-01-01
complete_through: {lag: 0 days}
entities: {order: order_id}
dimensions: {region: region, topic: topic}
invited: {dataset: invitations, where: "sent", entity: order, min_response: 0.5}
""",
    "datasets/invitations.yml": """\
dataset: invitations
source: files
files: data/invitations.csv
time: asked
complete_from: 2026-01-01
complete_through: {lag: 0 days}
entities: {order: order_id}
dimensions: {region: region}
""",
    "metrics/service/csat.yml": """\
metric: csat
label: Satisfied customers
owner: service
direction: up
kind: proportion
dataset: surveys
share: "score >= 4"
of: "score is not null"
dimensions: [region, topic]
min_sample: 1
targets: [{from: 2026-01-01, red_flag: 0.5, goal: 0.8}]
""",
    "metrics/service/invitations_sent.yml": """\
metric: invitations_sent
label: Invitations
owner: service
direction: none
kind: aggregate
dataset: invitations
measure: count
""",
    "scorecards/service.yml": """\
scorecard: service
grain: month
perspectives:
  - perspective: customer
    weight: 100
    objectives:
      - {objective: happy, statement: Happy customers, indicators: [csat]}
""",
}
# Order 1 answers twice, order 2 in the month after; one row is a test.
SURVEYS = """\
survey,order_id,answered,score,region,topic
s1,1,2026-03-02,5,north,tea
s2,1,2026-03-09,2,north,tea
s3,2,2026-04-01,4,south,cups
s4,3,2026-04-05,4,north,cups
s5,4,,,north,tea
test,9,2026-03-02,1,north,tea
"""
# Of March three that were sent (one order twice) and one that was not; of April three.
INVITATIONS = """\
order_id,asked,sent,region
1,2026-03-01,true,north
1,2026-03-08,true,north
2,2026-03-30,true,south
4,2026-03-30,true,north
5,2026-03-30,false,north
3,2026-04-04,true,north
6,2026-04-04,true,north
7,2026-04-04,true,
"""


def write_survey(root: Path, **changed: str) -> Path:
    """Write the company; `changed` replaces the text of definitions by the stem of their file."""
    for name, text in FILES.items():
        path = root / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(path.stem, text), encoding="utf-8")
    (root / "data").mkdir(exist_ok=True)
    (root / "data" / "surveys.csv").write_text(SURVEYS, encoding="utf-8")
    (root / "data" / "invitations.csv").write_text(INVITATIONS, encoding="utf-8")
    return root


def refreshed(project: Project, *metrics: str, now: datetime = NOW) -> Summary:
    return Refresher(project.catalog, project.root, project.store, lambda: now).refresh(metrics or None)
