WITH known_users AS
(SELECT listed.user_id AS user_id, listed.channel AS channel, listed.signed_up_at AS signed_up_at, activity.acted_1 AS acted_1, activity.acted_2 AS acted_2
FROM (SELECT u.id AS user_id, u."Campaign_ID" AS channel, CAST(u.date AS TIMESTAMP) AS signed_up_at
FROM "Users" AS u
WHERE u.id IS NOT NULL) AS listed LEFT OUTER JOIN (SELECT e."User_Id" AS user_id, max(CASE WHEN (CAST(e.date AS TIMESTAMP) < :param_4) THEN 1 ELSE 0 END) AS acted_1, max(CASE WHEN (CAST(e.date AS TIMESTAMP) >= :param_5) THEN 1 ELSE 0 END) AS acted_2
FROM "Event" AS e
WHERE e."User_Id" IS NOT NULL AND (CAST(e.date AS TIMESTAMP) < :param_6 OR CAST(e.date AS TIMESTAMP) IS NULL) GROUP BY e."User_Id") AS activity ON activity.user_id = listed.user_id),
campaign_users AS
(SELECT CAST(:param_7 AS ENUM('spring', 'summer')) AS campaign, known_users.user_id AS user_id, known_users.channel AS channel, known_users.signed_up_at AS signed_up_at
FROM known_users
WHERE (known_users.signed_up_at < :param_10 OR known_users.signed_up_at IS NULL) AND (known_users.signed_up_at < :param_11 OR known_users.acted_1 = 1) UNION ALL SELECT CAST(:param_12 AS ENUM('spring', 'summer')) AS campaign, known_users.user_id AS user_id, known_users.channel AS channel, known_users.signed_up_at AS signed_up_at
FROM known_users
WHERE (known_users.signed_up_at < :param_15 OR known_users.signed_up_at IS NULL) AND known_users.channel IN (:channel_1_1, :channel_1_2) AND (known_users.signed_up_at >= :param_16 OR known_users.acted_2 = 1))
 SELECT campaign_users.campaign, known_users.user_id IS NULL AS orphan, CAST(count(*) AS BIGINT) AS events, CAST(coalesce(sum(CASE WHEN (e."Meal_Id" IS NOT NULL AND items.item_id IS NULL) THEN 1 ELSE 0 END), 0) AS BIGINT) AS orphan_item, CAST(coalesce(sum(CASE WHEN (CAST(e.date AS TIMESTAMP) IS NULL) THEN 1 ELSE 0 END), 0) AS BIGINT) AS missing_time, CAST(coalesce(sum(CASE WHEN (CAST(e.date AS TIMESTAMP) >= :param_1) THEN 1 ELSE 0 END), 0) AS BIGINT) AS future_event, CAST(coalesce(sum(CASE WHEN (CAST(e.date AS TIMESTAMP) < campaign_users.signed_up_at) THEN 1 ELSE 0 END), 0) AS BIGINT) AS event_before_signup, CAST(coalesce(sum(CASE WHEN (e."Type" IS NULL OR e."Type" = :param_2 OR (e."Type" NOT IN (:param_3_1, :param_3_2, :param_3_3, :param_3_4))) THEN 1 ELSE 0 END), 0) AS BIGINT) AS unknown_action, CAST(coalesce(sum(CASE WHEN false THEN 1 ELSE 0 END), 0) AS BIGINT) AS cancelled
FROM "Event" AS e LEFT OUTER JOIN known_users ON known_users.user_id = e."User_Id" LEFT OUTER JOIN campaign_users ON campaign_users.user_id = known_users.user_id LEFT OUTER JOIN (SELECT i.id AS item_id, i."Type" AS category, CAST(i.price AS DOUBLE PRECISION) AS price
FROM "Meal" AS i) AS items ON items.item_id = e."Meal_Id"
WHERE (campaign_users.campaign IS NOT NULL OR known_users.user_id IS NULL) AND (CAST(e.date AS TIMESTAMP) < :param_17 OR CAST(e.date AS TIMESTAMP) IS NULL OR CAST(e.date AS TIMESTAMP) >= :param_18) GROUP BY campaign_users.campaign, known_users.user_id IS NULL ORDER BY campaign_users.campaign
