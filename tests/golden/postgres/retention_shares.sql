SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first, CASE WHEN (timezone('UTC', t.at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) END AS day 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t) AS anon_1 GROUP BY anon_1.day

WITH __orders AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, t.answer_id AS k0 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00'), 
__lives AS 
(SELECT anon_1.entity AS entity, anon_1.since AS since, anon_1.seen AS seen, anon_1.lost AS lost, anon_1.last AS last 
FROM (SELECT anon_2.entity AS entity, anon_2.since AS since, anon_2.seen AS seen, CASE WHEN (anon_2.lost <= CAST('2024-04-19' AS DATE)) THEN anon_2.lost ELSE NULL END AS lost, CASE WHEN (anon_2.lost <= CAST('2024-04-19' AS DATE)) THEN greatest(anon_2.since, CAST(anon_2.lost - CAST('1 day' AS INTERVAL) AS DATE)) ELSE CAST('2024-04-19' AS DATE) END AS last 
FROM (SELECT anon_3.entity AS entity, anon_3.seen AS since, anon_3.seen AS seen, CAST(timezone('Europe/London', anon_3."left") AS DATE) AS lost 
FROM (SELECT anon_4.entity AS entity, anon_4.rank AS rank, CAST(timezone('Europe/London', anon_4.t) AS DATE) AS seen, min(CASE WHEN (anon_4.following IS NULL OR anon_4.following >= timezone('Europe/London', timezone('Europe/London', anon_4.t) + CAST('40 day' AS INTERVAL))) THEN timezone('Europe/London', timezone('Europe/London', anon_4.t) + CAST('40 day' AS INTERVAL)) ELSE CAST(NULL AS TIMESTAMP WITH TIME ZONE) END) OVER (PARTITION BY anon_4.entity) AS "left" 
FROM (SELECT __orders.entity AS entity, __orders.t AS t, row_number() OVER (PARTITION BY __orders.entity ORDER BY __orders.t, __orders.k0) AS rank, lead(__orders.t) OVER (PARTITION BY __orders.entity ORDER BY __orders.t, __orders.k0) AS following 
FROM __orders) AS anon_4) AS anon_3 
WHERE anon_3.rank = 1) AS anon_2) AS anon_1 
WHERE anon_1.since <= CAST('2024-04-19' AS DATE) AND (anon_1.seen < CAST('2024-04-19' AS DATE) OR anon_1.since = anon_1.seen) AND coalesce(NOT (anon_1.seen > anon_1.since AND anon_1.lost <= anon_1.seen), true)), 
__won_month AS 
(SELECT __lives.entity AS entity, __lives.since AS since, __lives.seen AS seen, __lives.lost AS lost, __lives.last AS last, 'month' AS p_grain, CAST(date_trunc('month', __lives.since) AS DATE) AS p_start, CAST(CAST(date_trunc('month', __lives.since) AS DATE) + CAST('1 month' AS INTERVAL) AS DATE) AS p_next 
FROM __lives), 
__born_month AS 
(SELECT __won_month.entity AS entity, __won_month.p_grain AS p_grain, __won_month.p_start AS p_start, CAST(((EXTRACT(year FROM CAST('2024-04-20' AS DATE)) * 12 + EXTRACT(month FROM CAST('2024-04-20' AS DATE))) - (EXTRACT(year FROM __won_month.since) * 12 + EXTRACT(month FROM __won_month.since))) - CASE WHEN (EXTRACT(day FROM CAST('2024-04-20' AS DATE)) < EXTRACT(day FROM __won_month.since) AND EXTRACT(day FROM CAST('2024-04-20' AS DATE) + CAST('1 day' AS INTERVAL)) != 1) THEN 1 ELSE 0 END AS BIGINT) - 1 AS reached, CASE WHEN (__won_month.lost IS NOT NULL) THEN CAST(((EXTRACT(year FROM __won_month.last) * 12 + EXTRACT(month FROM __won_month.last)) - (EXTRACT(year FROM __won_month.since) * 12 + EXTRACT(month FROM __won_month.since))) - CASE WHEN (EXTRACT(day FROM __won_month.last) < EXTRACT(day FROM __won_month.since) AND EXTRACT(day FROM __won_month.last + CAST('1 day' AS INTERVAL)) != 1) THEN 1 ELSE 0 END AS BIGINT) ELSE 3 END AS stayed 
FROM __won_month 
WHERE __won_month.seen <= __won_month.since), 
__ages AS 
(SELECT CAST(v.k AS BIGINT) AS k, CAST(v.age AS TEXT) AS age 
FROM (VALUES (0, '00'), (1, '01'), (2, '02'), (3, '03')) AS v (k, age)), 
__values AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, t.score AS a 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00'), 
__worth_month AS 
(SELECT anon_5.entity AS entity, anon_5.k AS k, CAST(coalesce(sum(anon_5.a), 0) AS NUMERIC(38, 6)) AS worth 
FROM (SELECT __values.entity AS entity, CAST(((EXTRACT(year FROM CAST(timezone('Europe/London', __values.t) AS DATE)) * 12 + EXTRACT(month FROM CAST(timezone('Europe/London', __values.t) AS DATE))) - (EXTRACT(year FROM __lives.since) * 12 + EXTRACT(month FROM __lives.since))) - CASE WHEN (EXTRACT(day FROM CAST(timezone('Europe/London', __values.t) AS DATE)) < EXTRACT(day FROM __lives.since) AND EXTRACT(day FROM CAST(timezone('Europe/London', __values.t) AS DATE) + CAST('1 day' AS INTERVAL)) != 1) THEN 1 ELSE 0 END AS BIGINT) AS k, __values.a AS a 
FROM __values JOIN __lives ON __lives.entity = __values.entity AND CAST(timezone('Europe/London', __values.t) AS DATE) >= __lives.since) AS anon_5 GROUP BY anon_5.entity, anon_5.k)
 SELECT l.p_grain, l.p_start, l.d_age, l.g_d_age, l.n, l.d, sum(l.customers) AS size, sum(l.one_n * l.customers) AS sum_n, sum(l.one_d * l.customers) AS sum_d, sum(CAST(l.one_n AS DOUBLE PRECISION) * CAST(l.one_n AS DOUBLE PRECISION) * l.customers) AS sum_nn, sum(CAST(l.one_n AS DOUBLE PRECISION) * CAST(l.one_d AS DOUBLE PRECISION) * l.customers) AS sum_nd, sum(CAST(l.one_d AS DOUBLE PRECISION) * CAST(l.one_d AS DOUBLE PRECISION) * l.customers) AS sum_dd 
FROM (SELECT u.p_grain AS p_grain, u.p_start AS p_start, u.d_age AS d_age, u.g_d_age AS g_d_age, CASE WHEN (u.unique_pairs <= 200) THEN u.n END AS n, CASE WHEN (u.unique_pairs <= 200) THEN u.d END AS d, u.n AS one_n, u.d AS one_d, u.customers AS customers 
FROM (SELECT c.p_grain AS p_grain, c.p_start AS p_start, c.d_age AS d_age, c.g_d_age AS g_d_age, c.n AS n, c.d AS d, c.customers AS customers, count(*) OVER (PARTITION BY c.p_grain, c.p_start, c.d_age, c.g_d_age) AS unique_pairs 
FROM (SELECT r.p_grain AS p_grain, r.p_start AS p_start, r.d_age AS d_age, grouping(r.d_age) AS g_d_age, r.n AS n, r.d AS d, count(*) AS customers 
FROM (SELECT e.p_grain AS p_grain, e.p_start AS p_start, e.age AS d_age, CAST(CASE WHEN (e.k <= e.stayed) THEN coalesce(w.worth, 0) ELSE least(coalesce(w.worth, 0), 0) END AS NUMERIC(38, 6)) AS n, CAST(coalesce(v.worth, 0) AS NUMERIC(38, 6)) AS d 
FROM (SELECT __born_month.entity AS entity, __born_month.p_grain AS p_grain, __born_month.p_start AS p_start, __born_month.reached AS reached, __born_month.stayed AS stayed, __ages.k AS k, __ages.age AS age 
FROM __born_month JOIN __ages ON __ages.k <= __born_month.reached) AS e LEFT OUTER JOIN __worth_month AS w ON e.entity = w.entity AND w.k = e.k LEFT OUTER JOIN __worth_month AS v ON e.entity = v.entity AND v.k = 0) AS r GROUP BY GROUPING SETS((r.p_grain, r.p_start, r.n, r.d, r.d_age))) AS c) AS u) AS l GROUP BY l.p_grain, l.p_start, l.d_age, l.g_d_age, l.n, l.d
