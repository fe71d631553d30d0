SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first, CASE WHEN (timezone('UTC', t.at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) END AS day 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t) AS anon_1 GROUP BY anon_1.day

SELECT count(*) OVER () AS found, anon_1.k0 
FROM (SELECT 1 AS one, t.basket_id AS k0 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t 
WHERE CASE WHEN NOT coalesce(t.amount - t.amount = 0, true) THEN true ELSE false END) AS anon_1 ORDER BY anon_1.k0 
 LIMIT 1

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, timezone('UTC', t.at) AS t, CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AS day, CAST(coalesce(t.amount, 0) AS NUMERIC(38, 6)) AS amount, t.basket_id AS k0, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel 
FROM (SELECT baskets.basket_id AS basket_id, baskets.customer_id COLLATE "C" AS customer_id, baskets.at AS at, baskets.channel COLLATE "C" AS channel, baskets.amount AS amount, baskets.margin AS margin 
FROM baskets) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00')
 SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, count(*) AS customers, count(*) FILTER (WHERE r.at_risk > 0) AS followed, sum(r.amount) AS sum_amount, sum(r.active) AS sum_active, sum(r.at_risk) AS sum_at_risk, sum(r.lost) AS sum_lost, sum(CAST(r.amount AS DOUBLE PRECISION) * CAST(r.amount AS DOUBLE PRECISION)) AS sum_amount_amount, sum(CAST(r.amount AS DOUBLE PRECISION) * CAST(r.active AS DOUBLE PRECISION)) AS sum_amount_active, sum(CAST(r.amount AS DOUBLE PRECISION) * CAST(r.at_risk AS DOUBLE PRECISION)) AS sum_amount_at_risk, sum(CAST(r.amount AS DOUBLE PRECISION) * CAST(r.lost AS DOUBLE PRECISION)) AS sum_amount_lost, sum(CAST(r.active AS DOUBLE PRECISION) * CAST(r.active AS DOUBLE PRECISION)) AS sum_active_active, sum(CAST(r.active AS DOUBLE PRECISION) * CAST(r.at_risk AS DOUBLE PRECISION)) AS sum_active_at_risk, sum(CAST(r.active AS DOUBLE PRECISION) * CAST(r.lost AS DOUBLE PRECISION)) AS sum_active_lost, sum(CAST(r.at_risk AS DOUBLE PRECISION) * CAST(r.at_risk AS DOUBLE PRECISION)) AS sum_at_risk_at_risk, sum(CAST(r.at_risk AS DOUBLE PRECISION) * CAST(r.lost AS DOUBLE PRECISION)) AS sum_at_risk_lost, sum(CAST(r.lost AS DOUBLE PRECISION) * CAST(r.lost AS DOUBLE PRECISION)) AS sum_lost_lost 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', w.t) AS DATE)) AS DATE) AS p_month, w.d_channel AS d_channel, coalesce(u.amount, 0) AS amount, coalesce(u.active, 0) AS active, coalesce(u.at_risk, 0) AS at_risk, coalesce(u.lost, 0) AS lost 
FROM (SELECT s.entity AS entity, min(s.first) AS t, max(CASE WHEN (s.rank = 1) THEN s.d_channel END) AS d_channel 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, __purchases.d_channel AS d_channel, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s GROUP BY s.entity) AS w LEFT OUTER JOIN (SELECT anon_1.entity AS entity, CAST(sum(anon_1.amount) AS NUMERIC(38, 6)) AS amount, count(*) AS active, CAST(sum(anon_1.at_risk) AS BIGINT) AS at_risk, CAST(sum(anon_1.lost) AS BIGINT) AS lost 
FROM (SELECT anon_2.entity AS entity, anon_2.amount AS amount, CASE WHEN (anon_2.unit < '2024-04-08') THEN 1 ELSE 0 END AS at_risk, CASE WHEN (anon_2.unit < '2024-04-08' AND (lead(anon_2.unit) OVER (PARTITION BY anon_2.entity ORDER BY anon_2.unit) IS NULL OR lead(anon_2.unit) OVER (PARTITION BY anon_2.entity ORDER BY anon_2.unit) > CAST(anon_2.unit + CAST('1 week' AS INTERVAL) AS DATE))) THEN 1 ELSE 0 END AS lost 
FROM (SELECT anon_3.entity AS entity, anon_3.unit AS unit, sum(anon_3.amount) AS amount 
FROM (SELECT __purchases.entity AS entity, __purchases.amount AS amount, CAST(date_trunc('week', CAST(timezone('Europe/London', __purchases.t) AS DATE)) AS DATE) AS unit 
FROM __purchases) AS anon_3 
WHERE anon_3.unit < '2024-04-15' GROUP BY anon_3.entity, anon_3.unit) AS anon_2) AS anon_1 GROUP BY anon_1.entity) AS u ON w.entity = u.entity) AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel), (), (r.d_channel))
