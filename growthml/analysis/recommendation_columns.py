"""The columns of the recommendations' tables; apart, so that naming them costs no numpy."""

from __future__ import annotations

EVALUATION = (
    *("campaign", "method", "k", "users", "hit_rate", "hit_rate_ci_low", "hit_rate_ci_high"),
    *("ndcg", "ndcg_ci_low", "ndcg_ci_high", "coverage", "coverage_ci_low", "coverage_ci_high"),
    *("compared_with", "hit_rate_difference", "difference_ci_low", "difference_ci_high"),
    *("p_value", "q_value", "ndcg_difference", "ndcg_difference_ci_low"),
    *("ndcg_difference_ci_high", "verdict"),
)
BY_CHANNEL = (
    *("campaign", "channel", "rank", "item_id", "category", "score"),
    *("action", "action_share", "method", "cold_users"),
)
BY_USER = (
    *("campaign", "user_id", "rank", "item_id", "category", "score"),
    *("action", "action_share", "method", "channel"),
)
CATEGORIES = ("campaign", "channel", "rank", "category", "share", "touches", "action")
