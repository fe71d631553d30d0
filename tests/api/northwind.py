"""A small company with a value in every state, written to a folder and a store without any source."""

from datetime import UTC, date, datetime, timedelta
from math import sin
from pathlib import Path

from api.project.project import Project
from metrics.grain import Grain
from metrics.observation import Observation, Offset, State, ToDate
from metrics.statistics.intervals import wilson
from metrics.store.records import DatasetHealth, Definition, Run, SourceHealth

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
WATERMARK = datetime(2026, 11, 20, 6, tzinfo=UTC)
COMPUTED = datetime(2026, 11, 20, 6, 20, tzinfo=UTC)
CHANGED = date(2026, 6, 1)
"""When the definition of lead_to_opportunity became what it is."""

FILES = {
    "company.yml": """\
company: Northwind Teas
timezone: Europe/London
currency: GBP
departments:
  marketing: {label: Marketing, head: marketing-lead}
  sales: {label: Sales, head: sales-lead}
  service: {label: Customer service, head: service-lead}
milestones: [{date: 2025-07-01, label: Joint pipeline review starts, alignment: true}]
""",
    "journey.yml": """\
stages:
  - {stage: awareness, phase: taps, leads: marketing, supports: [sales, service]}
  - {stage: evaluation, phase: funnels, leads: sales, supports: [marketing, service]}
  - {stage: loyalty, phase: buckets, leads: service, supports: [sales, marketing]}
""",
    "sources.yml": 'sources: {crm: {url: "duckdb:///:memory:"}, helpdesk: {url: "duckdb:///:memory:"}}\n',
    "datasets/leads.yml": """\
dataset: leads
source: crm
table: leads
key: lead_id
time: entered_at
entities: {lead: lead_id}
columns: {amount: {expression: price, currency: "'GBP'"}}
dimensions: {channel: channel, segment: segment}
""",
    "datasets/orders.yml": """\
dataset: orders
source: crm
table: orders
key: order_id
time: ordered_at
columns: {amount: {expression: price * quantity, currency: "'GBP'"}}
dimensions: {channel: channel}
""",
    "datasets/tickets.yml": """\
dataset: tickets
source: helpdesk
table: tickets
key: ticket_id
time: opened_at
dimensions: {product: product}
""",
    "metrics/sales/lead_to_opportunity.yml": """\
metric: lead_to_opportunity
label: Lead to opportunity
question: Of the leads that marketing hands over, how many become a real opportunity within 90 days?
stage: evaluation
leads: sales
supports: [marketing, service]
owner: revenue-operations
direction: up
type: leading
kind: conversion
entity: lead
from: {dataset: leads, where: "stage = 'mql'"}
to: {dataset: leads, where: "stage = 'opportunity'"}
window: 90 days
skipped: implied
dimensions: [channel, segment]
cuts: [[channel, segment]]
grains: [month, quarter]
guards: [over_promise_share]
targets:
  - {from: 2025-01-01, red_flag: 0.18, goal: 0.24}
benchmarks: [{value: 0.21, says: "trade survey 2024"}]
""",
    "metrics/sales/revenue.yml": """\
metric: revenue
label: Revenue
question: What did customers order?
stage: evaluation
leads: sales
supports: [marketing]
direction: up
type: lagging
kind: aggregate
dataset: orders
measure: sum(amount)
dimensions: [channel]
guards: [over_promise_share]
targets:
  - {from: 2025-01-01, per: quarter, red_flag: 350000, goal: 420000}
""",
    "metrics/marketing/acquisition_cost.yml": """\
metric: acquisition_cost
label: Acquisition cost
question: What does a new customer cost, all in?
stage: awareness
leads: marketing
supports: [sales]
direction: none
type: lagging
kind: ratio
numerator: {dataset: orders, measure: sum(amount)}
denominator: {dataset: leads, measure: count}
""",
    "metrics/marketing/lifetime_value_to_cost.yml": """\
metric: lifetime_value_to_cost
label: Lifetime value to cost
stage: awareness
leads: marketing
supports: [sales, service]
direction: up
type: lagging
kind: derived
formula: revenue / acquisition_cost
targets: [{from: 2025-01-01, red_flag: 2, goal: 3}]
""",
    "metrics/service/kept_promises.yml": """\
metric: kept_promises
label: Kept promises
question: How many orders arrive when we said they would?
stage: loyalty
leads: service
supports: [sales]
direction: up
type: lagging
kind: proportion
dataset: orders
share: delivered_at <= promised_at
dimensions: [channel]
targets: [{from: 2025-01-01, red_flag: 0.85, goal: 0.92}]
""",
    "metrics/service/over_promise_share.yml": """\
metric: over_promise_share
label: Over-promised orders
question: How often does sales promise sooner than the standard?
stage: loyalty
leads: sales
supports: [service]
direction: down
type: leading
kind: proportion
dataset: orders
share: promised_hours < standard_hours
targets: [{from: 2025-01-01, red_flag: 0.12, goal: 0.05}]
""",
    "metrics/service/first_reply.yml": """\
metric: first_reply
label: First human reply
stage: loyalty
leads: service
owner: service-desk
direction: down
type: leading
unit: hours
kind: aggregate
dataset: tickets
measure: avg(reply_hours)
targets: [{from: 2025-01-01, red_flag: 8, goal: 4}]
""",
    "metrics/service/team_mood.yml": """\
metric: team_mood
label: Team mood
leads: service
direction: up
kind: proportion
dataset: tickets
share: mood >= 4
private: true
targets: [{from: 2025-01-01, red_flag: 0.5, goal: 0.7}]
""",
    "metrics/service/complaints_per_order.yml": """\
metric: complaints_per_order
label: Complaints per order
leads: service
supports: [sales]
direction: down
kind: ratio
numerator: {dataset: tickets, measure: count, where: "topic = 'complaint'"}
denominator: {dataset: orders, measure: count}
targets: [{from: 2025-01-01, red_flag: 0.08, goal: 0.04}]
""",
    "metrics/service/retention_change.yml": """\
metric: retention_change
label: Kept promises, year on year
leads: service
direction: up
kind: difference
of: kept_promises
shift: 1 year
""",
    "metrics/marketing/balanced_load.yml": """\
metric: balanced_load
label: Share of touches by service
stage: awareness
leads: marketing
direction: band
kind: proportion
dataset: leads
share: department = 'service'
targets: [{from: 2025-01-01, goal: [0.2, 0.4], red_flag: [0.1, 0.5]}]
""",
    "scorecards/joint.yml": """\
scorecard: joint
vision: One promise, kept by everyone
grain: quarter
perspectives:
  - perspective: financial
    weight: 30
    objectives:
      - objective: profitable_growth
        statement: Growth that pays for itself
        champion: sales-lead
        indicators:
          - {metric: revenue, weight: 50}
          - {metric: lifetime_value_to_cost, weight: 30}
          - {metric: retention_change, weight: 20}
  - perspective: customer
    weight: 40
    objectives:
      - objective: keep_promises
        statement: Sales promises what service can keep
        champion: service-lead
        indicators: [{metric: kept_promises, weight: 60}, {metric: over_promise_share, weight: 40}]
        initiatives: [{initiative: Quote tool shows the standard, owner: sales-lead, due: 2026-12-15}]
      - objective: heard
        statement: Customers are heard the first time
        indicators: [{metric: first_reply, weight: 50}, {metric: complaints_per_order, weight: 50}]
  - perspective: internal process
    weight: 20
    objectives:
      - objective: one_pipeline
        statement: One pipeline, handed over cleanly
        champion: marketing-lead
        indicators: [lead_to_opportunity, balanced_load]
  - perspective: learning and growth
    weight: 10
    objectives:
      - objective: good_work
        statement: People like to work here
        indicators: [team_mood]
""",
    "scorecards/service_only.yml": """\
scorecard: service_only
grain: month
perspectives:
  - perspective: customer
    objectives:
      - objective: replies
        statement: Quick replies
        indicators: [first_reply]
""",
}

CHANNELS = ("organic", "paid search", "referral")
SEGMENTS = ("large", "small")


def write_definitions(root: Path, files=FILES) -> None:
    for name, text in files.items():
        path = root / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def build(root: Path) -> Project:
    """Write the company's definitions and values into a folder, and open it."""
    write_definitions(root)
    project = Project.open(root)
    for metric in project.catalog.metrics:
        fill(project, metric)
    for found, day in (("0" * 64, date(2024, 2, 1)), (project.hash_of("lead_to_opportunity"), CHANGED)):
        seen = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        project.store.definitions.remember(Definition(found, "lead_to_opportunity", 1, "{}", None, seen))
    project.store.record_source(SourceHealth("crm", True, COMPUTED, COMPUTED, WATERMARK, None))
    project.store.record_source(SourceHealth("helpdesk", False, COMPUTED, None, None, "connection refused"))
    project.store.record_datasets([DatasetHealth(name, "crm", COMPUTED, WATERMARK + timedelta(hours=hours))
                                   for hours, name in enumerate(("orders", "leads", "gone"))])  # fmt: skip
    project.store.record_refresh(COMPUTED - timedelta(minutes=2), COMPUTED, ok=10, failed=1)
    return project


def a_run(project: Project, name: str) -> Run:
    metric = project.catalog.metric(name)
    return Run(
        id=f"run-{name}",
        metric=name,
        definition_hash=project.hash_of(name),
        code_version=1,
        started_at=COMPUTED,
        finished_at=COMPUTED,
        watermark=WATERMARK,
        outcome="ok",
        error=None,
        grains=metric.grains,
        cuts=metric.cut_sets,
        seconds=1.25,
    )


def fill(project: Project, name: str) -> None:
    metric, run = project.catalog.metric(name), a_run(project, name)
    calendar = project.catalog.company.calendar
    observations = [
        seen
        for grain in metric.grains
        for index, period in enumerate(calendar.periods(grain, date(2024, 1, 1), date(2026, 11, 20)))
        for seen in _observations(project, run, grain, period, index)
    ]
    project.store.write(run, observations, _to_date(calendar) if name == "revenue" else ())
    if name == "complaints_per_order":
        later = COMPUTED + timedelta(hours=1)
        project.store.fail(
            Run(
                **{
                    **run.__dict__,
                    "id": "run-failed",
                    "outcome": "failed",
                    "error": "source 'helpdesk': refused",
                    "started_at": later,
                    "finished_at": later,
                    "watermark": None,
                }
            )
        )


def _to_date(calendar):
    """What revenue's open quarter is set against: 50 days of it, of the quarter before, of that of a year before."""
    base = calendar.parse("2026-Q4")
    for offset, period, value in (
        (Offset.NONE, "2026-Q4", 210_000.0), (Offset.PERIOD, "2026-Q3", 200_000.0), (Offset.YEAR, "2025-Q4", 280_000.0),
    ):  # fmt: skip
        yield ToDate(base=base, offset=offset, period=calendar.parse(period), days=50, state=State.PROVISIONAL,
                     value=value)  # fmt: skip


def observation(project, run, period, value, *, state=State.FINAL, dimensions=(), **more) -> Observation:
    parts = {"maturity": 1.0 if state is State.FINAL else None} | more
    return Observation(
        metric=run.metric,
        definition_hash=run.definition_hash,
        code_version=1,
        grain=period.grain,
        period=period,
        dimensions=dimensions,
        state=state,
        value=value,
        watermark=WATERMARK,
        computed_at=COMPUTED,
        run=run.id,
        **parts,
    )


def _share(project, run, period, hits, tried, *, state=State.FINAL, dimensions=(), **more):
    bounds = wilson(hits, tried)
    return observation(
        project,
        run,
        period,
        hits / tried,
        state=state,
        dimensions=dimensions,
        numerator=hits,
        denominator=tried,
        lower=bounds.lower,
        upper=bounds.upper,
        sample_size=tried,
        **more,
    )


def _observations(project, run, grain, period, index):
    size = 3 if grain is Grain.QUARTER else 1
    wave = sin(index * 1.3)
    is_open = period.end > date(2026, 11, 20)
    state = State.PROVISIONAL if is_open else State.FINAL
    maker = _MAKERS.get(run.metric)
    if maker is not None:
        yield from maker(project, run, period, index, size, wave, state)


def _conversion(project, run, period, index, size, wave, state):
    # The window of 90 days is open for everything that began after August.
    young = period.end > date(2026, 8, 22)
    state = State.PROVISIONAL if young else State.FINAL
    tried = 400 * size
    hits = round(tried * (0.17 + 0.004 * index * size / 3 + 0.012 * wave))
    if young and period.end > date(2026, 11, 20):
        yield observation(
            project,
            run,
            period,
            None,
            state=state,
            numerator=12,
            denominator=tried,
            sample_size=tried,
            maturity=0.0,
        )
        return
    maturity = 0.62 if young else 1.0
    yield _share(project, run, period, hits, tried, state=state, maturity=maturity)
    for number, channel in enumerate(CHANNELS):
        some = tried // (number + 2)
        yield _share(
            project,
            run,
            period,
            round(some * hits / tried * (1.2 - 0.2 * number)),
            some,
            state=state,
            maturity=maturity,
            dimensions=(("channel", channel),),
        )
        for segment in SEGMENTS:
            few = some // 4
            yield _share(
                project,
                run,
                period,
                round(few * hits / tried),
                few,
                state=state,
                maturity=maturity,
                dimensions=(("channel", channel), ("segment", segment)),
            )
    for segment in SEGMENTS:
        half = tried // 2
        yield _share(
            project,
            run,
            period,
            round(half * hits / tried),
            half,
            state=state,
            maturity=maturity,
            dimensions=(("segment", segment),),
        )


def _revenue(project, run, period, index, size, wave, state):
    done = 0.55 if state is State.PROVISIONAL else 1.0
    total = round((118_000 + 2_400 * index * size / 3 + 7_000 * wave) * size * done, 2)
    yield observation(project, run, period, total, state=state, sample_size=900 * size)
    for number, channel in enumerate(CHANNELS):
        # The newest final periods have no referral orders any more.
        if channel == "referral" and period.start >= date(2026, 7, 1):
            continue
        yield observation(
            project,
            run,
            period,
            round(total / (number + 2), 2),
            state=state,
            dimensions=(("channel", channel),),
            sample_size=200 * size,
        )


def _cost(project, run, period, index, size, wave, state):
    yield observation(
        project,
        run,
        period,
        310.0 + 12 * wave,
        state=state,
        numerator=93_000.0 * size,
        denominator=300 * size,
        sample_size=300 * size,
    )


def _kept(project, run, period, index, size, wave, state):
    tried = 800 * size
    hits = round(tried * (0.90 + 0.003 * index * size / 3 + 0.008 * wave))
    yield _share(project, run, period, min(hits, tried - 20), tried, state=state)
    for channel in CHANNELS[:2]:
        yield _share(
            project, run, period, round(hits / 4), tried // 4, state=state, dimensions=(("channel", channel),)
        )


def _over(project, run, period, index, size, wave, state):
    tried = 800 * size
    yield _share(
        project,
        run,
        period,
        round(tried * (0.11 + 0.005 * index * size / 3 + 0.01 * wave)),
        tried,
        state=state,
    )


def _reply(project, run, period, index, size, wave, state):
    small = state is State.FINAL and period.start >= date(2026, 7, 1)
    yield observation(
        project,
        run,
        period,
        5.5 + wave,
        state=State.SMALL_SAMPLE if small else state,
        lower=4.1 + wave,
        upper=7.2 + wave,
        numerator=(5.5 + wave) * 8,
        denominator=8,
        sample_size=8 if small else 240,
    )


def _mood(project, run, period, index, size, wave, state):
    yield observation(project, run, period, None, state=State.SUPPRESSED)


def _complaints(project, run, period, index, size, wave, state):
    if period.start < date(2026, 1, 1):
        yield observation(
            project, run, period, 0.05 + 0.01 * wave, state=state, numerator=40, denominator=800
        )


def _lifetime(project, run, period, index, size, wave, state):
    # Its window is so long that nothing is final yet.
    if period.start >= date(2025, 7, 1):
        maturity = round(0.9 - 0.03 * (index % 12), 2)
        yield observation(project, run, period, 2.6 + 0.2 * wave, state=State.PROVISIONAL, maturity=maturity)


def _load(project, run, period, index, size, wave, state):
    tried = 500 * size
    yield _share(project, run, period, round(tried * (0.3 + 0.05 * wave)), tried, state=state)


def _change(project, run, period, index, size, wave, state):
    if period.start >= date(2025, 1, 1):
        yield observation(
            project, run, period, 0.01 * wave, state=state, lower=0.01 * wave - 0.02, upper=0.01 * wave + 0.02
        )


_MAKERS = {
    "lead_to_opportunity": _conversion,
    "revenue": _revenue,
    "acquisition_cost": _cost,
    "kept_promises": _kept,
    "over_promise_share": _over,
    "first_reply": _reply,
    "team_mood": _mood,
    "complaints_per_order": _complaints,
    "lifetime_value_to_cost": _lifetime,
    "balanced_load": _load,
    "retention_change": _change,
}
