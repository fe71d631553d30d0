SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM dated_events AS t) AS anon_1 GROUP BY anon_1.day

SELECT a.p_month, a.p_quarter, a.d_channel, grouping(a.p_month) AS g_p_month, grouping(a.p_quarter) AS g_p_quarter, grouping(a.d_channel) AS g_d_channel, a.e_month, a.e_quarter, a.converted, a."over", count(*) AS entries 
FROM (SELECT r.converted AS converted, r."over" AS "over", r.p_month AS p_month, r.p_quarter AS p_quarter, r.d_channel AS d_channel, CASE WHEN (r.p_month >= '2024-03-01') THEN r.elapsed ELSE NULL END AS e_month, CASE WHEN (r.p_quarter >= '2024-01-01') THEN r.elapsed ELSE NULL END AS e_quarter 
FROM (SELECT anon_1.u IS NOT NULL AND anon_1.u >= anon_1.t AND anon_1.u < timezone('Europe/London', timezone('Europe/London', anon_1.t) + CAST('30 day' AS INTERVAL)) AS converted, timezone('Europe/London', timezone('Europe/London', anon_1.t) + CAST('30 day' AS INTERVAL)) <= '2024-04-20 00:00:00+00:00' AS "over", CAST(floor((CAST(EXTRACT(epoch FROM CASE WHEN (anon_1.u IS NOT NULL AND anon_1.u >= anon_1.t AND anon_1.u < timezone('Europe/London', timezone('Europe/London', anon_1.t) + CAST('30 day' AS INTERVAL))) THEN anon_1.u ELSE '2024-04-20 00:00:00+00:00' END) AS DOUBLE PRECISION) - CAST(EXTRACT(epoch FROM anon_1.t) AS DOUBLE PRECISION)) / 86400.0) AS BIGINT) AS elapsed, CAST(date_trunc('month', CAST(timezone('Europe/London', anon_1.t) AS DATE)) AS DATE) AS p_month, CAST(date_trunc('quarter', CAST(timezone('Europe/London', anon_1.t) AS DATE)) AS DATE) AS p_quarter, anon_1.d_channel AS d_channel 
FROM (SELECT coalesce(anon_2.entity, anon_3.entity) AS entity, least(anon_2.t, anon_3.t) AS t, anon_3.t AS u, coalesce(anon_2.d_channel, anon_3.d_channel) AS d_channel 
FROM (SELECT anon_4.entity AS entity, anon_4.t AS t, anon_4.d_channel AS d_channel, anon_4.k0 AS k0 
FROM (SELECT anon_5.entity AS entity, anon_5.t AS t, anon_5.d_channel AS d_channel, anon_5.k0 AS k0, row_number() OVER (PARTITION BY anon_5.entity ORDER BY anon_5.t ASC, anon_5.k0 ASC) AS rank 
FROM (SELECT CAST(t.lead_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.event_id AS k0 
FROM dated_events AS t 
WHERE CAST(t.lead_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00' AND coalesce(CASE WHEN (CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) < '2024-01-31') THEN coalesce(t.stage = 'mql', false) ELSE coalesce(t.stage = 'mql' AND t.channel = 'paid', false) END, false)) AS anon_5) AS anon_4 
WHERE anon_4.rank = 1) AS anon_2 FULL OUTER JOIN (SELECT anon_6.entity AS entity, anon_6.t AS t, anon_6.d_channel AS d_channel, anon_6.k0 AS k0 
FROM (SELECT anon_7.entity AS entity, anon_7.t AS t, anon_7.d_channel AS d_channel, anon_7.k0 AS k0, row_number() OVER (PARTITION BY anon_7.entity ORDER BY anon_7.t ASC, anon_7.k0 ASC) AS rank 
FROM (SELECT anon_8.entity AS entity, anon_8.t AS t, anon_8.d_channel AS d_channel, anon_8.k0 AS k0 
FROM (SELECT anon_9.entity AS entity, anon_9.t AS t, anon_9.d_channel AS d_channel, anon_9.k0 AS k0, 0 AS stretch 
FROM (SELECT CAST(t.lead_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.event_id AS k0 
FROM dated_events AS t 
WHERE CAST(t.lead_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00' AND coalesce(coalesce(t.stage = 'opportunity', false), false)) AS anon_9 UNION ALL SELECT anon_10.entity AS entity, anon_10.t AS t, anon_10.d_channel AS d_channel, anon_10.k0 AS k0, 1 AS stretch 
FROM (SELECT CAST(t.lead_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.event_id AS k0 
FROM dated_events AS t 
WHERE CAST(t.lead_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00' AND coalesce(coalesce(t.stage = 'opportunity' AND t.amount > 60, false), false)) AS anon_10 UNION ALL SELECT anon_11.entity AS entity, anon_11.t AS t, anon_11.d_channel AS d_channel, anon_11.k0 AS k0, 2 AS stretch 
FROM (SELECT CAST(t.lead_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.event_id AS k0 
FROM dated_events AS t 
WHERE CAST(t.lead_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00' AND coalesce(coalesce(t.stage = 'opportunity' AND t.kept, false), false)) AS anon_11) AS anon_8 LEFT OUTER JOIN (SELECT anon_4.entity AS entity, anon_4.t AS t, anon_4.d_channel AS d_channel, anon_4.k0 AS k0 
FROM (SELECT anon_5.entity AS entity, anon_5.t AS t, anon_5.d_channel AS d_channel, anon_5.k0 AS k0, row_number() OVER (PARTITION BY anon_5.entity ORDER BY anon_5.t ASC, anon_5.k0 ASC) AS rank 
FROM (SELECT CAST(t.lead_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.event_id AS k0 
FROM dated_events AS t 
WHERE CAST(t.lead_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00' AND coalesce(CASE WHEN (CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) < '2024-01-31') THEN coalesce(t.stage = 'mql', false) ELSE coalesce(t.stage = 'mql' AND t.channel = 'paid', false) END, false)) AS anon_5) AS anon_4 
WHERE anon_4.rank = 1) AS anon_2 ON anon_8.entity = anon_2.entity 
WHERE anon_8.stretch = CASE WHEN (CAST(timezone('Europe/London', least(anon_2.t, anon_8.t)) AS DATE) < '2024-01-10') THEN 0 WHEN (CAST(timezone('Europe/London', least(anon_2.t, anon_8.t)) AS DATE) < '2024-02-01') THEN 1 ELSE 2 END) AS anon_7) AS anon_6 
WHERE anon_6.rank = 1) AS anon_3 ON anon_2.entity = anon_3.entity) AS anon_1) AS r) AS a GROUP BY GROUPING SETS((a.p_month, a.e_month, a.converted, a."over"), (a.p_month, a.e_month, a.converted, a."over", a.d_channel), (a.p_quarter, a.e_quarter, a.converted, a."over"), (a.p_quarter, a.e_quarter, a.converted, a."over", a.d_channel))
