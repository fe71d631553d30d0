"""What the starters' metrics must be, month by month: SQL by hand over the tables as they are landed.

Each statement gives month, value, numerator and denominator, null where nothing is said of one. Windows are taken
as closed: the caller compares values of final months only, numerators and denominators always.
"""

ZONE = "Europe/London"


def _month(column: str) -> str:
    return f"date_trunc('month', {_local(column)})::date::text"


def _local(column: str) -> str:
    return f"timezone('{ZONE}', {column})"


def _day(column: str) -> str:
    return f"{_local(column)}::date"


_LEADS = """(
    select * from salesforce.lead
    where is_deleted is not true and (lower(email) like '%@example.com') is not true
)"""
_OPPORTUNITIES = "(select * from salesforce.opportunity where is_deleted is not true)"
_CONTACTS = """(
    select * from hubspot.contact
    where _fivetran_deleted is not true and (lower(property_email) like '%@example.com') is not true
)"""
_CHARGES = "(select * from stripe.charge where livemode and lower(currency) = 'usd')"
_PAID = f"(select * from {_CHARGES} where status = 'succeeded' and captured)"
_TICKETS = "(select * from zendesk.ticket where status is distinct from 'deleted')"

# The first moment of each month with a row, and of the month after the last one.
_MONTHS = """
    select unnest(generate_series(date '2017-01-01', date '2026-06-01', interval 1 month))::date as m
"""

_LINES = """(
    select l.*, i.customer_id as payer,
           l.amount / 100.0 / case when l.days >= 26 then round(l.days / 30.4375) else l.days / 30.4375 end as monthly
    from (select *, {end_day} - {start_day} as days from stripe.invoice_line_item) l
    join stripe.invoice i on i.id = l.invoice_id
    where l.livemode and i.livemode and i.is_deleted is not true and i.status in ('paid', 'open') and l.currency = 'usd'
      and l.subscription_id is not null and l.proration is not true and l.amount > 0
)""".format(start_day=_day("period_start"), end_day=_day("period_end"))

# A payer whose next bill begins within a week has not left: the old one stands until then. Whether it does is not
# known yet of one that ended in the last week of the data: it stands too.
_GAP = f"timezone('{ZONE}', {_local('period_end')} + interval 7 day)"
_STANDING = f"""(
    select payer, period_start, monthly,
           case when next > period_end and next <= {_GAP} then next
                when next is null and {_GAP} > timestamptz '2026-06-30 23:00:00Z' then {_GAP}
                else period_end end as period_end
    from (select *, lead(period_start) over (partition by payer order by period_start, id) as next from {_LINES})
)"""


def _retained(numerator: str, denominator: str) -> str:
    """Return payers at the start of each month, with what each was worth then and at the end."""
    at = "timezone('{zone}', {moment}::timestamp)"
    worth = """
        select m, payer, sum(monthly) as worth from months, {lines}
        where period_start < {at} and period_end >= {at} group by all
    """
    begin = worth.format(lines=_STANDING, at=at.format(zone=ZONE, moment="m"))
    end = worth.format(lines=_STANDING, at=at.format(zone=ZONE, moment="(m + interval 1 month)"))
    return f"""
        with months as ({_MONTHS}), was as ({begin}), now as ({end})
        select was.m::text, ({numerator}) / ({denominator})::double, {numerator}, {denominator}
        from was left join now on now.m = was.m and now.payer = was.payer group by 1
    """


def _duration(cases: str, window: str, statistic: str) -> str:
    """Return a statistic of cases (began, done: the first event since, null for none)."""
    return f"""
        with cases as ({cases}),
        took as (
            select {_month("began")} as m,
                   case when {_local("done")} < {_local("began")} + interval {window}
                        then epoch(done - began) / 3600 end as hours
            from cases
        )
        select m, {statistic} from took group by m
    """


_P50 = """
    nullif(percentile_disc(0.5) within group (order by coalesce(hours, 'infinity'::double)), 'infinity'::double),
    count(hours), count(*)
"""


def _within(hours: int) -> str:
    return f"""count(*) filter (where hours <= {hours}) / count(*)::double,
        count(*) filter (where hours <= {hours}), count(*)"""


_FIELD = "(select * from zendesk.ticket_field_history where field_name = '{}')"
_STATUS, _SCORE = _FIELD.format("status"), _FIELD.format("satisfaction_score")


def _first_after(begin: str, event: str) -> str:
    """Return each ticket's first `begin`, and the first `event` at or after it."""
    return f"""
        select ticket_id, began, (select min(updated) from ({event}) e
                                  where e.ticket_id = f.ticket_id and updated >= began) as done
        from (select ticket_id, min(updated) as began from ({begin}) group by 1) f
    """


STATEMENTS = {
    "leads": f"select {_month('created_date')}, count(*), null, null from {_LEADS} group by 1",
    "lead_to_opportunity": f"""
        select {_month("created_date")}, avg(hit), sum(hit), count(*) from (
            select *, case when is_converted and converted_opportunity_id is not null
                and converted_date >= {_day("created_date")}
                and converted_date < {_day("created_date")} + 90 then 1 else 0 end as hit
            from {_LEADS}) group by 1
    """,
    "lead_follow_up": _duration(
        f"""
        with touch as (
            select who_id, completed_date_time as moment from salesforce.task where is_deleted is not true and is_closed
            union all
            select who_id, start_date_time from salesforce.event
            where is_deleted is not true and is_recurrence is not true and is_child is not true
              and start_date_time <= timestamptz '2026-07-01 06:00:00Z'
        ), person as (
            select coalesce(converted_contact_id, id) as who, min(created_date) as began from {_LEADS} group by 1
        )
        select began, (select min(moment) from touch where who_id = who and moment >= began) as done from person
        """,
        "14 day",
        _within(24),
    ),
    "win_rate": f"""
        select date_trunc('month', close_date)::date::text, avg(is_won::int),
               sum(is_won::int), count(*) from {_OPPORTUNITIES} where is_closed group by 1
    """,
    "sales_cycle": f"""
        select date_trunc('month', close_date)::date::text,
               percentile_disc(0.5) within group (order by close_date - {_day("created_date")}), count(*), count(*)
        from {_OPPORTUNITIES} where is_won and close_date >= {_day("created_date")} group by 1
    """,
    "open_pipeline": f"""
        with months as ({_MONTHS})
        select m::text, sum(amount::decimal(18, 6)), null, null from months, {_OPPORTUNITIES}
        where {_local("created_date")} < m + interval 1 month
          and (not is_closed or close_date >= m + interval 1 month) group by 1
    """,
    "new_contacts": f"select {_month('property_createdate')}, count(*), null, null from {_CONTACTS} group by 1",
    "contact_to_deal": f"""
        with first as (
            select contact_id, min(property_createdate) as moment from hubspot.deal_contact
            join hubspot.deal using (deal_id) where is_deleted is not true group by 1
        )
        select {_month("property_createdate")}, avg(hit), sum(hit), count(*) from (
            select *, case when moment >= property_createdate
                and {_local("moment")} < {_local("property_createdate")} + interval 90 day then 1 else 0 end as hit
            from {_CONTACTS} c left join first on first.contact_id = c.id) group by 1
    """,
    "deal_win_rate": f"""
        select {_month("property_closedate")}, avg(closed_won::int), sum(closed_won::int), count(*)
        from hubspot.deal join hubspot.deal_pipeline_stage on stage_id = deal_pipeline_stage_id
        where is_deleted is not true and is_closed group by 1
    """,
    "tickets": f"select {_month('created_at')}, count(*), null, null from {_TICKETS} group by 1",
    "first_reply_time": _duration(
        f"""
        select t.created_at as began, (
            select min(c.created) from zendesk.ticket_comment c join zendesk.user u on u.id = c.user_id
            where c.ticket_id = t.id and public and role in ('agent', 'admin') and c.created >= t.created_at
        ) as done
        from {_TICKETS} t left join zendesk.user s on s.id = t.submitter_id
        where s.role is null or s.role not in ('agent', 'admin')
        """,
        "14 day",
        _P50,
    ),
    "resolution_time": _duration(
        f"""
        select created_at as began, (
            select min(updated) from {_STATUS} h
            where h.ticket_id = t.id and value in ('solved', 'closed') and updated >= t.created_at
        ) as done from {_TICKETS} t
        """,
        "60 day",
        _P50,
    ),
    "reopened": _duration(
        _first_after(
            f"select * from {_STATUS} where value in ('solved', 'closed')",
            f"select * from {_STATUS} where value in ('new', 'open')",
        ),
        "30 day",
        _within(10**6),
    ),
    "csat": f"""
        with last as (
            select *, row_number() over (partition by ticket_id order by updated desc) as r
            from {_SCORE} where value in ('good', 'bad')
        )
        select {_month("updated")}, avg((value = 'good')::int), count(*) filter (where value = 'good'), count(*)
        from last where r = 1 group by 1
    """,
    "csat_response": _duration(
        _first_after(
            f"select * from {_SCORE} where value = 'offered'",
            f"select * from {_SCORE} where value in ('good', 'bad')",
        ),
        "30 day",
        _within(10**6),
    ),
    "revenue": f"""
        select {_month("created")}, sum(amount) / 100.0, null, null from stripe.balance_transaction
        where lower(currency) = 'usd' and type in ('charge', 'payment', 'refund', 'payment_refund',
                                                   'payment_failure_refund', 'adjustment') group by 1
    """,
    "new_customers": f"""
        select {_month("first")}, count(*), null, null
        from (select customer_id, min(created) as first from {_PAID} where customer_id is not null group by 1)
        group by 1
    """,
    "mrr": f"""
        with months as ({_MONTHS})
        select m::text, sum(monthly::decimal(18, 6)), null, null from months, {_LINES}
        where period_start < timezone('{ZONE}', (m + interval 1 month)::timestamp)
          and period_end >= timezone('{ZONE}', (m + interval 1 month)::timestamp) group by 1
    """,
    "subscriptions": f"""
        with months as ({_MONTHS})
        select m::text, count(*), null, null from months, stripe.subscription_history
        where _fivetran_active and livemode and status not in ('incomplete', 'incomplete_expired')
          and start_date < timezone('{ZONE}', (m + interval 1 month)::timestamp)
          and (ended_at is null or ended_at >= timezone('{ZONE}', (m + interval 1 month)::timestamp)) group by 1
    """,
    "logo_retention": _retained("count(now.payer)", "count(*)"),
    "gross_revenue_retention": _retained(
        "sum(greatest(0, least(was.worth, coalesce(now.worth, 0))))", "sum(was.worth)"
    ),
    "net_revenue_retention": _retained("sum(coalesce(now.worth, 0))", "sum(was.worth)"),
    "refund_share": f"""
        with back as (
            select {_month("created")} as m, sum(amount) / 100.0 as n from stripe.refund
            where status = 'succeeded' and lower(currency) = 'usd' group by 1
        ), paid as (select {_month("created")} as m, sum(amount) / 100.0 as d from {_PAID} group by 1)
        select m, coalesce(n, 0) / d, coalesce(n, 0), d from paid left join back using (m)
        where m >= (select min(m) from back)
    """,
    "failed_payments": f"""
        with tries as (
            select *, row_number() over (partition by coalesce(payment_intent_id, id)
                                         order by created desc, id desc) as r
            from {_CHARGES} where status in ('succeeded', 'failed')
        )
        select {_month("created")}, avg((status = 'failed')::int), count(*) filter (where status = 'failed'), count(*)
        from tries where r = 1 group by 1
    """,
    "ad_spend": """
        select date_trunc('month', date)::date::text, sum(cost_micros) / 1000000.0, null, null
        from google_ads.campaign_stats group by 1
    """,
    "cost_per_click": """
        select date_trunc('month', date)::date::text, sum(cost_micros) / 1000000.0 / nullif(sum(clicks), 0),
               sum(cost_micros) / 1000000.0, sum(clicks)
        from google_ads.campaign_stats group by 1
    """,
}


def _spend_over(counted: str) -> str:
    return f"""
        with spend as (
            select date_trunc('month', date)::date::text as m, sum(cost_micros) / 1000000.0 as n
            from google_ads.campaign_stats group by 1
        ), counted as ({counted})
        select m, coalesce(n, 0) / d, coalesce(n, 0), d from counted left join spend using (m)
        where m >= (select min(m) from spend)
    """


STATEMENTS |= {
    "cost_per_lead": _spend_over(
        f"select {_month('created_date')} as m, count(*) as d from {_LEADS} group by 1"
    ),
    "cost_per_contact": _spend_over(
        f"select {_month('property_createdate')} as m, count(*) as d from {_CONTACTS} group by 1"
    ),
    "cac": _spend_over(
        f"""select {_month("first")} as m, count(*) as d from (
            select customer_id, min(created) as first from {_PAID} where customer_id is not null group by 1
        ) group by 1"""
    ),
    "contact_rate": f"""
        with asked as (select {_month("created_at")} as m, count(*) as n from {_TICKETS} group by 1),
        months as ({_MONTHS}), payers as (
            select m::text as m, count(distinct payer) as d from months, {_LINES}
            where period_start < timezone('{ZONE}', (m + interval 1 month)::timestamp)
              and period_end >= timezone('{ZONE}', (m + interval 1 month)::timestamp) group by 1
        )
        select m, n / d::double, n, d from payers join asked using (m)
    """,
    "lead_to_customer": f"""
        with lead as (
            select lower(trim(email)) as person, min(created_date) as moment from {_LEADS}
            where trim(email) <> '' group by 1
        ), paid as (
            select lower(trim(email)) as person, min(p.created) as moment
            from {_PAID} p join stripe.customer c on c.id = p.customer_id where c.livemode group by 1
        )
        select {_month("lead.moment")}, avg(hit), sum(hit), count(*) from (
            select lead.moment, case when paid.moment >= lead.moment
                and {_local("paid.moment")} < {_local("lead.moment")} + interval 180 day then 1 else 0 end as hit
            from lead left join paid using (person)) as lead group by 1
    """,
}

# By quarter: customers seen by marketing, sales and service in it, of those seen by any.
JOINED_UP = f"""
    with stripe_person as (
        select id, lower(trim(email)) as person from stripe.customer where livemode and trim(email) <> ''
    ), zendesk_person as (select id, lower(trim(email)) as person from zendesk.user where trim(email) <> ''),
    seen as (
        select {_local("created")} as moment, lower(trim(recipient)) as person, 'marketing' as who
        from hubspot.email_event where type in ('OPEN', 'CLICK') and filtered_event is not true
        union all
        select {_local("p.created")}, person, 'sales' from {_PAID} p join stripe_person s on s.id = p.customer_id
        union all
        select {_local("t.created_at")}, person, 'service'
        from {_TICKETS} t join zendesk_person z on z.id = t.requester_id
    ), person as (
        select date_trunc('quarter', moment)::date::text as q, person, count(distinct who) as n from seen group by all
    )
    select q, avg((n = 3)::int), count(*) filter (where n = 3), count(*) from person group by 1
"""
