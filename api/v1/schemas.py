"""The JSON of the API: what goes in and out, for marshmallow and for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from metrics.grain import Grain
from metrics.observation import State

MOST = 10_000
_GRAINS = [grain.value for grain in Grain]
_STATES = [state.value for state in State]


def _number(text: str) -> fields.Float:
    return fields.Float(allow_none=True, metadata={"description": text})


def _instant(text: str) -> fields.AwareDateTime:
    return fields.AwareDateTime(allow_none=True, metadata={"description": text})


def _words(text: str, **options: object) -> fields.String:
    return fields.String(metadata={"description": text}, **options)  # type: ignore[arg-type]


class ObservationQuerySchema(Schema):
    """Which observations to list."""

    grain = _words("One grain; all of the metric's when left out", validate=validate.OneOf(_GRAINS))
    from_ = fields.Date(
        data_key="from", metadata={"description": "Periods that begin on or after this local day"}
    )
    to = fields.Date(metadata={"description": "Periods that begin before this local day"})
    by = _words("Dimensions of one cut, by comma; the total when empty; * is all cuts", load_default="")
    state = _words("States to list, by comma; all but no_data when left out")
    as_known = _words("What was known before this day or instant (ISO 8601)")
    limit = fields.Integer(
        load_default=1000,
        validate=validate.Range(1, MOST),
        metadata={"description": f"How many to list, at most {MOST}"},
    )
    offset = fields.Integer(
        load_default=0, validate=validate.Range(0), metadata={"description": "How many to leave out first"}
    )


class ObservationSchema(Schema):
    """One value of a metric, with what it takes to trust it."""

    metric = _words("The metric")
    grain = _words("How long the period is", validate=validate.OneOf(_GRAINS))
    period = _words("The period's name, such as 2026-Q3")
    period_start = fields.Date(allow_none=True, metadata={"description": "First local day; null for all"})
    period_end = fields.Date(allow_none=True, metadata={"description": "Local day after the last"})
    dimensions = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "The segment; empty: total"}
    )
    value = _number("The value in the metric's unit, ratios 0 to 1; null is no value")
    numerator = _number("Numerator")
    denominator = _number("Denominator")
    lower = _number("Lower bound of the 95% interval")
    upper = _number("Upper bound of the 95% interval")
    sample_size = fields.Integer(allow_none=True, metadata={"description": "Rows or entities behind it"})
    maturity = _number("Share of entities whose window has closed")
    state = _words("What the value is worth", validate=validate.OneOf(_STATES))
    definition_hash = _words("The definition that it follows")
    code_version = fields.Integer(metadata={"description": "Version of the kind's code"})
    watermark = _instant("The data is known up to here")
    computed_at = _instant("When it was computed")
    run = fields.String(allow_none=True, metadata={"description": "The run that wrote it"})


class ObservationsSchema(Schema):
    """A page of observations."""

    metric = _words("The metric")
    unit = _words("ratio, a currency code, a unit such as days, or empty")
    total = fields.Integer(metadata={"description": "How many there are"})
    next = fields.String(allow_none=True, metadata={"description": "Address of the next page, or null"})
    items = fields.List(fields.Nested(ObservationSchema))


class HistoryQuerySchema(Schema):
    """Which value to follow."""

    grain = _words("The grain", required=True, validate=validate.OneOf(_GRAINS))
    period = _words("The period's name, such as 2026-Q3", required=True)
    dimension = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "dimension:value, repeated; total when left out"},
    )


class HistorySchema(Schema):
    """Every version of one value, the oldest first."""

    metric = _words("The metric")
    unit = _words("ratio, a currency code, a unit such as days, or empty")
    items = fields.List(fields.Nested(ObservationSchema))


class MetricSchema(Schema):
    """What a metric is, who answers for it, and its newest value."""

    metric = _words("The name")
    label = _words("The name as people read it")
    question = fields.String(allow_none=True)
    kind = _words("How it is computed")
    unit = _words("ratio, a currency code, a unit such as days, or empty")
    direction = _words("Which way is better: up, down, band or none")
    type = fields.String(allow_none=True, metadata={"description": "leading or lagging"})
    stage = fields.String(allow_none=True)
    leads = fields.String(allow_none=True)
    supports = fields.List(fields.String())
    joint = fields.Boolean(metadata={"description": "More than one department answers for it"})
    owner = fields.String(allow_none=True)
    domain = _words("The folder of its definition")
    dimensions = fields.List(fields.String())
    cuts = fields.List(fields.List(fields.String()), metadata={"description": "The cuts that are stored"})
    grains = fields.List(fields.String())
    guards = fields.List(fields.String(), metadata={"description": "Counter-metrics"})
    definition_hash = _words("The definition as it runs now")
    watermark = _instant("The data of the last good run is known up to here")
    computed_at = _instant("When the last good run ended")
    error = fields.String(allow_none=True, metadata={"description": "Why the last run failed, if it did"})


class MetricsQuerySchema(Schema):
    """Which metrics to list."""

    department = _words("Those that a department leads or supports")
    stage = _words("Those of one stage")


class MetricsSchema(Schema):
    """The catalogue."""

    items = fields.List(fields.Nested(MetricSchema))


class DefinitionSchema(Schema):
    """A metric's definition as it runs now."""

    metric = _words("The metric")
    hash = _words("Over everything that can change a value")
    code_version = fields.Integer(metadata={"description": "Version of the kind's code"})
    commit = fields.String(allow_none=True, metadata={"description": "Git commit of the project folder"})
    file = _words("The file, from the project folder")
    line = fields.Integer()
    text = fields.String(allow_none=True, metadata={"description": "The file as it is written"})


class LineageNodeSchema(Schema):
    """One thing that a metric is computed from."""

    kind = _words("metric, dataset or source")
    name = _words("Its name")


class LineageEdgeSchema(Schema):
    """What is read by what."""

    from_ = fields.Nested(LineageNodeSchema, data_key="from")
    to = fields.Nested(LineageNodeSchema)


class LineageSchema(Schema):
    """Everything that a metric is computed from."""

    metric = _words("The metric")
    nodes = fields.List(fields.Nested(LineageNodeSchema))
    edges = fields.List(fields.Nested(LineageEdgeSchema))


class RefreshSchema(Schema):
    """Whether a refresh runs, and how the last one ended."""

    running = fields.Boolean()
    started_at = _instant("When the last finished refresh began")
    finished_at = _instant("When it ended")
    ok = fields.Integer(allow_none=True, metadata={"description": "Metrics that came through"})
    failed = fields.Integer(allow_none=True, metadata={"description": "Metrics that failed"})


class ScorecardQuerySchema(Schema):
    """Which period of a scorecard to show."""

    period = _words("The period's name, such as 2026-Q3; the current one when left out")


class ScorecardItemSchema(Schema):
    """One scorecard of the list."""

    scorecard = _words("The name")
    label = _words("The name as people read it")
    vision = fields.String(allow_none=True)
    grain = _words("How long its periods are")
    metrics = fields.List(fields.String(), metadata={"description": "What it is measured by"})


class ScorecardsSchema(Schema):
    """The scorecards."""

    items = fields.List(fields.Nested(ScorecardItemSchema))
