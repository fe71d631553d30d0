"""What the API takes and gives of changes, and of what was published beside values."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from api.v1.described import UNIT, earlier_definition, instant, number, set_against, words
from metrics.grain import Grain


class ChangesQuerySchema(Schema):
    """Which change to take apart."""

    period = words("The later period's name, such as 2026-Q3; the newest final one when left out")
    against = words("The earlier period's name; the one before when left out")
    grain = words(
        "The grain, where no period is named", validate=validate.OneOf([grain.value for grain in Grain])
    )
    by = words("The dimensions of one stored cut, by comma", load_default="")


class EffectSchema(Schema):
    """What one segment adds to the change of the whole, exactly."""

    mix = fields.Float(metadata={"description": "By another weight in the whole"})
    rate = fields.Float(metadata={"description": "By another value of its own"})


class ChangeSchema(Schema):
    """A value less an earlier one, with its interval and what can be said of it."""

    difference = fields.Float()
    lower = number("Lower bound of the 95% interval")
    upper = number("Upper bound of the 95% interval")
    p = number("The two-sided p that the interval implies; with the basis whole that of the level")
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
    expected_lower = number("Lower bound of what the trend of the periods before would give")
    expected_upper = number("Upper bound of the same")


class SegmentChangeSchema(Schema):
    """How one segment moved."""

    dimensions = fields.Dict(keys=fields.String(), values=fields.String())
    value = number("The later value")
    unit = words(UNIT)
    previous = number("The earlier value")
    change = fields.Nested(ChangeSchema, allow_none=True)
    adjusted_p = number("Benjamini and Hochberg's p over all segments")
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

    metric = words("The input")
    unit = words("Its unit")
    period = words("The period at which it is read")
    value = number("Its value, as it is known now")


class ChangesSchema(Schema):
    """One change, taken apart by segment and by cause."""

    metric = words("The metric")
    unit = words(UNIT)
    period = words("The later period")
    against = words("The earlier period")
    computed_by = earlier_definition()
    value = number("The later value")
    previous = number("The earlier value, as it is known now")
    change = fields.Nested(ChangeSchema, allow_none=True)
    to_date = set_against("Of a later period that is provisional: what is compared in place of the whole")
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
    adjusted_by = words("How the p of segments are adjusted together")
    segments = fields.List(fields.Nested(SegmentChangeSchema))


class DiagnosticsSchema(Schema):
    """What the last good run published beside the values: a model's fit, unmatched ids, excluded customers."""

    metric = words("The metric")
    definition_hash = fields.String(allow_none=True)
    watermark = instant("The data is known up to here")
    computed_at = instant("When it was computed")
    definition_changed = fields.Boolean(metadata={"description": "Whether the definition is another by now"})
    error = fields.String(
        allow_none=True, metadata={"description": "Why the last run failed; what is shown is then older"}
    )
    failed_at = instant("When it failed")
    fit = fields.Raw(allow_none=True, metadata={"description": "Parameters and log-likelihood of each model"})
    beside = fields.Dict(keys=fields.String(), metadata={"description": "All else, by name"})
