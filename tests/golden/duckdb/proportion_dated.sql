SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM dated_events AS t) AS anon_1 GROUP BY anon_1.day

SELECT r.p_month, r.p_quarter, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.p_quarter) AS g_p_quarter, grouping(r.d_channel) AS g_d_channel, count(*) AS m0, count(*) FILTER (WHERE r.f_m1) AS m1 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_month, CAST(date_trunc('quarter', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, coalesce(CASE WHEN (CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) < '2024-01-10') THEN coalesce(t.stage = 'opportunity', false) WHEN (CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) < '2024-02-01') THEN coalesce(t.stage = 'opportunity' AND t.amount > 60, false) ELSE coalesce(t.stage = 'opportunity' AND t.kept, false) END, false) AS f_m1 
FROM dated_events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel), (r.p_quarter), (r.p_quarter, r.d_channel))
