-- What `expert.sql` says in words that Spark does not know: the days between two dates.
-- All else of it runs on Spark once its names stand in backticks.

-- features
WITH places AS (
  SELECT "Type" AS action, row_number() OVER (ORDER BY count(*) DESC, "Type") AS place
  FROM "Event" WHERE date < :cutoff GROUP BY "Type"),
acted AS (
  SELECT "User_Id" AS id,
         max(e.date) FILTER (WHERE e.date < :cutoff AND action <> 'nothing') AS last_action,
         sum(price) FILTER (WHERE e.date < :cutoff AND action = 'bought') AS spend,
         count(DISTINCT m."Type") FILTER (WHERE e.date < :cutoff) AS categories,
         count(*) FILTER (WHERE e.date < :cutoff AND place = 1) AS action_1,
         count(*) FILTER (WHERE e.date < :cutoff AND place = 2) AS action_2,
         count(*) FILTER (WHERE e.date < :cutoff AND place = 3) AS action_3,
         count(*) FILTER (WHERE e.date < :cutoff AND place = 4) AS action_4,
         max(CASE WHEN e.date >= :cutoff AND action = 'bought' THEN 1 ELSE 0 END) AS responded
  FROM "Event" e JOIN places p ON p.action = e."Type" JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end GROUP BY 1),
known AS (
  SELECT id, "Campaign_ID" AS channel, date, count(*) OVER () AS population
  FROM "Users" WHERE date < :cutoff),
sampled AS (
  SELECT *, row_number() OVER
           (ORDER BY CASE WHEN population > 200000
                          THEN md5('growthml' || CAST(id AS STRING)) END) AS lot
  FROM known),
features AS (
  SELECT channel, datediff(:cutoff, date) AS tenure, datediff(:cutoff, last_action) AS idle_days,
         coalesce(spend, 0) AS spend, coalesce(categories, 0) AS categories,
         coalesce(action_1, 0) AS action_1, coalesce(action_2, 0) AS action_2,
         coalesce(action_3, 0) AS action_3, coalesce(action_4, 0) AS action_4,
         population, coalesce(responded, 0) AS responded
  FROM sampled LEFT JOIN acted USING (id) WHERE lot <= 200000)
SELECT channel, tenure, idle_days, spend, categories, action_1, action_2, action_3, action_4,
       0 AS action_5, 0 AS action_6, 0 AS action_7, 0 AS action_8, 0 AS action_9, 0 AS action_10,
       population, count(*) AS users, sum(responded) AS responders
FROM features
GROUP BY channel, tenure, idle_days, spend, categories, action_1, action_2, action_3, action_4,
         population
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

-- churn
WITH did AS (
  SELECT "User_Id" AS id, "Type" AS action, count(*) AS times,
         max(CASE WHEN "Type" <> 'nothing' THEN date END) AS last
  FROM "Event" WHERE date < :end GROUP BY 1, 2),
ranked AS (
  SELECT id, action, max(last) OVER (PARTITION BY id) AS last,
         row_number() OVER (PARTITION BY id
           ORDER BY times DESC, CASE WHEN action = 'nothing' THEN 1 ELSE 0 END, action) AS place
  FROM did),
people AS (
  SELECT "Campaign_ID" AS channel, action, datediff(:end, date) - 1 AS age,
         datediff(:end, coalesce(last, date)) - 1 AS silent,
         datediff(coalesce(last, date), date) AS lived
  FROM "Users" LEFT JOIN ranked ON ranked.id = "Users".id AND place = 1)
SELECT channel, action, CASE WHEN age > 90 THEN 1 ELSE 0 END AS old_enough,
       CASE WHEN silent > 90 THEN 1 ELSE 0 END AS churned,
       CASE WHEN age <= 90 THEN 0 WHEN silent > 90 THEN greatest(lived, 0) ELSE age - 91 END AS days,
       count(*) AS users
FROM people GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;

-- gaps
WITH days AS (
  SELECT DISTINCT "User_Id" AS id, CAST(date AS DATE) AS day
  FROM "Event" JOIN (SELECT id AS known FROM "Users") u ON known = "User_Id"
  WHERE "Type" <> 'nothing' AND date < :end),
gaps AS (SELECT datediff(day, lag(day) OVER (PARTITION BY id ORDER BY day)) AS days FROM days)
SELECT days, count(*) AS gaps FROM gaps WHERE days IS NOT NULL GROUP BY 1 ORDER BY 1;

-- valuable_users
WITH days AS (
  SELECT "User_Id" AS user_id, CAST(e.date AS DATE) AS day, count(*) AS purchases,
         sum(price) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1, 2),
firsts AS (SELECT *, min(day) OVER (PARTITION BY user_id) AS first FROM days),
buyers AS (
  SELECT user_id, sum(purchases) AS purchases,
         count(DISTINCT date_trunc('month', day)) AS months, sum(revenue) AS revenue,
         count(*) - 1 AS frequency, datediff(max(day), min(day)) AS recency,
         datediff(:end, min(day)) - 1 AS age,
         sum(revenue) FILTER (WHERE day > first) AS again
  FROM firsts GROUP BY 1)
SELECT row_number() OVER (ORDER BY revenue DESC, user_id) AS rank, user_id,
       "Campaign_ID" AS channel, purchases, months, revenue, frequency, recency, age,
       CAST(again AS DOUBLE) / nullif(frequency, 0) AS mean_value
FROM buyers JOIN "Users" ON id = user_id ORDER BY 1 LIMIT 1000;

-- repeat_purchases
WITH days AS (
  SELECT "User_Id" AS id, CAST(e.date AS DATE) AS day, sum(price) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1, 2),
firsts AS (SELECT *, min(day) OVER (PARTITION BY id) AS first FROM days),
buyers AS (
  SELECT id, count(*) - 1 AS frequency, datediff(max(day), min(day)) AS recency,
         datediff(:end, min(day)) - 1 AS age,
         sum(revenue) FILTER (WHERE day > first) AS again
  FROM firsts GROUP BY 1)
SELECT "Campaign_ID" AS channel, frequency, recency, age, count(*) AS buyers,
       coalesce(sum(CAST(again AS DOUBLE) / nullif(frequency, 0)), 0) AS mean_values
FROM buyers JOIN "Users" USING (id) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;

-- calibration_purchases
WITH days AS (
  SELECT DISTINCT "User_Id" AS id, CAST(date AS DATE) AS day
  FROM "Event" JOIN (SELECT id AS known FROM "Users") u ON known = "User_Id"
  WHERE date < :end AND "Type" = 'bought'),
history AS (
  SELECT date_add(min(day), CAST(floor((datediff(:end, min(day)) - 1) * 0.5) AS INT)) AS cut
  FROM days),
buyers AS (
  SELECT count(*) - 1 AS frequency, datediff(max(day), min(day)) AS recency,
         datediff(min(cut), min(day)) AS age
  FROM days, history WHERE day <= cut GROUP BY id)
SELECT frequency, recency, age, count(*) AS buyers FROM buyers GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- repeat_tracking
WITH days AS (
  SELECT DISTINCT "User_Id" AS id, CAST(date AS DATE) AS day
  FROM "Event" JOIN (SELECT id AS known FROM "Users") u ON known = "User_Id"
  WHERE date < :end AND "Type" = 'bought'),
firsts AS (SELECT *, min(day) OVER (PARTITION BY id) AS first FROM days),
history AS (
  SELECT min(day) AS start,
         CAST(floor((datediff(:end, min(day)) - 1) * 0.5) AS INT) AS cut FROM days)
SELECT datediff(day, start) AS day, count(*) FILTER (WHERE day = first) AS new_buyers,
       count(*) FILTER (WHERE day > first) AS repeats, min(cut) AS cut,
       min(datediff(:end, start) - 1) AS "end"
FROM firsts, history WHERE first <= date_add(start, cut) GROUP BY 1 ORDER BY 1;

-- payback
WITH aged AS (
  SELECT "Campaign_ID" AS channel, id, date,
         floor((datediff(:end, date) - 1) * 16 / 487.0) AS age FROM "Users"),
bought AS (
  SELECT channel, age, floor(datediff(e.date, u.date) * 16 / 487.0) AS month, price
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" JOIN aged u ON u.id = "User_Id"
  WHERE e.date < :end AND e."Type" = 'bought')
SELECT channel, age, greatest(month, 0) AS month, 0 AS users, sum(price) AS revenue
FROM bought GROUP BY 1, 2, 3
UNION ALL
SELECT channel, age, NULL, count(*), 0 FROM aged GROUP BY 1, 2;
