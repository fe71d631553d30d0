SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM answers AS t) AS anon_1 GROUP BY anon_1.day

SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20') AS ahead 
FROM (SELECT CAST(t.day AS DATE) AS first, CASE WHEN (CAST(t.day AS DATE) BETWEEN '1000-01-01' AND '9999-12-30') THEN CAST(CAST(t.day AS DATE) AS DATE) END AS day 
FROM calls AS t) AS anon_1 GROUP BY anon_1.day

SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.opened_at) AS first, CASE WHEN (timezone('UTC', t.opened_at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.opened_at)) AS DATE) END AS day 
FROM tickets AS t) AS anon_1 GROUP BY anon_1.day

SELECT e.p_quarter, e.d_channel, e.g_p_quarter, e.g_d_channel, count(*) AS universe, sum(e.everywhere) AS joined, sum(e.f0) AS f0, sum(e.f1) AS f1, sum(e.f2) AS f2, sum(e.f0 * e.f1) AS b0_1, sum(e.f0 * e.f2) AS b0_2, sum(e.f1 * e.f2) AS b1_2 
FROM (SELECT s.p_quarter AS p_quarter, s.d_channel AS d_channel, grouping(s.p_quarter) AS g_p_quarter, grouping(s.d_channel) AS g_d_channel, least(max(s.s0), max(s.s1), max(s.s2)) AS everywhere, max(s.s0) AS f0, max(s.s1) AS f1, max(s.s2) AS f2 
FROM (SELECT CAST(date_trunc('quarter', CAST(timezone('Europe/London', timezone('UTC', t.opened_at)) AS DATE)) AS DATE) AS p_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, CAST(t.customer_id AS TEXT) AS entity, 1 AS s0, 0 AS s1, 0 AS s2 
FROM tickets AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t.opened_at) IS NOT NULL AND timezone('UTC', t.opened_at) <= '2024-04-20 00:00:00+00:00' UNION ALL SELECT CAST(date_trunc('quarter', CAST(CAST(CAST(t.day AS DATE) AS DATE) AS DATE)) AS DATE) AS p_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, CAST(t.customer_id AS TEXT) AS entity, 0 AS s0, 1 AS s1, 0 AS s2 
FROM calls AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND CAST(CAST(t.day AS DATE) AS DATE) IS NOT NULL AND CAST(CAST(t.day AS DATE) AS DATE) <= '2024-04-20' UNION ALL SELECT CAST(date_trunc('quarter', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, CAST(t.customer_id AS TEXT) AS entity, 0 AS s0, 0 AS s1, 1 AS s2 
FROM answers AS t 
WHERE CAST(t.customer_id AS TEXT) IS NOT NULL AND timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS s GROUP BY GROUPING SETS((s.p_quarter, s.entity), (s.p_quarter, s.d_channel, s.entity))) AS e GROUP BY e.p_quarter, e.d_channel, e.g_p_quarter, e.g_d_channel

SELECT count(*) AS rows, count(*) FILTER (WHERE anon_1.own IS NOT NULL AND anon_1.entity IS NULL) AS unmatched, count(*) FILTER (WHERE anon_1.own IS NULL) AS without_id, 0 AS place 
FROM (SELECT t.customer_id AS own, CAST(t.customer_id AS TEXT) AS entity 
FROM tickets AS t 
WHERE timezone('UTC', t.opened_at) IS NOT NULL AND timezone('UTC', t.opened_at) <= '2024-04-20 00:00:00+00:00') AS anon_1

SELECT count(*) AS rows, count(*) FILTER (WHERE anon_1.own IS NOT NULL AND anon_1.entity IS NULL) AS unmatched, count(*) FILTER (WHERE anon_1.own IS NULL) AS without_id, 1 AS place 
FROM (SELECT t.customer_id AS own, CAST(t.customer_id AS TEXT) AS entity 
FROM calls AS t 
WHERE CAST(CAST(t.day AS DATE) AS DATE) IS NOT NULL AND CAST(CAST(t.day AS DATE) AS DATE) <= '2024-04-20') AS anon_1

SELECT count(*) AS rows, count(*) FILTER (WHERE anon_1.own IS NOT NULL AND anon_1.entity IS NULL) AS unmatched, count(*) FILTER (WHERE anon_1.own IS NULL) AS without_id, 2 AS place 
FROM (SELECT t.customer_id AS own, CAST(t.customer_id AS TEXT) AS entity 
FROM answers AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS anon_1
