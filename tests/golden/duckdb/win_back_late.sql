SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM late_answers AS t) AS anon_1 GROUP BY anon_1.day

WITH __orders AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, t.answer_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM late_answers AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00')
 SELECT a.p_month, a.p_quarter, a.d_channel, grouping(a.p_month) AS g_p_month, grouping(a.p_quarter) AS g_p_quarter, grouping(a.d_channel) AS g_d_channel, a.e_month, a.e_quarter, a.converted, a."over", count(*) AS entries 
FROM (SELECT r.converted AS converted, r."over" AS "over", r.p_month AS p_month, r.p_quarter AS p_quarter, r.d_channel AS d_channel, CASE WHEN (r.p_month >= '2024-04-01') THEN r.elapsed ELSE NULL END AS e_month, CASE WHEN (r.p_quarter >= '2024-04-01') THEN r.elapsed ELSE NULL END AS e_quarter 
FROM (SELECT l.following IS NOT NULL AND l.following >= timezone('Europe/London', timezone('Europe/London', l.lapse) + CAST('2 day' AS INTERVAL)) AND l.following < timezone('Europe/London', timezone('Europe/London', l.lapse) + CAST('15 day' AS INTERVAL)) AS converted, timezone('Europe/London', timezone('Europe/London', l.lapse) + CAST('15 day' AS INTERVAL)) <= '2024-04-20 00:00:00+00:00' AS "over", CAST(floor((CAST(EXTRACT(epoch FROM CASE WHEN (l.following IS NOT NULL AND l.following >= timezone('Europe/London', timezone('Europe/London', l.lapse) + CAST('2 day' AS INTERVAL)) AND l.following < timezone('Europe/London', timezone('Europe/London', l.lapse) + CAST('15 day' AS INTERVAL))) THEN l.following ELSE '2024-04-20 00:00:00+00:00' END) AS DOUBLE PRECISION) - CAST(EXTRACT(epoch FROM l.lapse) AS DOUBLE PRECISION)) / 86400.0) AS BIGINT) AS elapsed, CAST(date_trunc('month', CAST(timezone('Europe/London', l.lapse) AS DATE)) AS DATE) AS p_month, CAST(date_trunc('quarter', CAST(timezone('Europe/London', l.lapse) AS DATE)) AS DATE) AS p_quarter, l.d_channel AS d_channel 
FROM (SELECT anon_1.entity AS entity, anon_1.lapse AS lapse, anon_1.following AS following, anon_1.d_channel AS d_channel 
FROM (SELECT o.entity AS entity, timezone('Europe/London', timezone('Europe/London', o.t) + CAST('14 day' AS INTERVAL)) AS lapse, o.following AS following, o.d_channel AS d_channel 
FROM (SELECT __orders.entity AS entity, __orders.t AS t, lead(__orders.t) OVER (PARTITION BY __orders.entity ORDER BY __orders.t, __orders.k0) AS following, __orders.d_channel AS d_channel 
FROM __orders) AS o) AS anon_1 
WHERE (anon_1.following IS NULL OR anon_1.following >= anon_1.lapse) AND anon_1.lapse IS NOT NULL AND anon_1.lapse <= '2024-04-20 00:00:00+00:00') AS l 
WHERE l.following IS NULL OR l.following >= timezone('Europe/London', timezone('Europe/London', l.lapse) + CAST('2 day' AS INTERVAL))) AS r) AS a GROUP BY GROUPING SETS((a.p_month, a.e_month, a.converted, a."over"), (a.p_month, a.e_month, a.converted, a."over", a.d_channel), (a.p_quarter, a.e_quarter, a.converted, a."over"), (a.p_quarter, a.e_quarter, a.converted, a."over", a.d_channel))
