SELECT campaigns.campaign, checked.items, checked.nonpositive_price
FROM (SELECT :param_1 AS campaign UNION ALL SELECT :param_2 AS campaign) AS campaigns JOIN (SELECT CAST(count(*) AS BIGINT) AS items, CAST(coalesce(sum(CASE WHEN (CAST(i.price AS DOUBLE PRECISION) <= 0 OR CAST(i.price AS DOUBLE PRECISION) IS NULL) THEN 1 ELSE 0 END), 0) AS BIGINT) AS nonpositive_price
FROM "Meal" AS i) AS checked ON true
