SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first, CASE WHEN (timezone('UTC', t.at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) END AS day 
FROM (SELECT late_baskets.basket_id AS basket_id, late_baskets.customer_id COLLATE "C" AS customer_id, late_baskets.at AS at, late_baskets.channel COLLATE "C" AS channel, late_baskets.amount AS amount, late_baskets.margin AS margin 
FROM late_baskets) AS t) AS anon_1 GROUP BY anon_1.day

SELECT count(*) OVER () AS found, anon_1.k0 
FROM (SELECT 1 AS one, t.basket_id AS k0 
FROM (SELECT late_baskets.basket_id AS basket_id, late_baskets.customer_id COLLATE "C" AS customer_id, late_baskets.at AS at, late_baskets.channel COLLATE "C" AS channel, late_baskets.amount AS amount, late_baskets.margin AS margin 
FROM late_baskets) AS t 
WHERE CASE WHEN NOT coalesce(t.amount - t.amount = 0, true) THEN true ELSE false END) AS anon_1 ORDER BY anon_1.k0 
 LIMIT 1

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AS day, CAST(coalesce(t.amount, 0) AS NUMERIC(38, 6)) AS amount, t.basket_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT late_baskets.basket_id AS basket_id, late_baskets.customer_id COLLATE "C" AS customer_id, late_baskets.at AS at, late_baskets.channel COLLATE "C" AS channel, late_baskets.amount AS amount, late_baskets.margin AS margin 
FROM late_baskets) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00')
 SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, count(*) AS customers, count(*) FILTER (WHERE r.mature) AS mature, sum(r.amount) FILTER (WHERE r.mature) AS total, sum(CAST(r.amount AS DOUBLE PRECISION) * CAST(r.amount AS DOUBLE PRECISION)) FILTER (WHERE r.mature) AS squares 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', e.t) AS DATE)) AS DATE) AS p_month, e.d_channel AS d_channel, e.amount AS amount, timezone('Europe/London', timezone('Europe/London', e.t) + CAST('1 month' AS INTERVAL)) <= '2024-04-20 00:00:00+00:00' AS mature 
FROM (SELECT s.entity AS entity, min(s.first) AS t, sum(CASE WHEN (s.t < timezone('Europe/London', timezone('Europe/London', s.first) + CAST('1 month' AS INTERVAL))) THEN CAST(CAST(s.amount AS DOUBLE PRECISION) * power(1.1, CAST(CASE WHEN (isfinite(s.day) AND isfinite(s.first_day)) THEN s.day - s.first_day ELSE NULL END AS DOUBLE PRECISION) / CAST(-365.25 AS DOUBLE PRECISION)) AS NUMERIC(38, 12)) ELSE 0 END) AS amount, max(CASE WHEN (s.rank = 1) THEN s.d_channel END) AS d_channel 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, __purchases.d_channel AS d_channel, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s GROUP BY s.entity) AS e) AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel), (), (r.d_channel))

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AS day, CAST(coalesce(t.amount, 0) AS NUMERIC(38, 6)) AS amount, t.basket_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT late_baskets.basket_id AS basket_id, late_baskets.customer_id COLLATE "C" AS customer_id, late_baskets.at AS at, late_baskets.channel COLLATE "C" AS channel, late_baskets.amount AS amount, late_baskets.margin AS margin 
FROM late_baskets) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00')
 SELECT u.p_month, u.d_channel, u.g_p_month, u.g_d_channel, u.amount, u.entities, u.unique_amounts 
FROM (SELECT c.p_month AS p_month, c.d_channel AS d_channel, c.g_p_month AS g_p_month, c.g_d_channel AS g_d_channel, c.amount AS amount, c.entities AS entities, count(*) OVER (PARTITION BY c.p_month, c.d_channel, c.g_p_month, c.g_d_channel) AS unique_amounts 
FROM (SELECT m.p_month AS p_month, m.d_channel AS d_channel, grouping(m.p_month) AS g_p_month, grouping(m.d_channel) AS g_d_channel, m.amount AS amount, count(*) AS entities 
FROM (SELECT r.p_month AS p_month, r.d_channel AS d_channel, r.amount AS amount, r.mature AS mature 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', e.t) AS DATE)) AS DATE) AS p_month, e.d_channel AS d_channel, e.amount AS amount, timezone('Europe/London', timezone('Europe/London', e.t) + CAST('1 month' AS INTERVAL)) <= '2024-04-20 00:00:00+00:00' AS mature 
FROM (SELECT s.entity AS entity, min(s.first) AS t, sum(CASE WHEN (s.t < timezone('Europe/London', timezone('Europe/London', s.first) + CAST('1 month' AS INTERVAL))) THEN CAST(CAST(s.amount AS DOUBLE PRECISION) * power(1.1, CAST(CASE WHEN (isfinite(s.day) AND isfinite(s.first_day)) THEN s.day - s.first_day ELSE NULL END AS DOUBLE PRECISION) / CAST(-365.25 AS DOUBLE PRECISION)) AS NUMERIC(38, 12)) ELSE 0 END) AS amount, max(CASE WHEN (s.rank = 1) THEN s.d_channel END) AS d_channel 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, __purchases.d_channel AS d_channel, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s GROUP BY s.entity) AS e) AS r 
WHERE r.mature) AS m GROUP BY GROUPING SETS((m.p_month, m.amount), (m.p_month, m.amount, m.d_channel), (m.amount), (m.amount, m.d_channel))) AS c) AS u 
WHERE u.unique_amounts <= 100000
