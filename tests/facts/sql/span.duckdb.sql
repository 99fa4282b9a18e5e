WITH known_users AS
(SELECT listed.user_id AS user_id, listed.channel AS channel, listed.signed_up_at AS signed_up_at, activity.acted_1 AS acted_1, activity.acted_2 AS acted_2
FROM (SELECT u.id AS user_id, u."Campaign_ID" AS channel, CAST(u.date AS TIMESTAMP) AS signed_up_at
FROM "Users" AS u
WHERE u.id IS NOT NULL) AS listed LEFT OUTER JOIN (SELECT e."User_Id" AS user_id, max(CASE WHEN (CAST(e.date AS TIMESTAMP) < :param_4) THEN 1 ELSE 0 END) AS acted_1, max(CASE WHEN (CAST(e.date AS TIMESTAMP) >= :param_5) THEN 1 ELSE 0 END) AS acted_2
FROM "Event" AS e
WHERE e."User_Id" IS NOT NULL AND (CAST(e.date AS TIMESTAMP) < :param_6 OR CAST(e.date AS TIMESTAMP) IS NULL) GROUP BY e."User_Id") AS activity ON activity.user_id = listed.user_id),
campaign_users AS
(SELECT CAST(:param_1 AS ENUM('spring', 'summer')) AS campaign, known_users.user_id AS user_id, known_users.channel AS channel, known_users.signed_up_at AS signed_up_at
FROM known_users
WHERE (known_users.signed_up_at < :param_7 OR known_users.signed_up_at IS NULL) AND (known_users.signed_up_at < :param_8 OR known_users.acted_1 = 1) UNION ALL SELECT CAST(:param_9 AS ENUM('spring', 'summer')) AS campaign, known_users.user_id AS user_id, known_users.channel AS channel, known_users.signed_up_at AS signed_up_at
FROM known_users
WHERE (known_users.signed_up_at < :param_12 OR known_users.signed_up_at IS NULL) AND known_users.channel IN (:channel_1_1, :channel_1_2) AND (known_users.signed_up_at >= :param_13 OR known_users.acted_2 = 1)),
campaign_events AS
(SELECT campaign_users.campaign AS campaign, campaign_users.user_id AS user_id, campaign_users.channel AS channel, campaign_users.signed_up_at AS signed_up_at, e."Meal_Id" AS item_id, items.category AS category, e."Type" AS action, CAST(e.date AS TIMESTAMP) AS occurred_at, CAST(NULL AS VARCHAR) AS order_id, 1 AS n, items.price AS value
FROM "Event" AS e LEFT OUTER JOIN (SELECT i.id AS item_id, i."Type" AS category, CAST(i.price AS DOUBLE PRECISION) AS price
FROM "Meal" AS i) AS items ON items.item_id = e."Meal_Id" JOIN campaign_users ON campaign_users.user_id = e."User_Id"
WHERE (CAST(e.date AS TIMESTAMP) < :param_14 OR CAST(e.date AS TIMESTAMP) IS NULL) AND (campaign_users.campaign = :campaign_1 AND CAST(e.date AS TIMESTAMP) < :param_15 OR campaign_users.campaign = :campaign_2 AND CAST(e.date AS TIMESTAMP) >= :param_16))
 SELECT signed_up.campaign, signed_up.users, signed_up.first_signup, signed_up.last_signup, CAST(coalesce(acted.events, 0) AS BIGINT) AS events, acted.first_event, acted.last_event
FROM (SELECT campaign_users.campaign AS campaign, CAST(count(*) AS BIGINT) AS users, min(campaign_users.signed_up_at) AS first_signup, max(campaign_users.signed_up_at) AS last_signup
FROM campaign_users GROUP BY campaign_users.campaign) AS signed_up LEFT OUTER JOIN (SELECT campaign_events.campaign AS campaign, CAST(sum(campaign_events.n) AS BIGINT) AS events, min(campaign_events.occurred_at) AS first_event, max(campaign_events.occurred_at) AS last_event
FROM campaign_events GROUP BY campaign_events.campaign) AS acted ON acted.campaign = signed_up.campaign
