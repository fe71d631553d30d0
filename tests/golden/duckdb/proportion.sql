SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM events AS t) AS anon_1 GROUP BY anon_1.day

SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, count(*) FILTER (WHERE r.f_m0) AS m0, count(*) FILTER (WHERE r.f_m1) AS m1 
FROM (SELECT anon_1.p_month AS p_month, anon_1.d_channel AS d_channel, anon_1.f_m0 AS f_m0, anon_1.f_m1 AS f_m1, anon_1.l_entity AS l_entity, anon_1.l_by AS l_by, anon_1.lk0 AS lk0, anon_1.latest AS latest 
FROM (SELECT anon_2.p_month AS p_month, anon_2.d_channel AS d_channel, anon_2.f_m0 AS f_m0, anon_2.f_m1 AS f_m1, anon_2.l_entity AS l_entity, anon_2.l_by AS l_by, anon_2.lk0 AS lk0, row_number() OVER (PARTITION BY anon_2.l_entity, anon_2.p_month ORDER BY anon_2.l_by DESC NULLS LAST, anon_2.lk0 DESC NULLS LAST) AS latest 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_month, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, coalesce(t.kept IS NOT NULL, false) AS f_m0, coalesce(t.kept IS NOT NULL, false) AND coalesce(t.kept, false) AS f_m1, CAST(t.lead_id AS TEXT) AS l_entity, timezone('UTC', t."at") AS l_by, t.event_id AS lk0 
FROM events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00' AND coalesce(t.kept IS NOT NULL, false) AND CAST(t.lead_id AS TEXT) IS NOT NULL) AS anon_2) AS anon_1 
WHERE anon_1.latest = 1) AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel))

SELECT r.p_quarter, r.d_channel, grouping(r.p_quarter) AS g_p_quarter, grouping(r.d_channel) AS g_d_channel, count(*) FILTER (WHERE r.f_m0) AS m0, count(*) FILTER (WHERE r.f_m1) AS m1 
FROM (SELECT anon_1.p_quarter AS p_quarter, anon_1.d_channel AS d_channel, anon_1.f_m0 AS f_m0, anon_1.f_m1 AS f_m1, anon_1.l_entity AS l_entity, anon_1.l_by AS l_by, anon_1.lk0 AS lk0, anon_1.latest AS latest 
FROM (SELECT anon_2.p_quarter AS p_quarter, anon_2.d_channel AS d_channel, anon_2.f_m0 AS f_m0, anon_2.f_m1 AS f_m1, anon_2.l_entity AS l_entity, anon_2.l_by AS l_by, anon_2.lk0 AS lk0, row_number() OVER (PARTITION BY anon_2.l_entity, anon_2.p_quarter ORDER BY anon_2.l_by DESC NULLS LAST, anon_2.lk0 DESC NULLS LAST) AS latest 
FROM (SELECT CAST(date_trunc('quarter', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, coalesce(t.kept IS NOT NULL, false) AS f_m0, coalesce(t.kept IS NOT NULL, false) AND coalesce(t.kept, false) AS f_m1, CAST(t.lead_id AS TEXT) AS l_entity, timezone('UTC', t."at") AS l_by, t.event_id AS lk0 
FROM events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00' AND coalesce(t.kept IS NOT NULL, false) AND CAST(t.lead_id AS TEXT) IS NOT NULL) AS anon_2) AS anon_1 
WHERE anon_1.latest = 1) AS r GROUP BY GROUPING SETS((r.p_quarter), (r.p_quarter, r.d_channel))
