SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM events AS t) AS anon_1 GROUP BY anon_1.day

SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20') AS ahead 
FROM (SELECT t.day AS first, CASE WHEN (t.day BETWEEN '1000-01-01' AND '9999-12-30') THEN CAST(t.day AS DATE) END AS day 
FROM spend AS t) AS anon_1 GROUP BY anon_1.day

SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, sum(r.a_m0) AS m0, sum(r.a_m1) FILTER (WHERE r.f_m1) AS m1, sum(r.a_m2) FILTER (WHERE r.f_m2) AS m2 
FROM (SELECT CAST(date_trunc('month', CAST(t.day AS DATE)) AS DATE) AS p_month, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.amount AS a_m0, t.amount AS a_m1, coalesce(NOT coalesce(t.amount < 100, false), false) AS f_m1, t.amount AS a_m2, coalesce(t.amount < 100, false) AS f_m2 
FROM spend AS t 
WHERE t.day IS NOT NULL AND t.day <= '2024-04-20') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel))

SELECT r.p_month, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, count(*) FILTER (WHERE r.f_m0) AS m0 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_month, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, coalesce(t.stage = 'mql', false) AND CAST(t.lead_id AS TEXT) IS NOT NULL AND row_number() OVER (PARTITION BY CAST(t.lead_id AS TEXT), coalesce(t.stage = 'mql', false) ORDER BY timezone('UTC', t."at"), t.event_id) = 1 AS f_m0 
FROM events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel))

SELECT c.p_month, c.d_channel, c.g_p_month, c.g_d_channel, c.n, c.d, c.entities, c.unique_pairs 
FROM (SELECT e.p_month AS p_month, e.d_channel AS d_channel, e.g_p_month AS g_p_month, e.g_d_channel AS g_d_channel, e.n AS n, e.d AS d, count(*) AS entities, count(*) OVER (PARTITION BY e.p_month, e.d_channel, e.g_p_month, e.g_d_channel) AS unique_pairs 
FROM (SELECT s.p_month AS p_month, s.d_channel AS d_channel, s.g_p_month AS g_p_month, s.g_d_channel AS g_d_channel, s.entity AS entity, sum(s.n) AS n, sum(s.d) AS d 
FROM (SELECT r.p_month AS p_month, r.d_channel AS d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, r.entity AS entity, CAST(0 AS NUMERIC(38, 6)) AS n, CAST(coalesce(count(*) FILTER (WHERE r.f_m0), 0) AS NUMERIC(38, 6)) AS d 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_month, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, CAST(t.lead_id AS TEXT) AS entity, coalesce(t.stage = 'mql', false) AND CAST(t.lead_id AS TEXT) IS NOT NULL AND row_number() OVER (PARTITION BY CAST(t.lead_id AS TEXT), coalesce(t.stage = 'mql', false) ORDER BY timezone('UTC', t."at"), t.event_id) = 1 AS f_m0 
FROM events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month, r.entity), (r.p_month, r.entity, r.d_channel))) AS s GROUP BY s.p_month, s.d_channel, s.g_p_month, s.g_d_channel, s.entity) AS e GROUP BY e.p_month, e.d_channel, e.g_p_month, e.g_d_channel, e.n, e.d) AS c 
WHERE c.unique_pairs <= 100000

SELECT e.p_month, e.d_channel, e.g_p_month, e.g_d_channel, count(*) AS size, sum(CAST(e.n AS DOUBLE PRECISION)) AS sum_n, sum(CAST(e.d AS DOUBLE PRECISION)) AS sum_d, sum(CAST(e.n AS DOUBLE PRECISION) * CAST(e.n AS DOUBLE PRECISION)) AS sum_nn, sum(CAST(e.n AS DOUBLE PRECISION) * CAST(e.d AS DOUBLE PRECISION)) AS sum_nd, sum(CAST(e.d AS DOUBLE PRECISION) * CAST(e.d AS DOUBLE PRECISION)) AS sum_dd 
FROM (SELECT s.p_month AS p_month, s.d_channel AS d_channel, s.g_p_month AS g_p_month, s.g_d_channel AS g_d_channel, s.entity AS entity, sum(s.n) AS n, sum(s.d) AS d 
FROM (SELECT r.p_month AS p_month, r.d_channel AS d_channel, grouping(r.p_month) AS g_p_month, grouping(r.d_channel) AS g_d_channel, r.entity AS entity, CAST(0 AS NUMERIC(38, 6)) AS n, CAST(coalesce(count(*) FILTER (WHERE r.f_m0), 0) AS NUMERIC(38, 6)) AS d 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_month, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, CAST(t.lead_id AS TEXT) AS entity, coalesce(t.stage = 'mql', false) AND CAST(t.lead_id AS TEXT) IS NOT NULL AND row_number() OVER (PARTITION BY CAST(t.lead_id AS TEXT), coalesce(t.stage = 'mql', false) ORDER BY timezone('UTC', t."at"), t.event_id) = 1 AS f_m0 
FROM events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month, r.entity), (r.p_month, r.entity, r.d_channel))) AS s GROUP BY s.p_month, s.d_channel, s.g_p_month, s.g_d_channel, s.entity) AS e GROUP BY e.p_month, e.d_channel, e.g_p_month, e.g_d_channel 
HAVING count(*) > 100000
