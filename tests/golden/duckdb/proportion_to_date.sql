SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM events AS t) AS anon_1 GROUP BY anon_1.day

SELECT r.p_grain, r.p_start, r.d_channel, grouping(r.p_grain) AS g_p_grain, grouping(r.p_start) AS g_p_start, grouping(r.d_channel) AS g_d_channel, count(*) FILTER (WHERE r.f_m0) AS m0, count(*) FILTER (WHERE r.f_m1) AS m1 
FROM (SELECT p.p_grain AS p_grain, p.p_start AS p_start, anon_1.d_channel AS d_channel, anon_1.f_m0 AS f_m0, anon_1.f_m1 AS f_m1 
FROM (SELECT coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, coalesce(t.kept IS NOT NULL, false) AS f_m0, coalesce(t.kept IS NOT NULL, false) AND coalesce(t.kept, false) AS f_m1, timezone('UTC', t."at") AS moment 
FROM events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS anon_1 JOIN (SELECT CAST(v.p_grain AS TEXT) AS p_grain, CAST(v.p_start AS DATE) AS p_start, CAST(v.p_end AS DATE) AS p_end, CAST(v.d_from AS DATE) AS d_from, CAST(v.d_to AS DATE) AS d_to, CAST(v.i_from AS TIMESTAMP WITH TIME ZONE) AS i_from, CAST(v.i_to AS TIMESTAMP WITH TIME ZONE) AS i_to, CAST(v.i_at AS TIMESTAMP WITH TIME ZONE) AS i_at 
FROM (VALUES ('year', '2024-01-01', '2025-01-01', '2024-04-01', '2025-01-01', '2024-03-31 23:00:00+00:00', '2025-01-01 00:00:00+00:00', '2025-01-01 00:00:00+00:00')) AS v (p_grain, p_start, p_end, d_from, d_to, i_from, i_to, i_at)) AS p ON anon_1.moment >= p.i_from AND anon_1.moment < p.i_to) AS r GROUP BY GROUPING SETS((r.p_grain, r.p_start), (r.p_grain, r.p_start, r.d_channel))
