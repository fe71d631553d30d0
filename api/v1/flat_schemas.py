"""The JSON of the flat endpoints."""

from __future__ import annotations

from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from api.v1.schemas import UNIT
from metrics.grain import Grain
from metrics.observation import State


def _words(text: str, **options: Any) -> fields.String:
    return fields.String(metadata={"description": text}, **options)


def _number(text: str) -> fields.Float:
    return fields.Float(allow_none=True, metadata={"description": text})


def _instant(text: str) -> fields.AwareDateTime:
    return fields.AwareDateTime(allow_none=True, metadata={"description": text})


class FlatObservationQuerySchema(Schema):
    """Which values to list."""

    metric = _words("The metric", required=True)
    grain = _words("One grain; all of the metric's when left out",
                   validate=validate.OneOf([grain.value for grain in Grain]))  # fmt: skip
    from_ = fields.Date(
        data_key="from", metadata={"description": "Periods that begin on or after this local day"}
    )
    to = fields.Date(metadata={"description": "Periods that begin before this local day"})
    by = _words("Dimensions of one cut, by comma; the total when empty; * is all cuts", load_default="")
    state = _words("States to list, by comma; all but no_data when left out")


class FlatObservationSchema(Schema):
    """One value; each dimension of the cut is a key of its own beside these."""

    class Meta:
        """Dimensions bear the names that the definitions give them."""

        unknown = INCLUDE

    metric = _words("The metric")
    label = _words("The name as people read it")
    unit = _words(UNIT)
    grain = _words("How long the period is")
    period = _words("The period's name, such as 2026-Q3")
    time = _instant("When the period begins; null for all")
    end = _instant("When it ends")
    value = _number("The value in the metric's unit, ratios 0 to 1; null is no value")
    lower = _number("Lower bound of the 95% interval")
    upper = _number("Upper bound of the 95% interval")
    numerator = _number("Numerator")
    denominator = _number("Denominator")
    sample_size = fields.Integer(allow_none=True, metadata={"description": "Rows or entities behind it"})
    maturity = _number("Share of entities whose window has closed")
    state = _words("What the value is worth", validate=validate.OneOf([state.value for state in State]))
    response_rate = _number("Of a survey: answers by invitations, 0 to 1")
    invited = _number("Of a survey: how many were asked")
    watermark = _instant("The data is known up to here")
    computed_at = _instant("When it was computed")


class FlatScorecardQuerySchema(Schema):
    """Which scorecard and period to list."""

    scorecard = _words("The scorecard; the first one when left out")
    period = _words("The period's name, such as 2026-Q3; the current one when left out")


class FlatIndicatorSchema(Schema):
    """One indicator of a scorecard in one period."""

    scorecard = _words("The scorecard")
    period = _words("The period that is reported")
    scorecard_score = _number("Of the scorecard, 0 to 100")
    scorecard_score_lower = _number("Lower bound of what the figures' intervals imply for it")
    scorecard_score_upper = _number("Upper bound of the same")
    perspective = _words("The perspective")
    objective = _words("The objective")
    statement = _words("What is to be reached")
    objective_score = _number("Of the objective, 0 to 100")
    objective_score_lower = _number("Lower bound of what the figures' intervals imply for it")
    objective_score_upper = _number("Upper bound of the same")
    metric = _words("The metric")
    label = _words("The name as people read it")
    leads = fields.String(allow_none=True, metadata={"description": "The department that leads"})
    unit = _words("ratio, ratio difference, a currency code, a unit such as days, or empty")
    value = _number("The scored value in the metric's unit")
    lower = _number("Lower bound of the 95% interval")
    upper = _number("Upper bound of the 95% interval")
    value_period = fields.String(allow_none=True, metadata={"description": "The period that the value is of"})
    goal = _number("The goal, of a band its lower end")
    goal_upper = _number("The upper end of a band")
    red_flag = _number("The red flag, of a band its lower end")
    red_flag_upper = _number("The upper end of a band")
    score = _number("0 to 100: a red flag is 33, a goal 67")
    status = _words("What the score says, or why there is none")
    response_rate = _number("Of a survey: answers by invitations, 0 to 1")
    invited = _number("Of a survey: how many were asked")
    status_certain = fields.Boolean(
        allow_none=True, metadata={"description": "The value's interval lies within the status"}
    )
    could_be = _words("What the status could be too, by comma; empty where it is certain")
    as_of = _instant("The data is known up to here")
    stale = fields.Boolean(metadata={"description": "The data is older than it may be"})
