SELECT min(anon_1.first) FILTER (WHERE anon_1.first BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') AS first, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t) AS anon_1

WITH __orders AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, t.answer_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00'), 
__periods AS 
(SELECT CAST(v.p_grain AS TEXT) AS p_grain, CAST(v.p_start AS DATE) AS p_start, CAST(v.a_from AS TIMESTAMP WITH TIME ZONE) AS a_from, CAST(v.a_to AS TIMESTAMP WITH TIME ZONE) AS a_to, CAST(v.b_from AS TIMESTAMP WITH TIME ZONE) AS b_from, CAST(v.b_to AS TIMESTAMP WITH TIME ZONE) AS b_to 
FROM (VALUES ('month', '2024-03-01', '2024-01-21 00:00:00+00:00', '2024-03-01 00:00:00+00:00', '2024-02-21 00:00:00+00:00', '2024-03-31 23:00:00+00:00'), ('month', '2024-04-01', '2024-02-21 00:00:00+00:00', '2024-03-31 23:00:00+00:00', '2024-03-11 01:00:00.000001+00:00', '2024-04-20 00:00:00.000001+00:00'), ('quarter', '2024-04-01', '2024-02-21 00:00:00+00:00', '2024-03-31 23:00:00+00:00', '2024-03-11 01:00:00.000001+00:00', '2024-04-20 00:00:00.000001+00:00')) AS v (p_grain, p_start, a_from, a_to, b_from, b_to)), 
__values AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, t.score AS a 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00'), 
__value_periods AS 
(SELECT CAST(v.p_grain AS TEXT) AS p_grain, CAST(v.p_start AS DATE) AS p_start, CAST(v.a_from AS TIMESTAMP WITH TIME ZONE) AS a_from, CAST(v.a_to AS TIMESTAMP WITH TIME ZONE) AS a_to, CAST(v.b_from AS TIMESTAMP WITH TIME ZONE) AS b_from, CAST(v.b_to AS TIMESTAMP WITH TIME ZONE) AS b_to 
FROM (VALUES ('month', '2024-03-01', '2024-01-21 00:00:00+00:00', '2024-03-01 00:00:00+00:00', '2024-02-21 00:00:00+00:00', '2024-03-31 23:00:00+00:00'), ('month', '2024-04-01', '2024-02-21 00:00:00+00:00', '2024-03-31 23:00:00+00:00', '2024-03-11 01:00:00.000001+00:00', '2024-04-20 00:00:00.000001+00:00'), ('quarter', '2024-04-01', '2024-02-21 00:00:00+00:00', '2024-03-31 23:00:00+00:00', '2024-03-11 01:00:00.000001+00:00', '2024-04-20 00:00:00.000001+00:00')) AS v (p_grain, p_start, a_from, a_to, b_from, b_to))
 SELECT l.p_grain, l.p_start, l.d_channel, l.g_d_channel, l.n, l.d, sum(l.customers) AS size, sum(l.one_n * l.customers) AS sum_n, sum(l.one_d * l.customers) AS sum_d, sum(CAST(l.one_n AS DOUBLE PRECISION) * CAST(l.one_n AS DOUBLE PRECISION) * l.customers) AS sum_nn, sum(CAST(l.one_n AS DOUBLE PRECISION) * CAST(l.one_d AS DOUBLE PRECISION) * l.customers) AS sum_nd, sum(CAST(l.one_d AS DOUBLE PRECISION) * CAST(l.one_d AS DOUBLE PRECISION) * l.customers) AS sum_dd 
FROM (SELECT u.p_grain AS p_grain, u.p_start AS p_start, u.d_channel AS d_channel, u.g_d_channel AS g_d_channel, CASE WHEN (u.unique_pairs <= 100000) THEN u.n END AS n, CASE WHEN (u.unique_pairs <= 100000) THEN u.d END AS d, u.n AS one_n, u.d AS one_d, u.customers AS customers 
FROM (SELECT c.p_grain AS p_grain, c.p_start AS p_start, c.d_channel AS d_channel, c.g_d_channel AS g_d_channel, c.n AS n, c.d AS d, c.customers AS customers, count(*) OVER (PARTITION BY c.p_grain, c.p_start, c.d_channel, c.g_d_channel) AS unique_pairs 
FROM (SELECT r.p_grain AS p_grain, r.p_start AS p_start, r.d_channel AS d_channel, grouping(r.d_channel) AS g_d_channel, r.n AS n, r.d AS d, count(*) AS customers 
FROM (SELECT anon_1.p_grain AS p_grain, anon_1.p_start AS p_start, anon_1.d_channel AS d_channel, CAST(CASE WHEN coalesce(anon_2.active, false) THEN coalesce(anon_2.worth, 0) ELSE least(coalesce(anon_2.worth, 0), 0) END AS NUMERIC(38, 6)) AS n, CAST(coalesce(anon_1.worth, 0) AS NUMERIC(38, 6)) AS d 
FROM (SELECT anon_3.p_grain AS p_grain, anon_3.p_start AS p_start, anon_3.entity AS entity, anon_3.d_channel AS d_channel, anon_4.worth AS worth, anon_3.entity IS NOT NULL AS active 
FROM (SELECT anon_5.p_grain AS p_grain, anon_5.p_start AS p_start, anon_5.entity AS entity, anon_5.d_channel AS d_channel 
FROM (SELECT __periods.p_grain AS p_grain, __periods.p_start AS p_start, __orders.entity AS entity, __orders.d_channel AS d_channel, row_number() OVER (PARTITION BY __periods.p_grain, __periods.p_start, __orders.entity ORDER BY __orders.t DESC, __orders.k0 DESC) AS rank 
FROM __orders JOIN __periods ON __orders.t >= __periods.a_from AND __orders.t < __periods.a_to) AS anon_5 
WHERE anon_5.rank = 1) AS anon_3 LEFT OUTER JOIN (SELECT __value_periods.p_grain AS p_grain, __value_periods.p_start AS p_start, __values.entity AS entity, CAST(coalesce(sum(__values.a), 0) AS NUMERIC(38, 6)) AS worth 
FROM __values JOIN __value_periods ON __values.t >= __value_periods.a_from AND __values.t < __value_periods.a_to GROUP BY __value_periods.p_grain, __value_periods.p_start, __values.entity) AS anon_4 ON anon_3.p_grain = anon_4.p_grain AND anon_3.p_start = anon_4.p_start AND anon_3.entity = anon_4.entity) AS anon_1 LEFT OUTER JOIN (SELECT coalesce(anon_6.p_grain, anon_7.p_grain) AS p_grain, coalesce(anon_6.p_start, anon_7.p_start) AS p_start, coalesce(anon_6.entity, anon_7.entity) AS entity, anon_6.d_channel AS d_channel, anon_7.worth AS worth, anon_6.entity IS NOT NULL AS active 
FROM (SELECT anon_8.p_grain AS p_grain, anon_8.p_start AS p_start, anon_8.entity AS entity, anon_8.d_channel AS d_channel 
FROM (SELECT __periods.p_grain AS p_grain, __periods.p_start AS p_start, __orders.entity AS entity, __orders.d_channel AS d_channel, row_number() OVER (PARTITION BY __periods.p_grain, __periods.p_start, __orders.entity ORDER BY __orders.t DESC, __orders.k0 DESC) AS rank 
FROM __orders JOIN __periods ON __orders.t >= __periods.b_from AND __orders.t < __periods.b_to) AS anon_8 
WHERE anon_8.rank = 1) AS anon_6 FULL OUTER JOIN (SELECT __value_periods.p_grain AS p_grain, __value_periods.p_start AS p_start, __values.entity AS entity, CAST(coalesce(sum(__values.a), 0) AS NUMERIC(38, 6)) AS worth 
FROM __values JOIN __value_periods ON __values.t >= __value_periods.b_from AND __values.t < __value_periods.b_to GROUP BY __value_periods.p_grain, __value_periods.p_start, __values.entity) AS anon_7 ON anon_6.p_grain = anon_7.p_grain AND anon_6.p_start = anon_7.p_start AND anon_6.entity = anon_7.entity) AS anon_2 ON anon_1.p_grain = anon_2.p_grain AND anon_1.p_start = anon_2.p_start AND anon_1.entity = anon_2.entity) AS r GROUP BY GROUPING SETS((r.p_grain, r.p_start, r.n, r.d), (r.p_grain, r.p_start, r.n, r.d, r.d_channel))) AS c) AS u) AS l GROUP BY l.p_grain, l.p_start, l.d_channel, l.g_d_channel, l.n, l.d
