"""The JSON of the API: what goes in and out, for marshmallow and for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from api.v1.dataclass_schema import schema_of
from metrics.grain import Grain
from metrics.observation import State
from scorecard.cause_model import ComputedBy
from scorecard.report_model import ResponseReport, ToDateReport

MOST = 10_000
UNIT = "ratio, a currency code, a unit such as days, or empty for a count"
_GRAINS = [grain.value for grain in Grain]
_STATES = [state.value for state in State]


def _number(text: str) -> fields.Float:
    return fields.Float(allow_none=True, metadata={"description": text})


def _instant(text: str) -> fields.AwareDateTime:
    return fields.AwareDateTime(allow_none=True, metadata={"description": text})


def _earlier() -> fields.Nested:
    said = "The definition that the values follow, where another one runs by now and was not refreshed"
    return fields.Nested(schema_of(ComputedBy), allow_none=True, metadata={"description": said})


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
    unit = _words(UNIT)
    numerator = _number("Numerator")
    denominator = _number("Denominator")
    lower = _number("Lower bound of the 95% interval")
    upper = _number("Upper bound of the 95% interval")
    sample_size = fields.Integer(allow_none=True, metadata={"description": "Rows or entities behind it"})
    maturity = _number("Share of entities whose window has closed")
    state = _words("What the value is worth", validate=validate.OneOf(_STATES))
    final_on = fields.Date(
        allow_none=True, metadata={"description": "Local day on which a provisional value becomes final"}
    )
    awaits = fields.String(
        allow_none=True,
        metadata={"description": "The same in words, or from when the rows go where they begin too late"},
    )
    to_date = fields.Nested(
        schema_of(ToDateReport),
        allow_none=True,
        metadata={"description": "Of a provisional total: as many days of the period and the year before"},
    )
    definition_hash = _words("The definition that it follows")
    code_version = fields.Integer(metadata={"description": "Version of the kind's code"})
    watermark = _instant("The data is known up to here")
    computed_at = _instant("When it was computed")
    run = fields.String(allow_none=True, metadata={"description": "The run that wrote it"})
    # Of a survey: how many of those who were asked answered. Not in histories.
    response = fields.Nested(schema_of(ResponseReport), allow_none=True)


class ObservationsSchema(Schema):
    """A page of observations."""

    metric = _words("The metric")
    unit = _words(UNIT)
    assumptions = fields.String(
        allow_none=True,
        metadata={
            "description": "What every value rests on: horizon, discount rate, currency, margin, model"
        },
    )
    computed_by = _earlier()
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
    unit = _words(UNIT)
    items = fields.List(fields.Nested(ObservationSchema))


class MetricSchema(Schema):
    """What a metric is, who answers for it, and its newest value."""

    metric = _words("The name")
    label = _words("The name as people read it")
    question = fields.String(allow_none=True)
    assumptions = fields.String(
        allow_none=True, metadata={"description": "What its values rest on: horizon, margin, currency"}
    )
    kind = _words("How it is computed")
    unit = _words(UNIT)
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
    computed_by = _earlier()


class MetricsQuerySchema(Schema):
    """Which metrics to list."""

    department = _words("Those that a department leads or supports")
    stage = _words("Those of one stage")


class MetricsSchema(Schema):
    """The catalogue."""

    items = fields.List(fields.Nested(MetricSchema))


class ChangesQuerySchema(Schema):
    """Which change to take apart."""

    period = _words("The later period's name, such as 2026-Q3; the newest final one when left out")
    against = _words("The earlier period's name; the one before when left out")
    grain = _words("The grain, where no period is named", validate=validate.OneOf(_GRAINS))
    by = _words("The dimensions of one stored cut, by comma", load_default="")


class EffectSchema(Schema):
    """What one segment adds to the change of the whole, exactly."""

    mix = fields.Float(metadata={"description": "By another weight in the whole"})
    rate = fields.Float(metadata={"description": "By another value of its own"})


class ChangeSchema(Schema):
    """A value less an earlier one, with its interval and what can be said of it."""

    difference = fields.Float()
    lower = _number("Lower bound of the 95% interval")
    upper = _number("Upper bound of the 95% interval")
    p = _number("The two-sided p that the interval implies; with the basis whole that of the level")
    basis = fields.String(
        allow_none=True,
        metadata={"description": "whole (a count or sum: a fact), sampling, or usual_movement of the series"},
    )
    verdict = fields.String(
        allow_none=True,
        metadata={
            "description": "better, worse, changed (no side is better), unchanged, no_clear_change or not_enough_data"
        },
    )
    level = fields.String(
        allow_none=True,
        metadata={
            "description": "With the basis whole: out_of_the_ordinary, within_trend or too_little_past"
        },
    )
    expected_lower = _number("Lower bound of what the trend of the periods before would give")
    expected_upper = _number("Upper bound of the same")


class SegmentChangeSchema(Schema):
    """How one segment moved."""

    dimensions = fields.Dict(keys=fields.String(), values=fields.String())
    value = _number("The later value")
    unit = _words(UNIT)
    previous = _number("The earlier value")
    change = fields.Nested(ChangeSchema, allow_none=True)
    adjusted_p = _number("Benjamini and Hochberg's p over all segments")
    effect = fields.Nested(EffectSchema, allow_none=True)


class CausesSchema(Schema):
    """Why the later value is another than the earlier one that was first published; the parts add up."""

    first_published = fields.Float()
    definition = fields.Float(metadata={"description": "By other definitions since"})
    software = fields.Float(metadata={"description": "By other versions of the code since"})
    restated = fields.Float(metadata={"description": "By later data of the earlier period"})
    reality = fields.Float(metadata={"description": "What is left: it happened"})


class InputSchema(Schema):
    """What one input of a formula or difference was."""

    metric = _words("The input")
    unit = _words("Its unit")
    period = _words("The period at which it is read")
    value = _number("Its value, as it is known now")


class ChangesSchema(Schema):
    """One change, taken apart by segment and by cause."""

    metric = _words("The metric")
    unit = _words(UNIT)
    period = _words("The later period")
    against = _words("The earlier period")
    computed_by = _earlier()
    value = _number("The later value")
    previous = _number("The earlier value, as it is known now")
    change = fields.Nested(ChangeSchema, allow_none=True)
    to_date = fields.Nested(
        schema_of(ToDateReport),
        allow_none=True,
        metadata={
            "description": "Of a later period that is provisional: what is compared in place of the whole"
        },
    )
    judged = fields.Nested(
        ChangeSchema,
        allow_none=True,
        metadata={"description": "Of a metric that is itself a difference: what can be said of its value"},
    )
    inputs = fields.List(
        fields.Nested(InputSchema),
        metadata={"description": "Of a formula or difference: what the later value is computed from"},
    )
    causes = fields.Nested(CausesSchema, allow_none=True)
    adjusted_by = _words("How the p of segments are adjusted together")
    segments = fields.List(fields.Nested(SegmentChangeSchema))


class DiagnosticsSchema(Schema):
    """What the last good run published beside the values: a model's fit, unmatched ids, excluded customers."""

    metric = _words("The metric")
    definition_hash = fields.String(allow_none=True)
    watermark = _instant("The data is known up to here")
    computed_at = _instant("When it was computed")
    definition_changed = fields.Boolean(metadata={"description": "Whether the definition is another by now"})
    error = fields.String(
        allow_none=True, metadata={"description": "Why the last run failed; what is shown is then older"}
    )
    failed_at = _instant("When it failed")
    fit = fields.Raw(allow_none=True, metadata={"description": "Parameters and log-likelihood of each model"})
    beside = fields.Dict(keys=fields.String(), metadata={"description": "All else, by name"})


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


class LineageFitSchema(Schema):
    """A fitted model that values come from: that of the last good run."""

    metric = _words("The metric whose model it is")
    definition_hash = _words("The definition that it was fitted under")
    computed_at = _instant("When it was fitted")
    fitted_at = _instant("The data that it was fitted to end here")
    models = fields.Raw(
        metadata={"description": "By model: its parameters, log_likelihood and n, as customers"}
    )


class LineageSchema(Schema):
    """Everything that a metric is computed from."""

    metric = _words("The metric")
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
