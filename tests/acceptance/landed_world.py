"""A made-up company's year in the tables that Fivetran lands, with the traps of each system in it.

Deleted and test rows, rows of test mode, leads that became contacts, retries of payments, invoices paid late,
prorations, tickets that agents opened, ratings that were changed, meetings to come. The same on every run.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.acceptance.landed import LAYOUT, Landed

# The last moment of June in London: stocks of June are those of its end.
FIRST, SYNCED = datetime(2025, 7, 1, tzinfo=UTC), datetime(2026, 6, 30, 23, tzinfo=UTC)
NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
AGENTS, STAGES = 5, {"new": (False, False), "won": (True, True), "lost": (True, False)}


class World:
    """Fills the tables row by row."""

    def __init__(self, seed: int = 7) -> None:
        self.random = Random(seed)
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in LAYOUT}

    def build(self) -> Landed:
        """Return all tables."""
        for part in (self.salesforce, self.hubspot, self.zendesk, self.stripe, self.google_ads):
            part()
        return Landed(LAYOUT, self.rows)

    # -- what rows are made of --------------------------------------------------------------------

    def add(self, table: str, **values: Any) -> None:
        self.rows[table].append({"_fivetran_synced": SYNCED - timedelta(hours=3), **values})

    def maybe(self, share: float) -> bool:
        return self.random.random() < share

    def moment(self, first: datetime = FIRST, last: datetime = SYNCED) -> datetime:
        seconds = int((last - first).total_seconds())
        return first + timedelta(seconds=self.random.randrange(max(seconds, 1)))

    def later(self, start: datetime, mean: timedelta) -> datetime:
        return start + timedelta(seconds=int(self.random.expovariate(1 / mean.total_seconds())))

    def email(self, person: int) -> str:
        # The same address is written in more ways than one.
        plain = f"p{person}@mail.test"
        return self.random.choice([plain, plain, plain.upper(), f" {plain} "])

    # -- systems ----------------------------------------------------------------------------------

    def salesforce(self) -> None:
        pick = self.random
        for index in range(260):
            lead, contact = f"00Q{index:05}", f"003{index:05}"
            created, person = self.moment(), pick.randrange(180)
            email = None if self.maybe(0.05) else self.email(person)
            if self.maybe(0.04):
                email = f"qa{index}@Example.com"
            converted = date_of(created) + timedelta(days=pick.randrange(0, 130)) if self.maybe(0.6) else None
            if converted and converted > date_of(SYNCED):
                converted = None
            if converted and self.maybe(0.1):
                contact = f"003{max(0, index - 1):05}"  # merged into a contact that was there
            self.add(
                "salesforce.lead", id=lead, email=email, lead_source=pick.choice(["Web", "Fair", None]),
                industry=pick.choice(["Retail", "Food"]), created_date=created,
                is_converted=converted is not None, converted_date=converted,
                converted_contact_id=contact if converted else None,
                converted_opportunity_id=f"006{index:05}" if converted and self.maybe(0.8) else None,
                is_deleted=self.maybe(0.05),
            )  # fmt: skip
            if converted:
                self.add("salesforce.contact", id=f"{contact}x{index}", email=email, is_deleted=False)
            self._followed_up(contact if converted else lead, created, index)
        for index in range(220):
            self._opportunity(index)
        self.add("salesforce.task", id="last", is_closed=False, is_deleted=False, _fivetran_synced=SYNCED)

    def _followed_up(self, who: str, created: datetime, index: int) -> None:
        for number in range(self.random.randrange(3)):
            start = created - timedelta(days=3) if self.maybe(0.1) else created
            done = self.later(start, timedelta(hours=self.random.choice([4, 40, 200])))
            closed = self.maybe(0.85) and done < SYNCED
            self.add(
                "salesforce.task", id=f"00T{index:05}{number}", who_id=who, is_closed=closed,
                completed_date_time=done if closed else None, is_deleted=self.maybe(0.05),
            )  # fmt: skip
        if self.maybe(0.3):
            self.add(
                "salesforce.event", id=f"00U{index:05}", who_id=who, is_recurrence=self.maybe(0.1),
                start_date_time=self.later(created, timedelta(days=6)), is_child=self.maybe(0.1),
                is_deleted=None if self.maybe(0.5) else False,
            )  # fmt: skip

    def _opportunity(self, index: int) -> None:
        created, pick = self.moment(), self.random
        close = date_of(created) + timedelta(days=pick.randrange(-2, 120))
        closed = close <= date_of(SYNCED) - timedelta(days=1) and self.maybe(0.8)
        self.add(
            "salesforce.opportunity", id=f"006{index:05}", created_date=created, close_date=close,
            amount=None if self.maybe(0.1) else pick.randrange(100, 90000) + 0.25, is_closed=closed,
            is_won=closed and self.maybe(0.45), is_deleted=self.maybe(0.05),
            lead_source=pick.choice(["Web", "Fair", None]), type=pick.choice(["New", "Renewal"]),
        )  # fmt: skip

    def hubspot(self) -> None:
        pick = self.random
        for stage, (closed, won) in STAGES.items():
            self.add("hubspot.deal_pipeline_stage", stage_id=stage, is_closed=closed, closed_won=won)
        for index in range(220):
            created = self.moment()
            email = f"qa{index}@example.com" if self.maybe(0.04) else self.email(index % 180)
            self.add(
                "hubspot.contact", id=index, property_email=email, property_createdate=created,
                _fivetran_deleted=self.maybe(0.05), _fivetran_synced=SYNCED if index == 0 else FIRST,
            )  # fmt: skip
            for number in range(pick.choice([0, 0, 1, 2])):
                deal, made = index * 10 + number, self.later(created, timedelta(days=60))
                made = made - timedelta(days=90) if self.maybe(0.1) else made
                if made >= SYNCED:
                    continue
                stage = pick.choice(list(STAGES))
                close = self.later(made, timedelta(days=30))
                if close >= SYNCED:
                    stage = "new"
                self.add(
                    "hubspot.deal", deal_id=deal, deal_pipeline_id=pick.choice(["default", "renewals"]),
                    deal_pipeline_stage_id=stage, property_createdate=made, property_closedate=close,
                    is_deleted=self.maybe(0.05),
                )  # fmt: skip
                for label in range(pick.choice([1, 2])):
                    self.add("hubspot.deal_contact", deal_id=deal, contact_id=index, type_id=label)
        for index in range(400):
            self.add(
                "hubspot.email_event", id=f"e{index}", recipient=self.email(pick.randrange(180)),
                type=pick.choice(["SENT", "DELIVERED", "OPEN", "OPEN", "CLICK"]), created=self.moment(),
                filtered_event=pick.choice([None, False, False, True]),
            )  # fmt: skip

    def zendesk(self) -> None:
        pick = self.random
        for user in range(AGENTS):
            self.add(
                "zendesk.user", id=user, role=pick.choice(["agent", "admin"]), email=f"agent{user}@us.test"
            )
        for user in range(100, 220):
            email = None if self.maybe(0.1) else self.email(user - 100)
            self.add("zendesk.user", id=user, role="end-user", email=email)
        for ticket in range(420):
            self._ticket(ticket)

    def _ticket(self, ticket: int) -> None:
        pick = self.random
        created, requester = self.moment(), pick.randrange(100, 230)
        submitter = pick.randrange(AGENTS) if self.maybe(0.15) else requester
        self.add(
            "zendesk.ticket", id=ticket, created_at=created, requester_id=requester, submitter_id=submitter,
            status="deleted" if self.maybe(0.05) else pick.choice(["open", "solved", "closed"]),
            via_channel=pick.choice(["web", "email"]), priority=pick.choice(["urgent", "normal", None]),
            _fivetran_synced=SYNCED if ticket == 0 else FIRST,
        )  # fmt: skip
        at = created
        for number in range(pick.randrange(4)):
            at = self.later(at, timedelta(hours=pick.choice([1, 9, 80])))
            if at < SYNCED:
                author = pick.choice([requester, pick.randrange(AGENTS), pick.randrange(AGENTS)])
                self.add(
                    "zendesk.ticket_comment", id=ticket * 10 + number, ticket_id=ticket, created=at,
                    user_id=author, public=self.maybe(0.75),
                )  # fmt: skip
        self._changed(ticket, "status", created, "open")
        at = self.later(created, timedelta(days=5))
        while self.maybe(0.75) and at < SYNCED:
            self._changed(ticket, "status", at, "closed" if self.maybe(0.1) else "solved")
            if self.maybe(0.5):
                self._rated(ticket, at)
            at = self.later(at, timedelta(days=10))
            if self.maybe(0.6) or at >= SYNCED:
                break
            self._changed(ticket, "status", at, "open")
            at = self.later(at, timedelta(days=3))

    def _rated(self, ticket: int, at: datetime) -> None:
        self._changed(ticket, "satisfaction_score", at + timedelta(hours=1), "offered")
        at += timedelta(hours=1)
        while self.maybe(0.45):
            at = self.later(at, timedelta(days=8)) + timedelta(seconds=1)
            self._changed(ticket, "satisfaction_score", at, self.random.choice(["good", "good", "bad"]))

    def _changed(self, ticket: int, field: str, at: datetime, value: str) -> None:
        if at < SYNCED:
            self.add(
                "zendesk.ticket_field_history", field_name=field, ticket_id=ticket, updated=at, value=value
            )

    def stripe(self) -> None:
        for person in range(90):
            customer = f"cus_{person}"
            email = None if self.maybe(0.1) else self.email(person + 60)
            self.add("stripe.customer", id=customer, email=email, livemode=True)
            self._subscribed(customer, person)
        self.add(
            "stripe.balance_transaction", id="last", type="payout", amount=-1, currency="usd", created=FIRST,
            _fivetran_synced=SYNCED,
        )  # fmt: skip

    def _subscribed(self, customer: str, person: int) -> None:
        pick = self.random
        start = self.moment(last=SYNCED - timedelta(days=20))
        months = pick.choice([1, 1, 1, 3, 12])
        price, number, live = pick.randrange(500, 9000) * months, 0, self.maybe(0.95)
        at, ended = start, None
        while at < SYNCED:
            if number and self.maybe(0.12):
                ended = at
                if self.maybe(0.5):
                    break
                # Back again: after three days it never was away, after twenty it was.
                at += timedelta(days=pick.choice([3, 20]))
                if at >= SYNCED:
                    break
                ended = None
            if self.maybe(0.15):
                price = int(price * pick.choice([0.5, 1.5]))
            following = plus_months(at, months)
            self._billed(customer, f"in_{person}_{number}", price, (at, following), live)
            at, number = following, number + 1
        self.add(
            "stripe.subscription_history", id=f"sub_{person}", customer_id=customer, start_date=start,
            status="canceled" if ended else pick.choice(["active", "active", "incomplete_expired"]),
            ended_at=ended, livemode=live, _fivetran_active=True,
            trial_end=start + timedelta(days=14) if self.maybe(0.3) else None,
        )  # fmt: skip
        # An earlier version of the same row, as history mode keeps it.
        self.add(
            "stripe.subscription_history", id=f"sub_{person}", customer_id=customer, start_date=start,
            status="trialing", livemode=live, _fivetran_active=False,
        )  # fmt: skip

    def _billed(self, customer: str, invoice: str, price: int, stretch: tuple[datetime, datetime],
                live: bool) -> None:  # fmt: skip
        start, end = stretch
        paid, currency = self.maybe(0.88), "eur" if self.maybe(0.05) else "usd"
        status = "paid" if paid else self.random.choice(["open", "void", "uncollectible"])
        self.add(
            "stripe.invoice", id=invoice, customer_id=customer, status=status, livemode=live, is_deleted=False
        )
        lines = [(price, False, start, end)]
        if self.maybe(0.1):
            middle = start + (end - start) / 2
            lines += [(-price // 2, True, middle, end), (price, True, middle, end)]
        if self.maybe(0.05):
            lines.append((0, False, start, end))
        for number, (amount, proration, first, last) in enumerate(lines):
            self.add(
                "stripe.invoice_line_item", id=f"il_{number}", invoice_id=invoice, amount=amount,
                subscription_id=None if self.maybe(0.03) else "sub", currency=currency, proration=proration,
                livemode=live, period_start=first.replace(microsecond=0), period_end=last.replace(microsecond=0),
            )  # fmt: skip
        at = start
        for attempt in range(self.random.choice([1, 1, 1, 3])):
            last = attempt == 0 or self.maybe(0.5)
            good = paid and last
            self._charged(customer, f"{invoice}_{attempt}", invoice, (price, currency, at), (good, live))
            if good:
                break
            at += timedelta(days=3)

    def _charged(self, customer: str, charge: str, intent: str, what: tuple[int, str, datetime],
                 how: tuple[bool, bool]) -> None:  # fmt: skip
        (amount, currency, at), (good, live) = what, how
        if at >= SYNCED:
            return
        self.add(
            "stripe.charge", id=f"ch_{charge}", amount=amount, currency=currency, created=at,
            customer_id=None if self.maybe(0.03) else customer, status="succeeded" if good else "failed",
            captured=good and not self.maybe(0.03), livemode=live,
            payment_intent_id=None if self.maybe(0.1) else f"pi_{intent}",
        )  # fmt: skip
        if not good or not live:
            return
        self.add(
            "stripe.balance_transaction", id=f"txn_{charge}", amount=amount, currency=currency, created=at,
            type="charge",
        )  # fmt: skip
        back = self.later(at, timedelta(days=9))
        if self.maybe(0.12) and back < SYNCED:
            part = amount if self.maybe(0.6) else amount // 3
            self.add(
                "stripe.refund", id=f"re_{charge}", amount=part, currency=currency, created=back,
                status=self.random.choice(["succeeded", "succeeded", "failed"]), reason="duplicate",
            )  # fmt: skip
            self.add(
                "stripe.balance_transaction", id=f"txr_{charge}", amount=-part, currency=currency, created=back,
                type=self.random.choice(["refund", "payout", "adjustment"]),
            )  # fmt: skip

    def google_ads(self) -> None:
        for campaign in range(3):
            self.add("google_ads.campaign_history", id=campaign, updated_at=FIRST, name=f"Old {campaign}")
            if campaign:
                renamed = FIRST + timedelta(days=100)
                self.add(
                    "google_ads.campaign_history", id=campaign, updated_at=renamed, name=f"New {campaign}"
                )
        for number in range((SYNCED - FIRST).days + 1):
            for campaign in range(4):
                self.add(
                    "google_ads.campaign_stats", id=campaign, date=date_of(FIRST) + timedelta(days=number),
                    _fivetran_id=f"{campaign}-{number}", cost_micros=self.random.randrange(50_000_000),
                    clicks=self.random.randrange(40), ad_network_type="SEARCH",
                    device=self.random.choice(["MOBILE", "DESKTOP"]),
                    _fivetran_synced=SYNCED if number == 364 else FIRST,
                )  # fmt: skip


def date_of(moment: datetime) -> date:
    """Return a moment's day in UTC."""
    return moment.date()


def plus_months(moment: datetime, months: int) -> datetime:
    """Return the same time of day some months later, on the last day where the month is shorter."""
    year, month = divmod(moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=moment.year + year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=moment.year + year, month=month + 1)
