"""Which tables there are, and the shapes of those that no model makes."""

PUBLIC_TABLES = (
    "customers", "customer_aliases", "memberships", "points_movements", "identifiers", "orders", "order_lines",
    "consents", "suppressions", "customer_events", "journey_goals", "journey_results", "delivery_health",
    "implausible_rows", "sources_compared", "audience_sizes_expected", "identity_changes", "consent_events",
    "clv_backtest", "survey_answers", "ad_spend", "message_prices_known",
)
DECIDED_TABLES = ("outbox_candidates", "outbox", "journey_log_changes")
LEDGER_TABLES = ("messages", "journey_log", "approvals", "switches", "audience_sizes")
AUDIENCE = "customer_id varchar, entry_key varchar, entered_at timestamp"
# What phase 2 reads for some journeys only: empty where it could not be built, so that the others can be decided.
OPTIONAL = {
    "memberships": "customer_id varchar, tier varchar, next_tier varchar, points_balance bigint, "
    "points_to_next_tier bigint",
    "tiers_reached": "customer_id varchar, tier varchar, reached_at timestamp",
    "implausible_rows": "relation varchar, measure varchar, row_id varchar, customer_id varchar",
}

# What is laid ready in schema run: the models' names for what the objects of these rooms hold.
CLOCK = {"as_of": "timestamp", "run_id": "varchar", "salt": "varchar"}
STOPS = {
    "journey": "varchar", "reason": "varchar", "check_name": "varchar", "failure_count": "bigint",
    "is_releasable": "boolean",
}
JOURNEYS = {
    "journey": "varchar", "title": "varchar", "purpose": "varchar", "basis": "varchar", "priority": "integer",
    "is_enabled": "boolean", "starts_on": "date", "backlog_per_day": "integer", "reentry": "varchar",
    "reentry_days": "integer", "holdout_percent": "integer", "goal_event": "varchar",
    "goal_within_days": "integer", "on_change": "varchar", "definition_hash": "varchar",
    "version": "varchar",
}
STEPS = {
    "journey": "varchar", "position": "integer", "step": "varchar", "channel": "varchar", "fallback": "varchar",
    "wait_minutes": "integer", "offer": "varchar", "max_age_minutes": "integer", "purpose": "varchar",
    "basis": "varchar", "holdout_percent": "integer", "template_version": "varchar", "reminds_of": "varchar",
}
LANDING_REPORT = {
    "source": "varchar", "entity": "varchar", "rows_in": "bigint", "rows_loaded": "bigint",
    "rows_duplicate": "bigint", "rows_quarantined": "bigint", "rows_future_dated": "bigint",
}
REGISTRY = {
    "identifier_type": "varchar", "identifier": "varchar", "customer_id": "varchar", "assigned_at": "timestamp",
    "identified_at": "timestamp",
}
CLV_SCORES = {
    "customer_id": "varchar", "expected_order_count": "double", "alive_probability": "double",
    "expected_order_value": "decimal(18,2)", "clv": "decimal(18,2)", "currency": "varchar", "scored_at": "timestamp",
}
CLV_FITS = {
    "fitted_at": "timestamp", "run_id": "varchar", "customer_count": "bigint", "returning_count": "bigint",
    "order_count": "bigint", "history_weeks": "double",
    "r": "double", "alpha": "double", "a": "double", "b": "double", "orders_log_likelihood": "double",
    "p": "double", "q": "double", "v": "double", "values_log_likelihood": "double",
    "calibrated_until": "date", "holdout_weeks": "double", "calibrated_count": "bigint",
    "holdout_expected_count": "double", "holdout_order_count": "bigint", "mean_absolute_error": "double",
}
SCHEMAS = ("run", "ledger", "seeds", "staging", "intermediate", "marts", "audiences", "outbox", "reports", "failures")
