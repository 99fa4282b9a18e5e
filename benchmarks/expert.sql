-- What somebody who knows SQL writes by hand for the figures of the campaign report: one plain
-- statement a fact, for one campaign in the simulator's tables, on DuckDB and PostgreSQL.
-- :end is the first instant not seen, :cutoff 90 days before it.

-- span
SELECT users, first_signup, last_signup, events, first_event, last_event
FROM (SELECT count(*) AS users, min(date) AS first_signup, max(date) AS last_signup FROM "Users") u,
     (SELECT count(*) AS events, min(date) AS first_event, max(date) AS last_event
      FROM "Event" JOIN (SELECT id AS known FROM "Users") u ON known = "User_Id"
      WHERE date < :end) e;

-- totals
WITH acted AS (
  SELECT "User_Id" AS id, max(CASE WHEN e."Type" <> 'nothing' THEN 1 ELSE 0 END) AS active,
         max(CASE WHEN e."Type" = 'bought' THEN 1 ELSE 0 END) AS buyer,
         count(*) FILTER (WHERE e."Type" = 'bought') AS purchases,
         coalesce(sum(price) FILTER (WHERE e."Type" = 'bought'), 0) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" WHERE e.date < :end GROUP BY "User_Id"),
totals AS (
  SELECT "Campaign_ID" AS channel, coalesce(active, 0) AS active, coalesce(buyer, 0) AS buyer,
         coalesce(purchases, 0) AS purchases, coalesce(revenue, 0) AS revenue
  FROM "Users" LEFT JOIN acted USING (id))
SELECT channel, count(*) AS n, sum(active) AS active, sum(buyer) AS buyers,
       sum(purchases) AS purchases, sum(revenue) AS revenue, avg(revenue) AS mean_revenue,
       avg(purchases) AS mean_purchases, avg(buyer) AS mean_buyer,
       var_pop(revenue) * count(*) AS m2_revenue, var_pop(purchases) * count(*) AS m2_purchases,
       var_pop(buyer) * count(*) AS m2_buyer,
       covar_pop(revenue, purchases) * count(*) AS m2_revenue_purchases,
       covar_pop(revenue, buyer) * count(*) AS m2_revenue_buyer,
       covar_pop(purchases, buyer) * count(*) AS m2_purchases_buyer
FROM totals GROUP BY channel ORDER BY channel;

-- actions
WITH did AS (
  SELECT "User_Id" AS id, "Type" AS action, count(*) AS events
  FROM "Event" WHERE date < :end GROUP BY 1, 2)
SELECT "Campaign_ID" AS channel, action, sum(events) AS events, count(*) AS users
FROM did JOIN "Users" USING (id) GROUP BY 1, 2 ORDER BY 1, 2;

-- event_quality
SELECT u.id IS NULL AS orphan, count(*) AS events,
       count(*) FILTER (WHERE "Meal_Id" IS NOT NULL AND m.id IS NULL) AS orphan_item,
       count(*) FILTER (WHERE e.date IS NULL) AS missing_time,
       count(*) FILTER (WHERE e.date >= :end) AS future_event,
       count(*) FILTER (WHERE e.date < u.date) AS event_before_signup,
       count(*) FILTER (WHERE e."Type" IS NULL OR e."Type" = '') AS unknown_action, 0 AS cancelled
FROM "Event" e LEFT JOIN "Users" u ON u.id = "User_Id" LEFT JOIN "Meal" m ON m.id = "Meal_Id"
GROUP BY 1;

-- duplicates
SELECT sum(copies - 1) AS duplicates
FROM (SELECT count(*) AS copies FROM "Event" JOIN (SELECT id AS known FROM "Users") u
        ON known = "User_Id"
      WHERE date < :end GROUP BY "User_Id", "Meal_Id", "Type", date HAVING count(*) > 1) d
HAVING count(*) > 0;

-- user_quality
SELECT count(*) AS users,
       count(*) FILTER (WHERE "Campaign_ID" IS NULL OR "Campaign_ID" = '') AS missing_channel,
       count(*) FILTER (WHERE date IS NULL) AS missing_signup FROM "Users";

-- item_quality
SELECT count(*) AS items, count(*) FILTER (WHERE price <= 0 OR price IS NULL) AS nonpositive_price
FROM "Meal";

-- signups
SELECT CAST(date_trunc('month', date) AS DATE) AS period, "Campaign_ID" AS channel,
       count(*) AS users FROM "Users" WHERE date < :end GROUP BY 1, 2 ORDER BY 1, 2;

-- overlap
SELECT count(*) AS users, 0 AS in_several FROM "Users";

-- categories
SELECT "Campaign_ID" AS channel, m."Type" AS category, e."Type" AS action, count(*) AS events,
       count(*) FILTER (WHERE e."Type" = 'bought') AS responses,
       count(*) FILTER (WHERE e."Type" = 'bought') AS purchases,
       coalesce(sum(price) FILTER (WHERE e."Type" = 'bought'), 0) AS revenue
FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" JOIN "Users" u ON u.id = "User_Id"
WHERE e.date < :end GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- category_sales
SELECT m."Type" AS category, count(*) AS purchases, sum(price) AS revenue
FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" JOIN "Users" u ON u.id = "User_Id"
WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1 ORDER BY 1;

-- spenders
WITH spent AS (
  SELECT "User_Id" AS user_id, count(*) AS purchases, sum(price) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1)
SELECT row_number() OVER (ORDER BY revenue DESC, user_id) AS rank, user_id,
       "Campaign_ID" AS channel, purchases, revenue
FROM spent JOIN "Users" ON id = user_id ORDER BY 1 LIMIT 1000;

-- concentration
WITH spent AS (
  SELECT "User_Id" AS user_id, sum(price) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" JOIN "Users" u ON u.id = "User_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1),
ranked AS (
  SELECT revenue, row_number() OVER (ORDER BY revenue DESC, user_id) AS rank,
         count(*) OVER () AS n FROM spent)
SELECT CAST(ceil(rank * 100.0 / n) AS BIGINT) AS step, count(*) AS buyers, sum(revenue) AS revenue,
       sum((n + 1 - 2 * rank) * revenue) AS weighed
FROM ranked GROUP BY 1 ORDER BY 1;

-- feature_actions
SELECT row_number() OVER (ORDER BY count(*) DESC, "Type") AS place, "Type" AS action
FROM "Event" JOIN (SELECT id AS known FROM "Users") u ON known = "User_Id"
WHERE date < :cutoff GROUP BY "Type" ORDER BY 1 LIMIT 10;

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
                          THEN md5('growthml' || CAST(id AS VARCHAR)) END) AS lot
  FROM known),
features AS (
  SELECT channel, CAST(:cutoff AS DATE) - CAST(date AS DATE) AS tenure,
         CAST(:cutoff AS DATE) - CAST(last_action AS DATE) AS idle_days,
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
  SELECT "Campaign_ID" AS channel, action,
         CAST(:end AS DATE) - 1 - CAST(date AS DATE) AS age,
         CAST(:end AS DATE) - 1 - CAST(coalesce(last, date) AS DATE) AS silent,
         CAST(coalesce(last, date) AS DATE) - CAST(date AS DATE) AS lived
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
gaps AS (SELECT day - lag(day) OVER (PARTITION BY id ORDER BY day) AS days FROM days)
SELECT days, count(*) AS gaps FROM gaps WHERE days IS NOT NULL GROUP BY 1 ORDER BY 1;

-- cohort_sizes
SELECT CAST(date_trunc('month', date) AS DATE) AS cohort, count(*) AS users
FROM "Users" WHERE date < :end GROUP BY 1 ORDER BY 1;

-- cohort_activity
WITH months AS (
  SELECT "User_Id" AS id, date_trunc('month', e.date) AS period,
         coalesce(sum(price) FILTER (WHERE e."Type" = 'bought'), 0) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end AND e."Type" <> 'nothing' GROUP BY 1, 2),
lived AS (SELECT *, max(period) OVER (PARTITION BY id) AS last FROM months)
SELECT CAST(date_trunc('month', date) AS DATE) AS cohort, CAST(period AS DATE) AS period,
       count(*) AS active_users, count(*) FILTER (WHERE period = last) AS last_users,
       sum(revenue) AS revenue
FROM lived JOIN "Users" USING (id) GROUP BY 1, 2 ORDER BY 1, 2;

-- lifetimes
WITH buyers AS (
  SELECT "User_Id" AS id, count(*) AS purchases, sum(price) AS revenue,
         count(DISTINCT date_trunc('month', e.date)) AS months
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1)
SELECT "Campaign_ID" AS channel, count(*) AS buyers, sum(purchases) AS purchases,
       sum(revenue) AS revenue, sum(CAST(purchases AS DOUBLE PRECISION) / months)
       AS purchases_per_month, sum(months) AS months
FROM buyers JOIN "Users" USING (id) GROUP BY 1 ORDER BY 1;

-- lifetimes_by_category
WITH buyers AS (
  SELECT m."Type" AS category, count(*) AS purchases, sum(price) AS revenue,
         count(DISTINCT date_trunc('month', e.date)) AS months
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" JOIN "Users" u ON u.id = "User_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1, "User_Id")
SELECT category, count(*) AS buyers, sum(purchases) AS purchases, sum(revenue) AS revenue,
       sum(CAST(purchases AS DOUBLE PRECISION) / months) AS purchases_per_month,
       sum(months) AS months
FROM buyers GROUP BY 1 ORDER BY 1;

-- lifetimes_by_demographic
WITH buyers AS (
  SELECT "User_Id" AS id, m."Type" AS category, count(*) AS purchases, sum(price) AS revenue,
         count(DISTINCT date_trunc('month', e.date)) AS months
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1, 2)
SELECT "Campaign_ID" AS channel, category, count(*) AS buyers, sum(purchases) AS purchases,
       sum(revenue) AS revenue, sum(CAST(purchases AS DOUBLE PRECISION) / months)
       AS purchases_per_month, sum(months) AS months
FROM buyers JOIN "Users" USING (id) GROUP BY 1, 2 ORDER BY 1, 2;

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
         count(*) - 1 AS frequency, max(day) - min(day) AS recency,
         CAST(:end AS DATE) - 1 - min(day) AS age,
         sum(revenue) FILTER (WHERE day > first) AS again
  FROM firsts GROUP BY 1)
SELECT row_number() OVER (ORDER BY revenue DESC, user_id) AS rank, user_id,
       "Campaign_ID" AS channel, purchases, months, revenue, frequency, recency, age,
       CAST(again AS DOUBLE PRECISION) / nullif(frequency, 0) AS mean_value
FROM buyers JOIN "Users" ON id = user_id ORDER BY 1 LIMIT 1000;

-- repeat_purchases
WITH days AS (
  SELECT "User_Id" AS id, CAST(e.date AS DATE) AS day, sum(price) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1, 2),
firsts AS (SELECT *, min(day) OVER (PARTITION BY id) AS first FROM days),
buyers AS (
  SELECT id, count(*) - 1 AS frequency, max(day) - min(day) AS recency,
         CAST(:end AS DATE) - 1 - min(day) AS age,
         sum(revenue) FILTER (WHERE day > first) AS again
  FROM firsts GROUP BY 1)
SELECT "Campaign_ID" AS channel, frequency, recency, age, count(*) AS buyers,
       coalesce(sum(CAST(again AS DOUBLE PRECISION) / nullif(frequency, 0)), 0) AS mean_values
FROM buyers JOIN "Users" USING (id) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;

-- repeat_values
WITH days AS (
  SELECT "User_Id" AS id, CAST(e.date AS DATE) AS day, sum(price) AS revenue
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" JOIN "Users" u ON u.id = "User_Id"
  WHERE e.date < :end AND e."Type" = 'bought' GROUP BY 1, 2),
firsts AS (SELECT *, min(day) OVER (PARTITION BY id) AS first FROM days),
buyers AS (
  SELECT id, count(*) - 1 AS frequency, sum(revenue) FILTER (WHERE day > first) AS again
  FROM firsts GROUP BY 1)
SELECT frequency, CAST(again AS DOUBLE PRECISION) / frequency AS mean_value, count(*) AS buyers
FROM buyers WHERE frequency > 0 GROUP BY 1, 2 ORDER BY 1, 2;

-- calibration_purchases
WITH days AS (
  SELECT DISTINCT "User_Id" AS id, CAST(date AS DATE) AS day
  FROM "Event" JOIN (SELECT id AS known FROM "Users") u ON known = "User_Id"
  WHERE date < :end AND "Type" = 'bought'),
history AS (
  SELECT min(day) + CAST(floor((CAST(:end AS DATE) - 1 - min(day)) * 0.5) AS INTEGER) AS cut
  FROM days),
buyers AS (
  SELECT count(*) - 1 AS frequency, max(day) - min(day) AS recency, min(cut) - min(day) AS age
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
         CAST(floor((CAST(:end AS DATE) - 1 - min(day)) * 0.5) AS INTEGER) AS cut FROM days)
SELECT day - start AS day, count(*) FILTER (WHERE day = first) AS new_buyers,
       count(*) FILTER (WHERE day > first) AS repeats, min(cut) AS cut,
       min(CAST(:end AS DATE) - 1 - start) AS "end"
FROM firsts, history WHERE first <= start + cut GROUP BY 1 ORDER BY 1;

-- payback
WITH aged AS (
  SELECT "Campaign_ID" AS channel, id, date,
         floor((CAST(:end AS DATE) - 1 - CAST(date AS DATE)) * 16 / 487.0) AS age FROM "Users"),
bought AS (
  SELECT channel, age, floor((CAST(e.date AS DATE) - CAST(u.date AS DATE)) * 16 / 487.0) AS month,
         price
  FROM "Event" e JOIN "Meal" m ON m.id = "Meal_Id" JOIN aged u ON u.id = "User_Id"
  WHERE e.date < :end AND e."Type" = 'bought')
SELECT channel, age, greatest(month, 0) AS month, 0 AS users, sum(price) AS revenue
FROM bought GROUP BY 1, 2, 3
UNION ALL
SELECT channel, age, NULL, count(*), 0 FROM aged GROUP BY 1, 2;
