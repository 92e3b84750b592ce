"""Lists the published tables, and the columns of those that no model makes."""

from dataclasses import dataclass

PUBLIC_TABLES = (
    "customers",
    "customer_aliases",
    "memberships",
    "points_movements",
    "identifiers",
    "orders",
    "order_lines",
    "customer_totals",
    "order_discounts",
    "gift_cards",
    "checkouts",
    "checkout_lines",
    "customer_tags",
    "consents",
    "unread_words",
    "suppressions",
    "customer_events",
    "journey_goals",
    "journey_results",
    "delivery_health",
    "implausible_rows",
    "sources_compared",
    "audience_sizes_expected",
    "identity_changes",
    "consent_events",
    "clv_backtest",
    "survey_answers",
    "ad_spend",
    "message_prices_known",
    "customer_profiles",
    "recommendations",
)
PUBLIC_SCHEMAS = ("marts", "profiles", "reports")
DECIDED_TABLES = ("outbox_candidates", "outbox", "journey_log_changes")
LEDGER_TABLES = ("messages", "journey_log", "approvals", "switches", "audience_sizes", "answers")
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
RULES = {"journey": "varchar", "rule": "varchar", "meaning": "varchar"}
HOLDS = {
    "journey": "varchar",
    "reason": "varchar",
    "check_name": "varchar",
    "failure_count": "bigint",
    "is_releasable": "boolean",
}
JOURNEYS = {
    "journey": "varchar",
    "title": "varchar",
    "purpose": "varchar",
    "basis": "varchar",
    "priority": "integer",
    "is_enabled": "boolean",
    "starts_on": "date",
    "backlog_per_day": "integer",
    "reentry": "varchar",
    "reentry_days": "integer",
    "holdout_percent": "integer",
    "goal_event": "varchar",
    "goal_within_days": "integer",
    "on_change": "varchar",
    "definition_hash": "varchar",
    "version": "varchar",
}
STEPS = {
    "journey": "varchar",
    "position": "integer",
    "step": "varchar",
    "channel": "varchar",
    "fallback": "varchar",
    "wait_minutes": "integer",
    "offer": "varchar",
    "max_age_minutes": "integer",
    "purpose": "varchar",
    "basis": "varchar",
    "holdout_percent": "integer",
    "template_version": "varchar",
    "reminds_of": "varchar",
}
UNREAD_WORDS = {
    "word_id": "varchar",
    "source": "varchar",
    "place": "varchar",
    "channel": "varchar",
    "address": "varchar",
    "said_at": "timestamp",
}
PUBLISHED_TABLES = {"table_name": "varchar", "content": "varchar", "run_id": "varchar"}
LANDING_REPORT = {
    "source": "varchar",
    "entity": "varchar",
    "rows_in": "bigint",
    "rows_loaded": "bigint",
    "rows_duplicate": "bigint",
    "rows_quarantined": "bigint",
    "rows_future_dated": "bigint",
}
CLV_SCORES = {
    "customer_id": "varchar",
    "expected_order_count": "double",
    "alive_probability": "double",
    "expected_order_value": "decimal(18,2)",
    "clv": "decimal(18,2)",
    "currency": "varchar",
    "scored_at": "timestamp",
}
CLV_FITS = {
    "fitted_at": "timestamp",
    "run_id": "varchar",
    "customer_count": "bigint",
    "returning_count": "bigint",
    "order_count": "bigint",
    "history_weeks": "double",
    "r": "double",
    "alpha": "double",
    "a": "double",
    "b": "double",
    "orders_log_likelihood": "double",
    "p": "double",
    "q": "double",
    "v": "double",
    "values_log_likelihood": "double",
    "calibrated_until": "date",
    "holdout_weeks": "double",
    "calibrated_count": "bigint",
    "holdout_expected_count": "double",
    "holdout_order_count": "bigint",
    "mean_absolute_error": "double",
}
SCHEMAS = (
    "run",
    "ledger",
    "seeds",
    "staging",
    "intermediate",
    "marts",
    "profiles",
    "audiences",
    "outbox",
    "reports",
    "failures",
)


@dataclass(frozen=True, slots=True)
class RunHistory:
    """A table that runs hand on: <data>/<name>/<run_id>.parquet, written at commit, read by models as run.<name>.

    `learned_at`: the column of the as_of it was learned at; `learns_from`: the published table; `news`: SQL of the
    rows of {learned} that run.<name> does not have yet, with run.clock in reach. Only news is written, so a file a
    run stays small however long the shop has run.
    """

    columns: dict[str, str]
    learned_at: str
    learns_from: str
    news: str


RUN_HISTORY = {
    # which identifier got which customer id, so that ids stay what they are
    "registry": RunHistory(
        {
            "identifier_type": "varchar",
            "identifier": "varchar",
            "customer_id": "varchar",
            "assigned_at": "timestamp",
            "identified_at": "timestamp",
        },
        "assigned_at",
        "identifiers",
        """
        select distinct
            found.identifier_type, found.identifier, found.customer_id,
            clock.as_of as assigned_at, found.identified_at
        from {learned} as found
        cross join run.clock as clock
        where not exists (
            select 1 from run.registry as known
            where known.identifier_type = found.identifier_type and known.identifier = found.identifier
                and known.customer_id = found.customer_id
        )
        """,
    ),
    # each customer's RFM segment whenever it has changed; of two runs for one moment the later counts
    "segments": RunHistory(
        {
            "customer_id": "varchar",
            "rfm_segment": "varchar",
            "previous_segment": "varchar",
            "changed_at": "timestamp",
            "remembered_at": "timestamp",
            "run_id": "varchar",
        },
        "remembered_at",
        "customer_profiles",
        """
        with latest as (
            select * from run.segments
            qualify row_number() over (
                partition by customer_id order by remembered_at desc, length(run_id) desc, run_id desc
            ) = 1
        )
        select
            found.customer_id, found.rfm_segment, found.previous_rfm_segment as previous_segment,
            found.rfm_segment_changed_at as changed_at, clock.as_of as remembered_at, clock.run_id
        from {learned} as found
        cross join run.clock as clock
        left join latest on found.customer_id = latest.customer_id
        where found.rfm_segment is not null and (
            latest.customer_id is null
            or (found.rfm_segment, found.previous_rfm_segment, found.rfm_segment_changed_at)
                is distinct from (latest.rfm_segment, latest.previous_segment, latest.changed_at)
        )
        """,
    ),
}
