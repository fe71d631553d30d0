SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM events AS t) AS anon_1 GROUP BY anon_1.day

SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20') AS ahead 
FROM (SELECT t.day AS first, CASE WHEN (t.day BETWEEN '1000-01-01' AND '9999-12-30') THEN CAST(t.day AS DATE) END AS day 
FROM spend AS t) AS anon_1 GROUP BY anon_1.day

SELECT r.p_month, r.p_fiscal_quarter, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.p_fiscal_quarter) AS g_p_fiscal_quarter, grouping(r.d_channel) AS g_d_channel, sum(r.a_m0) AS m0 
FROM (SELECT CAST(date_trunc('month', CAST(CAST(t.day + CAST('1 month' AS INTERVAL) AS DATE) AS DATE)) AS DATE) AS p_month, CAST(date_trunc('quarter', CAST(CAST(t.day + CAST('1 month' AS INTERVAL) AS DATE) AS DATE)) AS DATE) AS p_fiscal_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, t.amount AS a_m0 
FROM spend AS t 
WHERE CAST(t.day + CAST('1 month' AS INTERVAL) AS DATE) IS NOT NULL AND CAST(t.day + CAST('1 month' AS INTERVAL) AS DATE) <= '2024-04-20') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel), (r.p_fiscal_quarter), (r.p_fiscal_quarter, r.d_channel))

SELECT r.p_month, r.p_fiscal_quarter, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.p_fiscal_quarter) AS g_p_fiscal_quarter, grouping(r.d_channel) AS g_d_channel, count(*) FILTER (WHERE r.f_m0) AS m0 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_month, CAST(date_trunc('quarter', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_fiscal_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, coalesce(t.stage = 'mql', false) AND CAST(t.lead_id AS TEXT) IS NOT NULL AND row_number() OVER (PARTITION BY CAST(t.lead_id AS TEXT), coalesce(t.stage = 'mql', false) ORDER BY timezone('UTC', t."at"), t.event_id) = 1 AS f_m0 
FROM events AS t 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel), (r.p_fiscal_quarter), (r.p_fiscal_quarter, r.d_channel))
