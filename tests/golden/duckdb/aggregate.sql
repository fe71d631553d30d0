SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t."at") AS first, CASE WHEN (timezone('UTC', t."at") BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) END AS day 
FROM events AS t) AS anon_1 GROUP BY anon_1.day

SELECT count(*) AS found 
FROM (SELECT anon_2.base AS base, anon_2.quote AS quote, anon_2.day AS day 
FROM (SELECT t.base AS base, t.quote AS quote, t.day AS day 
FROM fx AS t 
WHERE t.day IS NOT NULL) AS anon_2 GROUP BY anon_2.base, anon_2.quote, anon_2.day 
HAVING count(*) > 1) AS anon_1

SELECT count(*) AS found 
FROM (SELECT t.amount IS NOT NULL AND coalesce(upper(t.currency) != 'GBP', true) AND t_rate0.rate IS NULL AND timezone('UTC', t."at") IS NOT NULL AS missing 
FROM events AS t LEFT OUTER JOIN (SELECT upper(t_rate0_x.base) AS base, CAST(t_rate0_x.day AS DATE) AS valid_from, least(CAST(CAST(CAST(CAST(t_rate0_x.day AS DATE) + CAST('90 day' AS INTERVAL) AS DATE) + CAST('1 day' AS INTERVAL) AS DATE) AS DATE), lead(CAST(t_rate0_x.day AS DATE)) OVER (PARTITION BY upper(t_rate0_x.base) ORDER BY CAST(t_rate0_x.day AS DATE))) AS valid_to, CAST(t_rate0_x.rate AS NUMERIC(18, 6)) AS rate 
FROM fx AS t_rate0_x 
WHERE coalesce(upper(t_rate0_x.quote) = 'GBP', false) AND CAST(t_rate0_x.day AS DATE) IS NOT NULL) AS t_rate0 ON t_rate0.base = upper(t.currency) AND t_rate0.valid_from <= CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) AND CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) < t_rate0.valid_to) AS anon_1 
WHERE anon_1.missing

SELECT r.p_month, r.p_quarter, r.d_channel, grouping(r.p_month) AS g_p_month, grouping(r.p_quarter) AS g_p_quarter, grouping(r.d_channel) AS g_d_channel, sum(r.a_m0) FILTER (WHERE r.f_m0) AS m0 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_month, CAST(date_trunc('quarter', CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE)) AS DATE) AS p_quarter, coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, CAST(CAST(t.amount AS NUMERIC(18, 6)) * CASE WHEN (upper(t.currency) = 'GBP') THEN 1 ELSE t_rate0.rate END AS NUMERIC(18, 6)) AS a_m0, coalesce(t.stage = 'opportunity', false) AS f_m0 
FROM events AS t LEFT OUTER JOIN (SELECT upper(t_rate0_x.base) AS base, CAST(t_rate0_x.day AS DATE) AS valid_from, least(CAST(CAST(CAST(CAST(t_rate0_x.day AS DATE) + CAST('90 day' AS INTERVAL) AS DATE) + CAST('1 day' AS INTERVAL) AS DATE) AS DATE), lead(CAST(t_rate0_x.day AS DATE)) OVER (PARTITION BY upper(t_rate0_x.base) ORDER BY CAST(t_rate0_x.day AS DATE))) AS valid_to, CAST(t_rate0_x.rate AS NUMERIC(18, 6)) AS rate 
FROM fx AS t_rate0_x 
WHERE coalesce(upper(t_rate0_x.quote) = 'GBP', false) AND CAST(t_rate0_x.day AS DATE) IS NOT NULL) AS t_rate0 ON t_rate0.base = upper(t.currency) AND t_rate0.valid_from <= CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) AND CAST(timezone('Europe/London', timezone('UTC', t."at")) AS DATE) < t_rate0.valid_to 
WHERE timezone('UTC', t."at") IS NOT NULL AND timezone('UTC', t."at") <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_month, r.d_channel), (r.p_quarter), (r.p_quarter, r.d_channel))
