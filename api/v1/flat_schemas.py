"""The JSON of the flat endpoints."""

from __future__ import annotations

from marshmallow import INCLUDE, Schema, fields, validate

from api.v1.described import UNIT, instant, number, words
from metrics.grain import Grain
from metrics.observation import State


class FlatObservationQuerySchema(Schema):
    """Which values to list."""

    metric = words("The metric", required=True)
    grain = words("One grain; all of the metric's when left out",
                   validate=validate.OneOf([grain.value for grain in Grain]))  # fmt: skip
    from_ = fields.Date(
        data_key="from", metadata={"description": "Periods that begin on or after this local day"}
    )
    to = fields.Date(metadata={"description": "Periods that begin before this local day"})
    by = words("Dimensions of one cut, by comma; the total when empty; * is all cuts", load_default="")
    state = words("States to list, by comma; all but no_data when left out")


class FlatObservationSchema(Schema):
    """One value; each dimension of the cut is a key of its own beside these."""

    class Meta:
        """Dimensions bear the names that the definitions give them."""

        unknown = INCLUDE

    metric = words("The metric")
    label = words("The name as people read it")
    unit = words(UNIT)
    grain = words("How long the period is")
    period = words("The period's name, such as 2026-Q3")
    time = instant("When the period begins; null for all")
    end = instant("When it ends")
    value = number("The value in the metric's unit, ratios 0 to 1; null is no value")
    lower = number("Lower bound of the 95% interval")
    upper = number("Upper bound of the 95% interval")
    numerator = number("Numerator")
    denominator = number("Denominator")
    sample_size = fields.Integer(allow_none=True, metadata={"description": "Rows or entities behind it"})
    maturity = number("Share of entities whose window has closed")
    state = words("What the value is worth", validate=validate.OneOf([state.value for state in State]))
    response_rate = number("Of a survey: answers by invitations, 0 to 1")
    invited = number("Of a survey: how many were asked")
    watermark = instant("The data is known up to here")
    computed_at = instant("When it was computed")


class FlatScorecardQuerySchema(Schema):
    """Which scorecard and period to list."""

    scorecard = words("The scorecard; the first one when left out")
    period = words("The period's name, such as 2026-Q3; the current one when left out")


class FlatIndicatorSchema(Schema):
    """One indicator of a scorecard in one period."""

    scorecard = words("The scorecard")
    period = words("The period that is reported")
    scorecard_score = number("Of the scorecard, 0 to 100")
    scorecard_score_lower = number("Lower bound of what the figures' intervals imply for it")
    scorecard_score_upper = number("Upper bound of the same")
    perspective = words("The perspective")
    objective = words("The objective")
    statement = words("What is to be reached")
    objective_score = number("Of the objective, 0 to 100")
    objective_score_lower = number("Lower bound of what the figures' intervals imply for it")
    objective_score_upper = number("Upper bound of the same")
    metric = words("The metric")
    label = words("The name as people read it")
    leads = fields.String(allow_none=True, metadata={"description": "The department that leads"})
    unit = words("ratio, ratio difference, a currency code, a unit such as days, or empty")
    value = number("The scored value in the metric's unit")
    lower = number("Lower bound of the 95% interval")
    upper = number("Upper bound of the 95% interval")
    value_period = fields.String(allow_none=True, metadata={"description": "The period that the value is of"})
    goal = number("The goal, of a band its lower end")
    goal_upper = number("The upper end of a band")
    red_flag = number("The red flag, of a band its lower end")
    red_flag_upper = number("The upper end of a band")
    score = number("0 to 100: a red flag is 33, a goal 67")
    status = words("What the score says, or why there is none")
    response_rate = number("Of a survey: answers by invitations, 0 to 1")
    invited = number("Of a survey: how many were asked")
    status_certain = fields.Boolean(
        allow_none=True, metadata={"description": "The value's interval lies within the status"}
    )
    could_be = words("What the status could be too, by comma; empty where it is certain")
    as_of = instant("The data is known up to here")
    stale = fields.Boolean(metadata={"description": "The data is older than it may be"})
