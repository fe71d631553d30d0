"""The help desk and the survey tool."""

from __future__ import annotations

import numpy as np

from api.demo.care import Compensation, Questions
from api.demo.deals import Accounts
from api.demo.landing import arrived
from api.demo.orders import Orders
from api.demo.plans import Cancels, Exits, Plans
from api.demo.service import Invitations, Surveys, Tickets
from api.demo.tables import Columns
from api.demo.timeline import Syncs, Texts, happened, stamps


def tickets(rows: Tickets, writers: Texts, orders: Orders, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the help desk's tickets; it knows people by the address that they write from."""
    columns = {
        "ticket_id": rows.ticket,
        "requester": writers,
        "order_id": orders.order[rows.order],
        "opened_at": stamps(rows.opened),
        "first_reply_at": stamps(rows.replied),
        "resolved_at": stamps(rows.resolved),
        "reopened": rows.reopened,
        "topic": rows.topic,
        "is_complaint": rows.complaint,
        "sentiment": rows.sentiment,
        "handling_cost": rows.cost,
        "agent_id": rows.agent,
    }
    return arrived(columns, rows.opened, log, rng)


def compensation(rows: Compensation, tickets: Tickets, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return refunds and vouchers, at most one for a ticket."""
    columns = {
        "ticket_id": tickets.ticket[rows.ticket],
        "kind": rows.kind,
        "amount": rows.amount,
        "granted_at": stamps(rows.granted),
    }
    return arrived(columns, rows.granted, log, rng)


def questions(rows: Questions, writers: Texts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the details that customers were asked for, whichever department asked."""
    columns = {
        "question_id": rows.question,
        "requester": writers[rows.ticket],
        "field": rows.field,
        "asked_at": stamps(rows.asked),
        "asked_by": rows.department,
    }
    return arrived(columns, rows.asked, log, rng)


def surveys(
    rows: Surveys, orders: Orders, accounts: Accounts, log: Syncs, rng: np.random.Generator
) -> Columns:
    """Return the survey tool's rows: it sends on what was answered, and what was not after two weeks."""
    known = np.where(np.isnan(rows.answered), rows.sent + 14.0, rows.answered)
    columns = {
        "survey_id": rows.survey,
        "order_id": orders.order[rows.order],
        "account_id": accounts.account[orders.number[rows.order]],
        "sent_at": stamps(rows.sent),
        "answered_at": stamps(rows.answered),
        "score": rows.score,
    }
    return arrived(columns, happened(known), log, rng)


def invitations(
    rows: Invitations, orders: Orders, accounts: Accounts, log: Syncs, rng: np.random.Generator
) -> Columns:
    """Return who was invited to the survey after a delivery, and whether the message got there."""
    columns = {
        "invitation_id": rows.invitation,
        "order_id": orders.order[rows.order],
        "account_id": accounts.account[orders.number[rows.order]],
        "asked_at": stamps(rows.asked),
        "sent": rows.sent,
    }
    return arrived(columns, rows.asked, log, rng)


def cancel_contacts(rows: Cancels, plans: Plans, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return contacts of people who want to give up a plan, and how they ended."""
    columns = {
        "contact_id": rows.contact,
        "plan_id": plans.plan[rows.plan],
        "contacted_at": stamps(rows.when),
        "handed_on": rows.handed_on,
        "outcome": np.where(rows.saved, "saved", "cancelled").astype(object),
    }
    return arrived(columns, rows.when, log, rng)


def exit_surveys(rows: Exits, plans: Plans, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return what those who gave up a plan said was the reason."""
    columns = {"plan_id": plans.plan[rows.plan], "left_on": stamps(rows.left), "reason": rows.reason}
    return arrived(columns, rows.left + 4.0, log, rng)
