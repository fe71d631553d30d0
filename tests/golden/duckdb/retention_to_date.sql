SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20') AS ahead 
FROM (SELECT t.since AS first, CASE WHEN (t.since BETWEEN '1000-01-01' AND '9999-12-30') THEN CAST(t.since AS DATE) END AS day 
FROM plans AS t) AS anon_1 GROUP BY anon_1.day

WITH __subscriptions AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, CAST(t.since AS DATE) AS t, coalesce(CAST(t.until AS DATE), '9999-01-01') AS stop, CAST(coalesce(0, 0) AS NUMERIC(38, 6)) AS worth, t.plan_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM plans AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND CAST(t.since AS DATE) IS NOT NULL AND CAST(t.since AS DATE) <= '2024-04-20' AND (CAST(t.until AS DATE) IS NULL OR CAST(t.until AS DATE) > CAST(t.since AS DATE))), 
__periods AS 
(SELECT CAST(v.p_grain AS TEXT) AS p_grain, CAST(v.p_start AS DATE) AS p_start, CAST(v.a_at AS DATE) AS a_at, CAST(v.b_at AS DATE) AS b_at 
FROM (VALUES ('year', '2023-01-01', '2023-04-01', '2024-01-01'), ('year', '2024-01-01', '2024-04-01', '2024-04-21')) AS v (p_grain, p_start, a_at, b_at))
 SELECT r.p_grain, r.p_start, r.d_channel, grouping(r.d_channel) AS g_d_channel, count(*) AS size, sum(r.n) AS sum_n, sum(r.d) AS sum_d 
FROM (SELECT anon_1.p_grain AS p_grain, anon_1.p_start AS p_start, anon_1.d_channel AS d_channel, CAST(CASE WHEN (anon_2.entity IS NOT NULL) THEN 1 ELSE 0 END AS NUMERIC(38, 6)) AS n, CAST(1 AS NUMERIC(38, 6)) AS d 
FROM (SELECT anon_3.p_grain AS p_grain, anon_3.p_start AS p_start, anon_3.entity AS entity, anon_3.d_channel AS d_channel, anon_3.worth AS worth 
FROM (SELECT __periods.p_grain AS p_grain, __periods.p_start AS p_start, __subscriptions.entity AS entity, __subscriptions.d_channel AS d_channel, sum(__subscriptions.worth) OVER (PARTITION BY __periods.p_grain, __periods.p_start, __subscriptions.entity) AS worth, row_number() OVER (PARTITION BY __periods.p_grain, __periods.p_start, __subscriptions.entity ORDER BY __subscriptions.t DESC, __subscriptions.k0 DESC) AS rank 
FROM __subscriptions JOIN __periods ON __subscriptions.t < __periods.a_at AND __subscriptions.stop >= __periods.a_at) AS anon_3 
WHERE anon_3.rank = 1) AS anon_1 LEFT OUTER JOIN (SELECT anon_4.p_grain AS p_grain, anon_4.p_start AS p_start, anon_4.entity AS entity, anon_4.d_channel AS d_channel, anon_4.worth AS worth 
FROM (SELECT __periods.p_grain AS p_grain, __periods.p_start AS p_start, __subscriptions.entity AS entity, __subscriptions.d_channel AS d_channel, sum(__subscriptions.worth) OVER (PARTITION BY __periods.p_grain, __periods.p_start, __subscriptions.entity) AS worth, row_number() OVER (PARTITION BY __periods.p_grain, __periods.p_start, __subscriptions.entity ORDER BY __subscriptions.t DESC, __subscriptions.k0 DESC) AS rank 
FROM __subscriptions JOIN __periods ON __subscriptions.t < __periods.b_at AND __subscriptions.stop >= __periods.b_at) AS anon_4 
WHERE anon_4.rank = 1) AS anon_2 ON anon_1.p_grain = anon_2.p_grain AND anon_1.p_start = anon_2.p_start AND anon_1.entity = anon_2.entity) AS r GROUP BY GROUPING SETS((r.p_grain, r.p_start), (r.p_grain, r.p_start, r.d_channel))
