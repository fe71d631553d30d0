SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM answers AS t) AS anon_1 GROUP BY anon_1.day

WITH __orders AS 
(SELECT x.entity AS entity, x.t AS t, x.k0 AS k0 
FROM (SELECT m.entity AS entity, m.t AS t, m.k0 AS k0, min(m.x_group) OVER (PARTITION BY m.entity) AS x_group 
FROM (SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, t.answer_id AS k0, CASE WHEN coalesce(t.score < 5, false) THEN 0 WHEN coalesce(t.customer_id = 'f', false) THEN 1 ELSE NULL END AS x_group 
FROM answers AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS m) AS x 
WHERE x.x_group IS NULL)
 SELECT a.p_month, grouping(a.p_month) AS g_p_month, a.e_month, a.e_all, a.converted, a."over", count(*) AS entries 
FROM (SELECT r.converted AS converted, r."over" AS "over", r.p_month AS p_month, CAST(NULL AS BIGINT) AS e_month, r.elapsed AS e_all 
FROM (SELECT l.following IS NOT NULL AND l.following >= l.lapse AS converted, false AS "over", CAST(floor((CAST(EXTRACT(epoch FROM CASE WHEN (l.following IS NOT NULL AND l.following >= l.lapse) THEN l.following ELSE '2024-04-20 00:00:00+00:00' END) AS DOUBLE PRECISION) - CAST(EXTRACT(epoch FROM l.lapse) AS DOUBLE PRECISION)) / 86400.0) AS BIGINT) AS elapsed, CAST(date_trunc('month', CAST(timezone('Europe/London', l.lapse) AS DATE)) AS DATE) AS p_month 
FROM (SELECT anon_1.entity AS entity, anon_1.lapse AS lapse, anon_1.following AS following 
FROM (SELECT o.entity AS entity, timezone('Europe/London', timezone('Europe/London', o.t) + CAST('14 day' AS INTERVAL)) AS lapse, o.following AS following 
FROM (SELECT __orders.entity AS entity, __orders.t AS t, lead(__orders.t) OVER (PARTITION BY __orders.entity ORDER BY __orders.t, __orders.k0) AS following 
FROM __orders) AS o) AS anon_1 
WHERE (anon_1.following IS NULL OR anon_1.following >= anon_1.lapse) AND anon_1.lapse IS NOT NULL AND anon_1.lapse <= '2024-04-20 00:00:00+00:00') AS l 
WHERE l.following IS NULL OR l.following >= l.lapse) AS r) AS a GROUP BY GROUPING SETS((a.p_month, a.e_month, a.converted, a."over"), (a.e_all, a.converted, a."over"))

WITH __orders AS 
(SELECT x.entity AS entity, x.t AS t, x.k0 AS k0, CASE WHEN (x.x_group = 0) THEN 'left_alone' WHEN (x.x_group = 1) THEN 'tests' END AS "d_left out" 
FROM (SELECT m.entity AS entity, m.t AS t, m.k0 AS k0, min(m.x_group) OVER (PARTITION BY m.entity) AS x_group 
FROM (SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t."at") AS t, t.answer_id AS k0, CASE WHEN coalesce(t.score < 5, false) THEN 0 WHEN coalesce(t.customer_id = 'f', false) THEN 1 ELSE NULL END AS x_group 
FROM answers AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS m) AS x 
WHERE x.x_group IS NOT NULL)
 SELECT o."d_left out" AS condition, count(DISTINCT o.entity) AS customers 
FROM (SELECT l.entity AS entity, l.lapse AS lapse, l.following AS following, l."d_left out" AS "d_left out" 
FROM (SELECT anon_1.entity AS entity, anon_1.lapse AS lapse, anon_1.following AS following, anon_1."d_left out" AS "d_left out" 
FROM (SELECT o.entity AS entity, timezone('Europe/London', timezone('Europe/London', o.t) + CAST('14 day' AS INTERVAL)) AS lapse, o.following AS following, o."d_left out" AS "d_left out" 
FROM (SELECT __orders.entity AS entity, __orders.t AS t, lead(__orders.t) OVER (PARTITION BY __orders.entity ORDER BY __orders.t, __orders.k0) AS following, __orders."d_left out" AS "d_left out" 
FROM __orders) AS o) AS anon_1 
WHERE (anon_1.following IS NULL OR anon_1.following >= anon_1.lapse) AND anon_1.lapse IS NOT NULL AND anon_1.lapse <= '2024-04-20 00:00:00+00:00') AS l 
WHERE l.following IS NULL OR l.following >= l.lapse) AS o GROUP BY o."d_left out"
