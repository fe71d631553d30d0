SELECT anon_1.day, count(*) FILTER (WHERE anon_1.first > '2024-04-20 00:00:00+00:00') AS ahead 
FROM (SELECT timezone('UTC', t.at) AS first, CASE WHEN (timezone('UTC', t.at) BETWEEN '1000-01-01 00:00:00+00:00' AND '9999-12-30 00:00:00+00:00') THEN CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE) END AS day 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t) AS anon_1 GROUP BY anon_1.day

SELECT r.p_month, r.p_quarter, grouping(r.p_month) AS g_p_month, grouping(r.p_quarter) AS g_p_quarter, count(r.a_m0) AS m0, count(*) FILTER (WHERE r.f_m1) AS m1, count(*) FILTER (WHERE r.f_m2) AS m2 
FROM (SELECT CAST(date_trunc('month', CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE)) AS DATE) AS p_month, CAST(date_trunc('quarter', CAST(timezone('Europe/London', timezone('UTC', t.at)) AS DATE)) AS DATE) AS p_quarter, t.channel AS a_m0, coalesce(t.channel = 'paid', false) AS f_m1, coalesce(t.channel = 'organic', false) AS f_m2 
FROM (SELECT answers.answer_id AS answer_id, answers.customer_id COLLATE "C" AS customer_id, answers.at AS at, answers.channel COLLATE "C" AS channel, answers.score AS score 
FROM answers) AS t 
WHERE timezone('UTC', t.at) IS NOT NULL AND timezone('UTC', t.at) <= '2024-04-20 00:00:00+00:00') AS r GROUP BY GROUPING SETS((r.p_month), (r.p_quarter))
