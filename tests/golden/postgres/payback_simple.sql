SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first, CASE WHEN (timezone('UTC', t.at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) END AS day 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t) AS anon_1 GROUP BY anon_1.day

SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20') AS ahead 
FROM (SELECT t.day AS first, CASE WHEN (t.day BETWEEN '1000-01-01' AND '9999-12-30') THEN CAST(t.day AS DATE) END AS day 
FROM (SELECT spend.day AS day, spend.channel COLLATE "C" AS channel, spend.amount AS amount 
FROM spend) AS t) AS anon_1 GROUP BY anon_1.day

SELECT count(*) OVER () AS found, anon_1.k0, anon_1.k1 
FROM (SELECT 1 AS one, t.day AS k0, t.channel AS k1 
FROM (SELECT spend.day AS day, spend.channel COLLATE "C" AS channel, spend.amount AS amount 
FROM spend) AS t 
WHERE CASE WHEN NOT coalesce(t.amount - t.amount = 0, true) THEN true ELSE false END) AS anon_1 ORDER BY anon_1.k0, anon_1.k1 
 LIMIT 1

SELECT count(*) OVER () AS found, anon_1.k0 
FROM (SELECT 1 AS one, t.basket_id AS k0 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t 
WHERE CASE WHEN NOT coalesce(t.margin - t.margin = 0, true) THEN true ELSE false END) AS anon_1 ORDER BY anon_1.k0 
 LIMIT 1

SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, sum(r.a_m0) FILTER (WHERE r.f_m0) AS m0 
FROM (SELECT CAST(date_trunc('month', CAST(t.day AS DATE)) AS DATE) AS p_month, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.amount AS a_m0, coalesce(t.amount < 100 OR CAST(t.day AS DATE) < CAST('2024-02-01' AS DATE), false) AS f_m0 
FROM (SELECT spend.day AS day, spend.channel COLLATE "C" AS channel, spend.amount AS amount 
FROM spend) AS t 
WHERE t.day IS NOT NULL AND t.day <= '2024-04-20') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel))

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AS day, CAST(coalesce(t.margin, 0) AS NUMERIC(38, 6)) AS amount, t.basket_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00')
 SELECT w.p_month, w.d_channel, grouping(w.p_month) AS g_p_month, grouping(w.d_channel) AS g_d_channel, w.done, count(*) AS customers 
FROM (SELECT e.entity AS entity, CAST(date_trunc('month', CAST(timezone('Europe/London', e.t) AS DATE)) AS DATE) AS p_month, e.d_channel AS d_channel, least(CAST(((EXTRACT(year FROM '2024-04-20') * 12 + EXTRACT(month FROM '2024-04-20')) - (EXTRACT(year FROM e.first_day) * 12 + EXTRACT(month FROM e.first_day))) - CASE WHEN (EXTRACT(day FROM '2024-04-20') < EXTRACT(day FROM e.first_day) AND EXTRACT(day FROM '2024-04-20' + CAST('1 day' AS INTERVAL)) != 1) THEN 1 ELSE 0 END AS BIGINT), 3) AS done 
FROM (SELECT s.entity AS entity, min(s.first) AS t, min(s.first_day) AS first_day, max(CASE WHEN (s.rank = 1) THEN s.d_channel END) AS d_channel 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, __purchases.d_channel AS d_channel, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s GROUP BY s.entity) AS e) AS w GROUP BY GROUPING SETS((w.p_month, w.done), (w.p_month, w.done, w.d_channel))

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AS day, CAST(coalesce(t.margin, 0) AS NUMERIC(38, 6)) AS amount, t.basket_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00')
 SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, r.age, sum(r.amount) AS amount 
FROM (SELECT w.p_month AS p_month, w.d_channel AS d_channel, a.age AS age, a.amount AS amount 
FROM (SELECT s.entity AS entity, s.amount AS amount, CAST(((EXTRACT(year FROM s.day) * 12 + EXTRACT(month FROM s.day)) - (EXTRACT(year FROM s.first_day) * 12 + EXTRACT(month FROM s.first_day))) - CASE WHEN (EXTRACT(day FROM s.day) < EXTRACT(day FROM s.first_day) AND EXTRACT(day FROM s.day + CAST('1 day' AS INTERVAL)) != 1) THEN 1 ELSE 0 END AS BIGINT) AS age 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, __purchases.d_channel AS d_channel, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s 
WHERE CAST(((EXTRACT(year FROM s.day) * 12 + EXTRACT(month FROM s.day)) - (EXTRACT(year FROM s.first_day) * 12 + EXTRACT(month FROM s.first_day))) - CASE WHEN (EXTRACT(day FROM s.day) < EXTRACT(day FROM s.first_day) AND EXTRACT(day FROM s.day + CAST('1 day' AS INTERVAL)) != 1) THEN 1 ELSE 0 END AS BIGINT) < 3) AS a JOIN (SELECT e.entity AS entity, CAST(date_trunc('month', CAST(timezone('Europe/London', e.t) AS DATE)) AS DATE) AS p_month, e.d_channel AS d_channel, least(CAST(((EXTRACT(year FROM '2024-04-20') * 12 + EXTRACT(month FROM '2024-04-20')) - (EXTRACT(year FROM e.first_day) * 12 + EXTRACT(month FROM e.first_day))) - CASE WHEN (EXTRACT(day FROM '2024-04-20') < EXTRACT(day FROM e.first_day) AND EXTRACT(day FROM '2024-04-20' + CAST('1 day' AS INTERVAL)) != 1) THEN 1 ELSE 0 END AS BIGINT), 3) AS done 
FROM (SELECT s.entity AS entity, min(s.first) AS t, min(s.first_day) AS first_day, max(CASE WHEN (s.rank = 1) THEN s.d_channel END) AS d_channel 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, __purchases.d_channel AS d_channel, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s GROUP BY s.entity) AS e) AS w ON a.entity = w.entity AND w.done > a.age) AS r GROUP BY GROUPING SETS((r.p_month, r.age), (r.p_month, r.age, r.d_channel))

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AS day, CAST(coalesce(t.margin, 0) AS NUMERIC(38, 6)) AS amount, t.basket_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00')
 SELECT e.p_month, e.d_channel, e.g_p_month, e.g_d_channel, count(*) AS customer_months, sum(e.amount) AS amount 
FROM (SELECT r.p_month AS p_month, r.d_channel AS d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, r.entity AS entity, r.month AS month, sum(r.amount) AS amount 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', __purchases.t) AS DATE)) AS DATE) AS p_month, __purchases.d_channel AS d_channel, __purchases.entity AS entity, __purchases.amount AS amount, CAST(date_trunc('month', CAST(timezone('Europe/London', __purchases.t) AS DATE)) AS DATE) AS month 
FROM __purchases) AS r GROUP BY GROUPING SETS((r.p_month, r.entity, r.month), (r.p_month, r.entity, r.month, r.d_channel))) AS e GROUP BY e.p_month, e.d_channel, e.g_p_month, e.g_d_channel
