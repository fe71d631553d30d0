SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first, CASE WHEN (timezone('UTC', t.at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) END AS day 
FROM (SELECT late_events.event_id AS event_id, late_events.lead_id COLLATE "C" AS lead_id, late_events.stage COLLATE "C" AS stage, late_events.at AS at, late_events.channel COLLATE "C" AS channel, late_events.amount AS amount, late_events.currency COLLATE "C" AS currency, late_events.kept AS kept 
FROM late_events) AS t) AS anon_1 GROUP BY anon_1.day

SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, count(*) AS m0 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE)) AS DATE) AS p_month, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT late_events.event_id AS event_id, late_events.lead_id COLLATE "C" AS lead_id, late_events.stage COLLATE "C" AS stage, late_events.at AS at, late_events.channel COLLATE "C" AS channel, late_events.amount AS amount, late_events.currency COLLATE "C" AS currency, late_events.kept AS kept 
FROM late_events) AS t 
WHERE timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel))
