SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first, CASE WHEN (timezone('UTC', t.at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) END AS day 
FROM (SELECT events.event_id AS event_id, events.lead_id COLLATE "C" AS lead_id, events.stage COLLATE "C" AS stage, events.at AS at, events.channel COLLATE "C" AS channel, events.amount AS amount, events.currency COLLATE "C" AS currency, events.kept AS kept 
FROM events) AS t) AS anon_1 GROUP BY anon_1.day

SELECT count(*) AS found 
FROM (SELECT anon_2.base AS base, anon_2.quote AS quote, anon_2.day AS day 
FROM (SELECT t.base AS base, t.quote AS quote, t.day AS day 
FROM (SELECT fx.day AS day, fx.base COLLATE "C" AS base, fx.quote COLLATE "C" AS quote, fx.rate AS rate 
FROM fx) AS t 
WHERE t.day IS NOT NULL) AS anon_2 GROUP BY anon_2.base, anon_2.quote, anon_2.day 
HAVING count(*) > 1) AS anon_1

SELECT count(*) OVER () AS found, anon_1.k0, anon_1.k1, anon_1.k2 
FROM (SELECT 1 AS one, t.base AS k0, t.quote AS k1, t.day AS k2 
FROM (SELECT fx.day AS day, fx.base COLLATE "C" AS base, fx.quote COLLATE "C" AS quote, fx.rate AS rate 
FROM fx) AS t 
WHERE coalesce((upper(t.quote COLLATE "C.utf8") COLLATE "C") = 'GBP', false) AND CASE WHEN NOT coalesce(t.rate - t.rate = 0, true) THEN true ELSE false END) AS anon_1 ORDER BY anon_1.k0, anon_1.k1, anon_1.k2 
 LIMIT 1

SELECT count(*) AS found 
FROM (SELECT t.amount IS NOT NULL AND coalesce(upper(t.currency) != 'GBP', true) AND t_rate0.rate IS NULL AND timezone('UTC', t.at) IS NOT NULL AS missing 
FROM (SELECT events.event_id AS event_id, events.lead_id COLLATE "C" AS lead_id, events.stage COLLATE "C" AS stage, events.at AS at, events.channel COLLATE "C" AS channel, events.amount AS amount, events.currency COLLATE "C" AS currency, events.kept AS kept 
FROM events) AS t LEFT OUTER JOIN (SELECT upper(t_rate0_x.base) AS base, CAST(t_rate0_x.day AS DATE) AS valid_from, least(CAST(CAST(CAST(CAST(t_rate0_x.day AS DATE) + CAST('90 day' AS INTERVAL) AS DATE) + CAST('1 day' AS INTERVAL) AS DATE) AS DATE), lead(CAST(t_rate0_x.day AS DATE)) OVER (PARTITION BY upper(t_rate0_x.base) ORDER BY CAST(t_rate0_x.day AS DATE))) AS valid_to, CAST(t_rate0_x.rate AS NUMERIC(18, 6)) AS rate 
FROM (SELECT fx.day AS day, fx.base COLLATE "C" AS base, fx.quote COLLATE "C" AS quote, fx.rate AS rate 
FROM fx) AS t_rate0_x 
WHERE coalesce(upper(t_rate0_x.quote) = 'GBP', false) AND CAST(t_rate0_x.day AS DATE) IS NOT NULL) AS t_rate0 ON t_rate0.base = upper(t.currency) AND t_rate0.valid_from <= CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AND CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) < t_rate0.valid_to) AS anon_1 
WHERE anon_1.missing

SELECT count(*) OVER () AS found, anon_1.k0 
FROM (SELECT 1 AS one, t.event_id AS k0 
FROM (SELECT events.event_id AS event_id, events.lead_id COLLATE "C" AS lead_id, events.stage COLLATE "C" AS stage, events.at AS at, events.channel COLLATE "C" AS channel, events.amount AS amount, events.currency COLLATE "C" AS currency, events.kept AS kept 
FROM events) AS t LEFT OUTER JOIN (SELECT upper(t_rate0_x.base) AS base, CAST(t_rate0_x.day AS DATE) AS valid_from, least(CAST(CAST(CAST(CAST(t_rate0_x.day AS DATE) + CAST('90 day' AS INTERVAL) AS DATE) + CAST('1 day' AS INTERVAL) AS DATE) AS DATE), lead(CAST(t_rate0_x.day AS DATE)) OVER (PARTITION BY upper(t_rate0_x.base) ORDER BY CAST(t_rate0_x.day AS DATE))) AS valid_to, CAST(t_rate0_x.rate AS NUMERIC(18, 6)) AS rate 
FROM (SELECT fx.day AS day, fx.base COLLATE "C" AS base, fx.quote COLLATE "C" AS quote, fx.rate AS rate 
FROM fx) AS t_rate0_x 
WHERE coalesce(upper(t_rate0_x.quote) = 'GBP', false) AND CAST(t_rate0_x.day AS DATE) IS NOT NULL) AS t_rate0 ON t_rate0.base = upper(t.currency) AND t_rate0.valid_from <= CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AND CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) < t_rate0.valid_to 
WHERE CASE WHEN NOT coalesce(t.amount - t.amount = 0, true) THEN true WHEN NOT coalesce(CAST(CAST(t.amount AS NUMERIC(18, 6)) * CASE WHEN (upper(t.currency) = 'GBP') THEN 1 ELSE t_rate0.rate END AS NUMERIC(18, 6)) - CAST(CAST(t.amount AS NUMERIC(18, 6)) * CASE WHEN (upper(t.currency) = 'GBP') THEN 1 ELSE t_rate0.rate END AS NUMERIC(18, 6)) = 0, true) THEN true ELSE false END) AS anon_1 ORDER BY anon_1.k0 
 LIMIT 1

SELECT r.p_grain, r.p_start, r.d_channel, grouping(r.p_grain) AS g_p_grain, grouping(r.p_start) AS g_p_start, grouping(r.d_channel) AS g_d_channel, sum(r.a_m0) FILTER (WHERE r.f_m0) AS m0 
FROM (SELECT p.p_grain AS p_grain, p.p_start AS p_start, anon_1.d_channel AS d_channel, anon_1.a_m0 AS a_m0, anon_1.f_m0 AS f_m0 
FROM (SELECT coalesce(CAST(t.channel AS TEXT), '(none)') AS d_channel, CAST(CAST(t.amount AS NUMERIC(18, 6)) * CASE WHEN (upper(t.currency) = 'GBP') THEN 1 ELSE t_rate0.rate END AS NUMERIC(18, 6)) AS a_m0, coalesce(t.stage = 'opportunity', false) AS f_m0, timezone('UTC', t.at) AS moment 
FROM (SELECT events.event_id AS event_id, events.lead_id COLLATE "C" AS lead_id, events.stage COLLATE "C" AS stage, events.at AS at, events.channel COLLATE "C" AS channel, events.amount AS amount, events.currency COLLATE "C" AS currency, events.kept AS kept 
FROM events) AS t LEFT OUTER JOIN (SELECT upper(t_rate0_x.base) AS base, CAST(t_rate0_x.day AS DATE) AS valid_from, least(CAST(CAST(CAST(CAST(t_rate0_x.day AS DATE) + CAST('90 day' AS INTERVAL) AS DATE) + CAST('1 day' AS INTERVAL) AS DATE) AS DATE), lead(CAST(t_rate0_x.day AS DATE)) OVER (PARTITION BY upper(t_rate0_x.base) ORDER BY CAST(t_rate0_x.day AS DATE))) AS valid_to, CAST(t_rate0_x.rate AS NUMERIC(18, 6)) AS rate 
FROM (SELECT fx.day AS day, fx.base COLLATE "C" AS base, fx.quote COLLATE "C" AS quote, fx.rate AS rate 
FROM fx) AS t_rate0_x 
WHERE coalesce(upper(t_rate0_x.quote) = 'GBP', false) AND CAST(t_rate0_x.day AS DATE) IS NOT NULL) AS t_rate0 ON t_rate0.base = upper(t.currency) AND t_rate0.valid_from <= CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) AND CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) < t_rate0.valid_to 
WHERE timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00') AS anon_1 JOIN (SELECT CAST(v.p_grain AS TEXT) AS p_grain, CAST(v.p_start AS DATE) AS p_start, CAST(v.p_end AS DATE) AS p_end, CAST(v.d_from AS DATE) AS d_from, CAST(v.d_to AS DATE) AS d_to, CAST(v.i_from AS TIMESTAMP WITH TIME ZONE) AS i_from, CAST(v.i_to AS TIMESTAMP WITH TIME ZONE) AS i_to, CAST(v.i_at AS TIMESTAMP WITH TIME ZONE) AS i_at 
FROM (VALUES ('year', '2024-01-01', '2025-01-01', '2024-04-01', '2025-01-01', '2024-03-31 23:00:00+00:00', '2025-01-01 00:00:00+00:00', '2025-01-01 00:00:00+00:00')) AS v (p_grain, p_start, p_end, d_from, d_to, i_from, i_to, i_at)) AS p ON anon_1.moment >= p.i_from AND anon_1.moment < p.i_to) AS r GROUP BY GROUPING SETS((r.p_grain, r.p_start), (r.p_grain, r.p_start, r.d_channel))
