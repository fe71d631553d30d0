SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20') AS ahead 
FROM (SELECT t.since AS first, CASE WHEN (t.since BETWEEN '1000-01-01' AND '9999-12-30') THEN CAST(t.since AS DATE) END AS day 
FROM late_plans AS t) AS anon_1 GROUP BY anon_1.day

WITH __subscriptions AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, CAST(t.since AS DATE) AS t, coalesce(CAST(t.until AS DATE), '9999-01-01') AS stop, CAST(coalesce(t.mrr, 0) AS NUMERIC(38, 6)) AS worth, t.plan_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM late_plans AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND CAST(t.since AS DATE) IS NOT NULL AND CAST(t.since AS DATE) <= '2024-04-20' AND (CAST(t.until AS DATE) IS NULL OR CAST(t.until AS DATE) > CAST(t.since AS DATE))), 
__bridged AS 
(SELECT __subscriptions.entity AS entity, __subscriptions.t AS t, __subscriptions.worth AS worth, __subscriptions.k0 AS k0, __subscriptions.d_channel AS d_channel, coalesce(g.prolonged, __subscriptions.stop) AS stop 
FROM __subscriptions LEFT OUTER JOIN (SELECT anon_4.entity AS entity, anon_4.so_far AS so_far, CASE WHEN (anon_4.following <= CAST(anon_4.so_far + CAST('10 day' AS INTERVAL) AS DATE)) THEN anon_4.following WHEN (anon_4.following IS NULL AND CAST(anon_4.so_far + CAST('10 day' AS INTERVAL) AS DATE) > '2024-04-20') THEN CAST(anon_4.so_far + CAST('10 day' AS INTERVAL) AS DATE) END AS prolonged 
FROM (SELECT __subscriptions.entity AS entity, __subscriptions.t AS t, __subscriptions.stop AS stop, __subscriptions.worth AS worth, __subscriptions.k0 AS k0, __subscriptions.d_channel AS d_channel, max(__subscriptions.stop) OVER (PARTITION BY __subscriptions.entity ORDER BY __subscriptions.t, __subscriptions.k0 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far, lead(__subscriptions.t) OVER (PARTITION BY __subscriptions.entity ORDER BY __subscriptions.t, __subscriptions.k0) AS following 
FROM __subscriptions) AS anon_4 
WHERE anon_4.following IS NULL OR anon_4.following > anon_4.so_far) AS g ON __subscriptions.entity = g.entity AND __subscriptions.stop = g.so_far), 
__periods AS 
(SELECT CAST(v.p_grain AS TEXT) AS p_grain, CAST(v.p_start AS DATE) AS p_start, CAST(v.a_at AS DATE) AS a_at, CAST(v.b_at AS DATE) AS b_at 
FROM (VALUES ('month', '2024-02-01', '2024-02-01', '2024-03-01'), ('month', '2024-03-01', '2024-03-01', '2024-04-01'), ('month', '2024-04-01', '2024-04-01', '2024-04-21'), ('quarter', '2024-01-01', '2024-01-01', '2024-04-01'), ('quarter', '2024-04-01', '2024-04-01', '2024-04-21')) AS v (p_grain, p_start, a_at, b_at))
 SELECT l.p_grain, l.p_start, l.d_channel, l.g_d_channel, l.n, l.d, sum(l.customers) AS size, sum(l.one_n * l.customers) AS sum_n, sum(l.one_d * l.customers) AS sum_d, sum(CAST(l.one_n AS DOUBLE PRECISION) * CAST(l.one_n AS DOUBLE PRECISION) * l.customers) AS sum_nn, sum(CAST(l.one_n AS DOUBLE PRECISION) * CAST(l.one_d AS DOUBLE PRECISION) * l.customers) AS sum_nd, sum(CAST(l.one_d AS DOUBLE PRECISION) * CAST(l.one_d AS DOUBLE PRECISION) * l.customers) AS sum_dd 
FROM (SELECT u.p_grain AS p_grain, u.p_start AS p_start, u.d_channel AS d_channel, u.g_d_channel AS g_d_channel, CASE WHEN (u.unique_pairs <= 100000) THEN u.n END AS n, CASE WHEN (u.unique_pairs <= 100000) THEN u.d END AS d, u.n AS one_n, u.d AS one_d, u.customers AS customers 
FROM (SELECT c.p_grain AS p_grain, c.p_start AS p_start, c.d_channel AS d_channel, c.g_d_channel AS g_d_channel, c.n AS n, c.d AS d, c.customers AS customers, count(*) OVER (PARTITION BY c.p_grain, c.p_start, c.d_channel, c.g_d_channel) AS unique_pairs 
FROM (SELECT r.p_grain AS p_grain, r.p_start AS p_start, r.d_channel AS d_channel, grouping(r.d_channel) AS g_d_channel, r.n AS n, r.d AS d, count(*) AS customers 
FROM (SELECT anon_1.p_grain AS p_grain, anon_1.p_start AS p_start, anon_1.d_channel AS d_channel, CAST(CASE WHEN coalesce(anon_2.entity IS NOT NULL, false) THEN coalesce(anon_2.worth, 0) ELSE least(coalesce(anon_2.worth, 0), 0) END AS NUMERIC(38, 6)) AS n, CAST(coalesce(anon_1.worth, 0) AS NUMERIC(38, 6)) AS d 
FROM (SELECT anon_3.p_grain AS p_grain, anon_3.p_start AS p_start, anon_3.entity AS entity, anon_3.d_channel AS d_channel, anon_3.worth AS worth 
FROM (SELECT __periods.p_grain AS p_grain, __periods.p_start AS p_start, __bridged.entity AS entity, __bridged.d_channel AS d_channel, sum(__bridged.worth) OVER (PARTITION BY __periods.p_grain, __periods.p_start, __bridged.entity) AS worth, row_number() OVER (PARTITION BY __periods.p_grain, __periods.p_start, __bridged.entity ORDER BY __bridged.t DESC, __bridged.k0 DESC) AS rank 
FROM __bridged JOIN __periods ON __bridged.t < __periods.a_at AND __bridged.stop >= __periods.a_at) AS anon_3 
WHERE anon_3.rank = 1) AS anon_1 LEFT OUTER JOIN (SELECT anon_5.p_grain AS p_grain, anon_5.p_start AS p_start, anon_5.entity AS entity, anon_5.d_channel AS d_channel, anon_5.worth AS worth 
FROM (SELECT __periods.p_grain AS p_grain, __periods.p_start AS p_start, __bridged.entity AS entity, __bridged.d_channel AS d_channel, sum(__bridged.worth) OVER (PARTITION BY __periods.p_grain, __periods.p_start, __bridged.entity) AS worth, row_number() OVER (PARTITION BY __periods.p_grain, __periods.p_start, __bridged.entity ORDER BY __bridged.t DESC, __bridged.k0 DESC) AS rank 
FROM __bridged JOIN __periods ON __bridged.t < __periods.b_at AND __bridged.stop >= __periods.b_at) AS anon_5 
WHERE anon_5.rank = 1) AS anon_2 ON anon_1.p_grain = anon_2.p_grain AND anon_1.p_start = anon_2.p_start AND anon_1.entity = anon_2.entity) AS r GROUP BY GROUPING SETS((r.p_grain, r.p_start, r.n, r.d), (r.p_grain, r.p_start, r.n, r.d, r.d_channel))) AS c) AS u) AS l GROUP BY l.p_grain, l.p_start, l.d_channel, l.g_d_channel, l.n, l.d
