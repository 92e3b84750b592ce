"""Checks that today's tables are plausible. One whose rows and limits are unchanged keeps its last result.

The limits are in seeds/plausible.csv. They are checked on the views of models/gate, whose columns name the rows.
"""

import hashlib
import json
from collections.abc import Collection, Iterator

from stammis.core.settings import Settings
from stammis.gate.findings import ROW_COUNT, CheckCache, Finding, Result
from stammis.gate.tables import Tables
from stammis.warehouse import published
from stammis.warehouse.published import Row

# relation → the view that is asked; its last name is a model of this run
PEOPLE_AND_ORDERS = {name: f"gate.{name}_checked" for name in ("customers", "memberships", "consents", "orders")}
OUTBOX = {"outbox": "outbox.outbox_compared"}
NOT_ASKED = 0  # what a check counts that could not be made


def find_implausible(
    settings: Settings, tables: Tables, relations: dict[str, str], built: Collection[str]
) -> list[Finding]:
    """Return what is implausible in these relations. Relations whose view was not built in this run are left out.

    Great Expectations is imported only if one of them has changed. A rule that could not be checked is a critical
    finding.
    """
    cache = CheckCache(settings)
    findings: list[Finding] = []
    for relation, view in relations.items():
        if view.split(".")[1] in built:
            findings += _result(settings, tables, cache, relation, view).findings
    return findings


def accept(settings: Settings, check_name: str) -> None:
    """Accept the row count of a released check: later runs compare with what is there now."""
    cache = CheckCache(settings)
    for relation in PEOPLE_AND_ORDERS:
        known = cache.of(relation)
        if known and check_name == _check_name(relation, ROW_COUNT):
            cache.keep(relation, Result("", known.rows, known.rows, ()))


def _result(settings: Settings, tables: Tables, cache: CheckCache, relation: str, view: str) -> Result:
    query = "select measure, bound, warn, critical from seeds.plausible where relation = ? order by all"
    limits = tables.rows(query, [relation])
    said = json.dumps([tables.fingerprint(view), limits], default=str)
    signature = hashlib.sha256(said.encode()).hexdigest()[:16]
    known = cache.of(relation)
    if known and known.signature == signature:
        return known
    rows = tables.count(view)
    before = known.accepted_rows if known else _published_rows(settings, relation)
    findings = tuple(_validated(settings, tables, relation, view, limits, rows, before)) if rows or before else ()
    has_lost_rows = _check_name(relation, ROW_COUNT) in {each.check_name for each in findings if each.is_critical}
    was_asked = not any(each.count == NOT_ASKED for each in findings)
    accepted = before if before and (has_lost_rows or not was_asked) else rows
    result = Result(signature if was_asked else "", rows, accepted, findings)
    cache.keep(relation, result)
    return result


def _validated(
    settings: Settings, tables: Tables, relation: str, view: str, limits: list[Row], rows: int, before: int | None
) -> Iterator[Finding]:
    from stammis.gate.suites import Rule, validate  # takes seconds

    asked = [
        (row["measure"], row["bound"], severity, row[column])
        for row in limits
        for column, severity in (("warn", "warning"), ("critical", "critical"))
        if row[column] is not None
    ]
    query = "select coalesce(sum(amount), 0) as few from seeds.limits where limit_name = 'few_rows'"
    few = int(tables.rows(query)[0]["few"])
    rules = [
        Rule(measure, bound, severity, float(_fewest(before or 0, limit, few) if measure == ROW_COUNT else limit))
        for measure, bound, severity, limit in asked
    ]
    file = settings.data / "gate" / f"{relation}.parquet"
    tables.copy(view, file)
    try:
        failures = validate(relation, file, rules)
    except Exception as error:  # whatever that library raises, it holds what is below and nobody else
        reason = f"Great Expectations could not look at {relation}: {type(error).__name__}"
        yield Finding(f"gx_{relation}", reason, NOT_ASKED, f"model.stammis.{relation}")
        return
    finally:
        file.unlink()
    # the worse of two severities of one measure is enough
    worst = {each.measure: each for each in sorted(failures, key=lambda each: each.severity, reverse=True)}
    for measure, failure in worst.items():
        check_name, is_critical = _check_name(relation, measure), failure.severity == "critical"
        if failure.count is None:
            reason = f"{measure} of {relation} could not be asked: see seeds/plausible.csv"
            yield Finding(check_name, reason, NOT_ASKED, f"model.stammis.{relation}")
        elif relation in OUTBOX:
            yield from _too_many(tables, view, check_name, measure, is_critical)
        elif measure == ROW_COUNT:
            reason = f"implausible: {rows} {relation}, where the run before had {before}"
            yield Finding(check_name, reason, (before or 0) - rows, f"model.stammis.{relation}", None, is_critical)
        else:
            reason = f"implausible: {failure.count} of {rows} {relation} by {measure} (seeds/plausible.csv)"
            yield Finding(check_name, reason, failure.count, f"model.stammis.{relation}", None, is_critical)


def _fewest(before: int, percent: int, few: int) -> int:
    """How many of these rows must be left. A few may always go, as when two people turn out to be one; never all."""
    return max(min(-(-before * percent // 100), before - few), min(before, 1))


def _too_many(tables: Tables, view: str, check_name: str, measure: str, is_critical: bool) -> Iterator[Finding]:
    """One finding for each journey that sends too much; it holds only that journey."""
    column = f"is_impossible_{measure}" if is_critical else f"is_odd_{measure}"
    query = f"select journey, size, weekday_median as usual from {view} where {column} order by journey"
    for row in tables.rows(query):
        reason = f"implausible: {row['size']} messages today, where {float(row['usual']):g} are usual on this weekday"
        yield Finding(check_name, reason, row["size"], None, row["journey"], is_critical)


def _published_rows(settings: Settings, relation: str) -> int | None:
    """How many rows the last run published, for a relation without an earlier result."""
    if not (settings.published / "current" / f"{relation}.parquet").exists():
        return None
    return int(published.rows(settings, f"select count(*) as many from {{{relation}}}")[0]["many"])


def _check_name(relation: str, measure: str) -> str:
    return f"gx_{relation}_{measure}"
