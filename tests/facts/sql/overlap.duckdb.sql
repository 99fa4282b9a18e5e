WITH known_users AS
(SELECT listed.user_id AS user_id, listed.channel AS channel, listed.signed_up_at AS signed_up_at, activity.acted_1 AS acted_1, activity.acted_2 AS acted_2
FROM (SELECT u.id AS user_id, u."Campaign_ID" AS channel, CAST(u.date AS TIMESTAMP) AS signed_up_at
FROM "Users" AS u
WHERE u.id IS NOT NULL) AS listed LEFT OUTER JOIN (SELECT e."User_Id" AS user_id, max(CASE WHEN (CAST(e.date AS TIMESTAMP) < :param_4) THEN 1 ELSE 0 END) AS acted_1, max(CASE WHEN (CAST(e.date AS TIMESTAMP) >= :param_5) THEN 1 ELSE 0 END) AS acted_2
FROM "Event" AS e
WHERE e."User_Id" IS NOT NULL AND (CAST(e.date AS TIMESTAMP) < :param_6 OR CAST(e.date AS TIMESTAMP) IS NULL) GROUP BY e."User_Id") AS activity ON activity.user_id = listed.user_id),
campaign_members AS
(SELECT CAST(:param_1 AS ENUM('spring', 'summer')) AS campaign, known_users.user_id AS user_id, known_users.channel AS channel, known_users.signed_up_at AS signed_up_at
FROM known_users
WHERE (known_users.signed_up_at < :param_7 OR known_users.signed_up_at IS NULL) AND (known_users.signed_up_at < :param_8 OR known_users.acted_1 = 1) UNION ALL SELECT CAST(:param_9 AS ENUM('spring', 'summer')) AS campaign, known_users.user_id AS user_id, known_users.channel AS channel, known_users.signed_up_at AS signed_up_at
FROM known_users
WHERE (known_users.signed_up_at < :param_12 OR known_users.signed_up_at IS NULL) AND known_users.channel IN (:channel_1_1, :channel_1_2) AND (known_users.signed_up_at >= :param_13 OR known_users.acted_2 = 1))
 SELECT counted.campaign, CAST(count(*) AS BIGINT) AS users, CAST(coalesce(sum(CASE WHEN (counted.campaigns > 1) THEN 1 ELSE 0 END), 0) AS BIGINT) AS in_several
FROM (SELECT campaign_members.campaign AS campaign, count(*) OVER (PARTITION BY campaign_members.user_id) AS campaigns
FROM campaign_members) AS counted GROUP BY counted.campaign ORDER BY counted.campaign
