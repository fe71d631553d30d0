"""The CRM, the web shop and the call tracker."""

from __future__ import annotations

import numpy as np

from api.demo.attention import Calls
from api.demo.deals import Accounts, Deals, Pipeline
from api.demo.handover import REQUIRED, Assignments, Handovers
from api.demo.landing import arrived
from api.demo.leads import Leads, StageChanges
from api.demo.orders import Orders
from api.demo.people import posts
from api.demo.plans import Plans
from api.demo.tables import Columns
from api.demo.timeline import Syncs, Texts, blank, days_to, identifiers, stamps


def _account_of(accounts: Accounts, leads: int) -> Texts:
    """Return each lead's account, or None."""
    result = blank(leads)
    result[accounts.number] = accounts.account
    return result


def stage_changes(rows: StageChanges, accounts: Accounts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the CRM's stage history; a lead has an account from the opportunity on."""
    owned = _account_of(accounts, int(rows.number.max()) + 1)[rows.number]
    with_account = np.isin(rows.stage, ["opportunity", "proposal", "closed_won", "closed_lost"])
    columns = {
        "change_id": identifiers("H", len(rows.lead)),
        "lead_id": rows.lead,
        "account_id": np.where(with_account, owned, blank(len(owned))),
        "stage": rows.stage,
        "changed_at": stamps(rows.changed),
        "owner_id": rows.owner,
        "reason": rows.reason,
    }
    return arrived(columns, rows.changed, log, rng)


def handovers(rows: Handovers, leads: Leads, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the records of hand-overs from marketing to sales, as they were at that moment."""
    columns = {
        "lead_id": leads.lead[rows.lead],
        "handed_over_at": stamps(rows.when),
        "required_fields": np.full(len(rows.lead), REQUIRED),
        "filled_fields": rows.filled,
        "approved_by_sales": rows.approved,
    }
    return arrived(columns, rows.when, log, rng)


def assignments(rows: Assignments, leads: Leads, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return who was given a lead at which status."""
    columns = {
        "assignment_id": rows.assignment,
        "lead_id": leads.lead[rows.lead],
        "status": rows.status,
        "assigned_at": stamps(rows.when),
        "owner_id": rows.owner,
    }
    return arrived(columns, rows.when, log, rng)


def accounts(rows: Accounts, standing: Texts) -> Columns:
    """Return the CRM's accounts, and whether we may still write to them."""
    return {
        "account_id": rows.account,
        "lead_id": rows.lead,
        "name": rows.name,
        "segment": rows.segment,
        "channel": rows.channel,
        "region": rows.region,
        "standing": standing,
        "created_at": stamps(rows.opened),
    }


def deals(rows: Deals, accounts: Accounts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the CRM's deals; an open one has neither `closed_at` nor `won`."""
    is_open = np.isnan(rows.closed)
    columns = {
        "deal_id": rows.deal,
        "account_id": accounts.account[rows.number],
        "kind": rows.kind,
        "fit": rows.fit,
        "amount": rows.amount,
        "currency": accounts.currency[rows.number],
        "opened_at": stamps(rows.opened),
        "closed_at": stamps(rows.closed),
        "won": np.where(is_open, np.nan, rows.won),
        "acquisition_hours": rows.hours,
        "cost": np.where(is_open, np.nan, rows.cost),
        "margin": rows.margin,
        "owner_id": rows.owner,
    }
    return arrived(columns, rows.opened, log, rng)


def pipeline(
    rows: Pipeline, deals: Deals, accounts: Accounts, log: Syncs, rng: np.random.Generator
) -> Columns:
    """Return the history of open deals: one row for each stage, `valid_to` empty while it lasts."""
    columns = {
        "deal_id": deals.deal[rows.deal],
        "account_id": accounts.account[deals.number[rows.deal]],
        "stage": rows.stage,
        "amount": deals.amount[rows.deal],
        "currency": accounts.currency[deals.number[rows.deal]],
        "owner_id": deals.owner[rows.deal],
        "valid_from": stamps(rows.since),
        "valid_to": stamps(rows.until),
    }
    return arrived(columns, rows.since, log, rng)


def orders(rows: Orders, accounts: Accounts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the web shop's orders with what was promised."""
    status = np.where(rows.cancelled, "cancelled", np.where(np.isnan(rows.delivered), "open", "delivered"))
    columns = {
        "order_id": rows.order,
        "account_id": accounts.account[rows.number],
        "lead_id": accounts.lead[rows.number],
        "order_number": rows.nth,
        "product": rows.product,
        "ordered_at": stamps(rows.ordered),
        "promised_at": stamps(rows.due),
        "delivered_at": stamps(rows.delivered),
        "promised_hours": rows.promised,
        "complete": rows.complete,
        "amount": rows.amount,
        "currency": accounts.currency[rows.number],
        "margin": rows.margin,
        "status": status.astype(object),
    }
    return arrived(columns, rows.ordered, log, rng)


def plans(rows: Plans, accounts: Accounts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the shop's coffee plans, a row for each level that an account was on."""
    columns = {
        "plan_id": rows.plan,
        "account_id": accounts.account[rows.number],
        "level": rows.level,
        "mrr": rows.fee,
        "currency": accounts.currency[rows.number],
        "started_on": stamps(rows.started),
        "ended_on": stamps(rows.ended),
        "ended_by": rows.end,
    }
    return arrived(columns, rows.started, log, rng)


def calls(rows: Calls, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return calls by the keyword that the number stood beside, and whether a visit was booked."""
    columns = {
        "call_id": rows.call,
        "called_at": stamps(rows.called),
        "keyword": rows.keyword,
        "booked": rows.booked,
    }
    return arrived(columns, rows.called, log, rng)


def user_history() -> Columns:
    """Return who was in which team, from when to when."""
    everybody = posts()
    until = [np.nan if post.until is None else float(days_to(post.until)) for post in everybody]
    return {
        "user_id": np.array([post.user for post in everybody], dtype=object),
        "department": np.array([post.department for post in everybody], dtype=object),
        "team": np.array([post.team for post in everybody], dtype=object),
        "valid_from": stamps(np.array([float(days_to(post.since)) for post in everybody])),
        "valid_to": stamps(np.array(until)),
    }
