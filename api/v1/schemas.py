"""The JSON of the API: what goes in and out, for marshmallow and for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from api.v1.dataclass_schema import schema_of
from api.v1.described import UNIT, earlier_definition, instant, number, set_against, words
from metrics.catalog.dated import Turn
from metrics.grain import Grain
from metrics.observation import State
from scorecard.report_model import ResponseReport

AS_KNOWN = "What was known before this day or instant (ISO 8601); without an offset it is local"
MOST = 10_000
_GRAINS = [grain.value for grain in Grain]
_STATES = [state.value for state in State]


class ObservationQuerySchema(Schema):
    """Which observations to list."""

    grain = words("One grain; all of the metric's when left out", validate=validate.OneOf(_GRAINS))
    from_ = fields.Date(
        data_key="from", metadata={"description": "Periods that begin on or after this local day"}
    )
    to = fields.Date(metadata={"description": "Periods that begin before this local day"})
    by = words("Dimensions of one cut, by comma; the total when empty; * is all cuts", load_default="")
    state = words("States to list, by comma; all but no_data when left out")
    as_known = words(AS_KNOWN)
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

    metric = words("The metric")
    grain = words("How long the period is", validate=validate.OneOf(_GRAINS))
    period = words("The period's name, such as 2026-Q3")
    period_start = fields.Date(allow_none=True, metadata={"description": "First local day; null for all"})
    period_end = fields.Date(allow_none=True, metadata={"description": "Local day after the last"})
    dimensions = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "The segment; empty: total"}
    )
    value = number("The value in the metric's unit, ratios 0 to 1; null is no value")
    unit = words(UNIT)
    numerator = number("Numerator")
    denominator = number("Denominator")
    lower = number("Lower bound of the 95% interval")
    upper = number("Upper bound of the 95% interval")
    sample_size = fields.Integer(allow_none=True, metadata={"description": "Rows or entities behind it"})
    maturity = number("Share of entities whose window has closed")
    state = words("What the value is worth", validate=validate.OneOf(_STATES))
    final_on = fields.Date(
        allow_none=True, metadata={"description": "Local day on which a provisional value becomes final"}
    )
    awaits = fields.String(
        allow_none=True,
        metadata={"description": "The same in words, or from when the rows go where they begin too late"},
    )
    to_date = set_against("Of a provisional total: as many days of the period and the year before")
    definition_hash = words("The definition that it follows")
    code_version = fields.Integer(metadata={"description": "Version of the kind's code"})
    watermark = instant("The data is known up to here")
    computed_at = instant("When it was computed")
    run = fields.String(allow_none=True, metadata={"description": "The run that wrote it"})
    # Of a survey: how many of those who were asked answered. Not in histories.
    response = fields.Nested(schema_of(ResponseReport), allow_none=True)


class ObservationsSchema(Schema):
    """A page of observations."""

    metric = words("The metric")
    unit = words(UNIT)
    assumptions = fields.String(
        allow_none=True,
        metadata={
            "description": "What every value rests on: horizon, discount rate, currency, margin, model"
        },
    )
    computed_by = earlier_definition()
    total = fields.Integer(metadata={"description": "How many there are"})
    next = fields.String(allow_none=True, metadata={"description": "Address of the next page, or null"})
    items = fields.List(fields.Nested(ObservationSchema))


class HistoryQuerySchema(Schema):
    """Which value to follow."""

    grain = words("The grain", required=True, validate=validate.OneOf(_GRAINS))
    period = words("The period's name, such as 2026-Q3", required=True)
    dimension = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "dimension:value, repeated; total when left out"},
    )


class HistorySchema(Schema):
    """Every version of one value, the oldest first."""

    metric = words("The metric")
    unit = words(UNIT)
    items = fields.List(fields.Nested(ObservationSchema))


class MetricSchema(Schema):
    """What a metric is, who answers for it, and its newest value."""

    metric = words("The name")
    label = words("The name as people read it")
    question = fields.String(allow_none=True)
    assumptions = fields.String(
        allow_none=True, metadata={"description": "What its values rest on: horizon, margin, currency"}
    )
    kind = words("How it is computed")
    unit = words(UNIT)
    direction = words("Which way is better: up, down, band or none")
    type = fields.String(allow_none=True, metadata={"description": "leading or lagging"})
    status = words("Where its definition stands: proposed (never scored), approved or deprecated")
    replaced_by = fields.String(
        allow_none=True, metadata={"description": "What a deprecated one gives way to"}
    )
    sunset = fields.Date(allow_none=True, metadata={"description": "The day on which a deprecated one goes"})
    life = fields.String(
        allow_none=True, metadata={"description": "The three as a sentence; null if approved"}
    )
    turns = fields.List(
        fields.Nested(schema_of(Turn)),
        metadata={"description": "Days from which on a condition of its rows asks something else"},
    )
    stage = fields.String(allow_none=True)
    leads = fields.String(allow_none=True)
    supports = fields.List(fields.String())
    joint = fields.Boolean(metadata={"description": "More than one department answers for it"})
    owner = fields.String(allow_none=True)
    domain = words("The folder of its definition")
    dimensions = fields.List(fields.String())
    cuts = fields.List(fields.List(fields.String()), metadata={"description": "The cuts that are stored"})
    grains = fields.List(fields.String())
    guards = fields.List(fields.String(), metadata={"description": "Counter-metrics"})
    definition_hash = words("The definition as it runs now")
    watermark = instant("The data of the last good run is known up to here")
    computed_at = instant("When the last good run ended")
    error = fields.String(allow_none=True, metadata={"description": "Why the last run failed, if it did"})
    computed_by = earlier_definition()


class MetricsQuerySchema(Schema):
    """Which metrics to list."""

    department = words("Those that a department leads or supports")
    stage = words("Those of one stage")


class MetricsSchema(Schema):
    """The catalogue."""

    items = fields.List(fields.Nested(MetricSchema))


class DefinitionSchema(Schema):
    """A metric's definition as it runs now."""

    metric = words("The metric")
    hash = words("Over everything that can change a value")
    code_version = fields.Integer(metadata={"description": "Version of the kind's code"})
    commit = fields.String(allow_none=True, metadata={"description": "Git commit of the project folder"})
    file = words("The file, from the project folder")
    line = fields.Integer()
    text = fields.String(allow_none=True, metadata={"description": "The file as it is written"})


class LineageNodeSchema(Schema):
    """One thing that a metric is computed from."""

    kind = words("metric, dataset or source")
    name = words("Its name")


class LineageEdgeSchema(Schema):
    """What is read by what."""

    from_ = fields.Nested(LineageNodeSchema, data_key="from")
    to = fields.Nested(LineageNodeSchema)


class LineageFitSchema(Schema):
    """A fitted model that values come from: that of the last good run."""

    metric = words("The metric whose model it is")
    definition_hash = words("The definition that it was fitted under")
    computed_at = instant("When it was fitted")
    fitted_at = instant("The data that it was fitted to end here")
    models = fields.Raw(
        metadata={"description": "By model: its parameters, log_likelihood and n, as customers"}
    )


class LineageSchema(Schema):
    """Everything that a metric is computed from."""

    metric = words("The metric")
    nodes = fields.List(fields.Nested(LineageNodeSchema))
    edges = fields.List(fields.Nested(LineageEdgeSchema))
    assumptions = fields.String(allow_none=True, metadata={"description": "What every value rests on"})
    currency = fields.String(
        allow_none=True, metadata={"description": "What its money is in, also that of its inputs"}
    )
    fits = fields.List(
        fields.Nested(LineageFitSchema),
        metadata={"description": "Its own and its inputs'; none of a private one"},
    )


class RefreshSchema(Schema):
    """Whether a refresh runs, and how the last one ended."""

    running = fields.Boolean()
    started_at = instant("When the last finished refresh began")
    finished_at = instant("When it ended")
    ok = fields.Integer(allow_none=True, metadata={"description": "Metrics that came through"})
    failed = fields.Integer(allow_none=True, metadata={"description": "Metrics that failed"})


class ScorecardQuerySchema(Schema):
    """Which period of a scorecard to show."""

    period = words("The period's name, such as 2026-Q3; the current one when left out")
    as_known = words(AS_KNOWN)


class ScorecardItemSchema(Schema):
    """One scorecard of the list."""

    scorecard = words("The name")
    label = words("The name as people read it")
    vision = fields.String(allow_none=True)
    grain = words("How long its periods are")
    metrics = fields.List(fields.String(), metadata={"description": "What it is measured by"})


class ScorecardsSchema(Schema):
    """The scorecards."""

    items = fields.List(fields.Nested(ScorecardItemSchema))
