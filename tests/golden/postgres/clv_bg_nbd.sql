SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20') AS ahead 
FROM (SELECT t.day AS first, CASE WHEN (t.day BETWEEN '1000-01-01' AND '9999-12-30') THEN CAST(t.day AS DATE) END AS day 
FROM (SELECT repeats.repeat_id AS repeat_id, repeats.customer_id COLLATE "C" AS customer_id, repeats.day AS day, repeats.amount AS amount 
FROM repeats) AS t) AS anon_1 GROUP BY anon_1.day

SELECT count(*) OVER () AS found, anon_1.k0 
FROM (SELECT 1 AS one, t.repeat_id AS k0 
FROM (SELECT repeats.repeat_id AS repeat_id, repeats.customer_id COLLATE "C" AS customer_id, repeats.day AS day, repeats.amount AS amount 
FROM repeats) AS t 
WHERE CASE WHEN NOT coalesce(t.amount - t.amount = 0, true) THEN true ELSE false END) AS anon_1 ORDER BY anon_1.k0 
 LIMIT 1

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, CAST(t.day AS DATE) AS t, CAST(t.day AS DATE) AS day, CAST(coalesce(t.amount, 0) AS NUMERIC(38, 6)) AS amount, t.repeat_id AS k0 
FROM (SELECT repeats.repeat_id AS repeat_id, repeats.customer_id COLLATE "C" AS customer_id, repeats.day AS day, repeats.amount AS amount 
FROM repeats) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND CAST(t.day AS DATE) IS NOT NULL AND CAST(t.day AS DATE) <= '2024-04-20'), 
__histories AS 
(SELECT s.entity AS entity, min(s.first_day) AS first_day, CAST(count(DISTINCT s.day) - 1 AS BIGINT) AS x, CASE WHEN (isfinite(max(s.day)) AND isfinite(min(s.first_day))) THEN max(s.day) - min(s.first_day) ELSE NULL END AS t_x, sum(CASE WHEN (s.day > s.first_day) THEN s.amount ELSE 0 END) AS s, sum(CASE WHEN (s.t < CAST(s.first + CAST('24 month' AS INTERVAL) AS DATE)) THEN CAST(CAST(s.amount AS DOUBLE PRECISION) * power(1.1, CAST(CASE WHEN (isfinite(s.day) AND isfinite(s.first_day)) THEN s.day - s.first_day ELSE NULL END AS DOUBLE PRECISION) / CAST(-365.25 AS DOUBLE PRECISION)) AS NUMERIC(38, 12)) ELSE 0 END) AS r 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s GROUP BY s.entity)
 SELECT __histories.first_day, __histories.x, __histories.t_x, count(*) AS n, sum(__histories.s) AS s, sum(CAST(__histories.s AS DOUBLE PRECISION) * CAST(__histories.s AS DOUBLE PRECISION)) AS ss, sum(__histories.r) AS r, sum(CAST(__histories.r AS DOUBLE PRECISION) * CAST(__histories.r AS DOUBLE PRECISION)) AS rr, sum(CAST(__histories.r AS DOUBLE PRECISION) * CAST(__histories.s AS DOUBLE PRECISION)) AS rs 
FROM __histories GROUP BY __histories.first_day, __histories.x, __histories.t_x 
 LIMIT 1000001

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, CAST(t.day AS DATE) AS t, CAST(t.day AS DATE) AS day, CAST(coalesce(t.amount, 0) AS NUMERIC(38, 6)) AS amount, t.repeat_id AS k0 
FROM (SELECT repeats.repeat_id AS repeat_id, repeats.customer_id COLLATE "C" AS customer_id, repeats.day AS day, repeats.amount AS amount 
FROM repeats) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND CAST(t.day AS DATE) IS NOT NULL AND CAST(t.day AS DATE) <= '2024-04-20'), 
__histories AS 
(SELECT s.entity AS entity, min(s.first_day) AS first_day, CAST(count(DISTINCT s.day) - 1 AS BIGINT) AS x, CASE WHEN (isfinite(max(s.day)) AND isfinite(min(s.first_day))) THEN max(s.day) - min(s.first_day) ELSE NULL END AS t_x, sum(CASE WHEN (s.day > s.first_day) THEN s.amount ELSE 0 END) AS s, sum(CASE WHEN (s.t < CAST(s.first + CAST('24 month' AS INTERVAL) AS DATE)) THEN CAST(CAST(s.amount AS DOUBLE PRECISION) * power(1.1, CAST(CASE WHEN (isfinite(s.day) AND isfinite(s.first_day)) THEN s.day - s.first_day ELSE NULL END AS DOUBLE PRECISION) / CAST(-365.25 AS DOUBLE PRECISION)) AS NUMERIC(38, 12)) ELSE 0 END) AS r 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s GROUP BY s.entity)
 SELECT __histories.x, __histories.s, count(*) AS n 
FROM __histories 
WHERE __histories.x > 0 GROUP BY __histories.x, __histories.s 
 LIMIT 1000001

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, CAST(t.day AS DATE) AS t, CAST(t.day AS DATE) AS day, CAST(coalesce(t.amount, 0) AS NUMERIC(38, 6)) AS amount, t.repeat_id AS k0 
FROM (SELECT repeats.repeat_id AS repeat_id, repeats.customer_id COLLATE "C" AS customer_id, repeats.day AS day, repeats.amount AS amount 
FROM repeats) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND CAST(t.day AS DATE) IS NOT NULL AND CAST(t.day AS DATE) <= '2024-04-20')
 SELECT d.day, count(*) AS n 
FROM (SELECT DISTINCT s.entity AS entity, s.day AS day 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s 
WHERE s.day > s.first_day) AS d GROUP BY d.day

WITH __purchases AS 
(SELECT CAST(t.customer_id AS TEXT) AS entity, CAST(t.day AS DATE) AS t, CAST(t.day AS DATE) AS day, CAST(coalesce(t.amount, 0) AS NUMERIC(38, 6)) AS amount, t.repeat_id AS k0 
FROM (SELECT repeats.repeat_id AS repeat_id, repeats.customer_id COLLATE "C" AS customer_id, repeats.day AS day, repeats.amount AS amount 
FROM repeats) AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND CAST(t.day AS DATE) IS NOT NULL AND CAST(t.day AS DATE) <= '2024-04-20')
 SELECT h.first_day, h.x, h.t_x, count(*) AS n, sum(h.bought) AS bought 
FROM (SELECT s.entity AS entity, min(s.first_day) AS first_day, CAST(count(DISTINCT CASE WHEN (s.day <= '2024-01-03') THEN s.day END) - 1 AS BIGINT) AS x, CASE WHEN (isfinite(max(CASE WHEN (s.day <= '2024-01-03') THEN s.day END)) AND isfinite(min(s.first_day))) THEN max(CASE WHEN (s.day <= '2024-01-03') THEN s.day END) - min(s.first_day) ELSE NULL END AS t_x, count(DISTINCT CASE WHEN (s.day > '2024-01-03') THEN s.day END) AS bought 
FROM (SELECT __purchases.entity AS entity, __purchases.t AS t, __purchases.day AS day, __purchases.amount AS amount, __purchases.k0 AS k0, row_number() OVER (PARTITION BY __purchases.entity ORDER BY __purchases.t, __purchases.k0) AS rank, min(__purchases.t) OVER (PARTITION BY __purchases.entity) AS first, min(__purchases.day) OVER (PARTITION BY __purchases.entity) AS first_day 
FROM __purchases) AS s 
WHERE s.first_day <= '2024-01-03' GROUP BY s.entity) AS h GROUP BY h.first_day, h.x, h.t_x 
 LIMIT 1000001
