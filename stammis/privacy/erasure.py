"""Erases a person from every store. It survives interruptions: what was begun is finished.

    request   on disk: who, which rows. From now on nothing is sent to them, nor read that brings them back
    ledger    addresses, codes, texts; opaque ids stay and count on
    landing   exports, intake, quarantine; orders stay, without their person
    the rest  published runs, registry, written messages, the warehouse, logs
    done      the ledger's file is shredded, the request removed

Each step may be repeated. A run first finishes what was left open. Call everything here under the build lock.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from stammis.core.damage import ARROW, named_damage
from stammis.core.errors import StammisError
from stammis.core.files import unfinished_of
from stammis.core.settings import Settings
from stammis.core.tombstones import SALT, tombstone
from stammis.ledger import LogEntry
from stammis.ledger.erasure import ErasureLedger, open_for_erasure
from stammis.privacy.erase_landing import Words, erase_landed
from stammis.privacy.erase_stores import erase_built, erase_inbox, erase_published, erase_registry, erase_written
from stammis.privacy.person import Person, find_person
from stammis.privacy.request import ErasureRequest, new_request, open_requests
from stammis.warehouse import published

Step = Callable[[str], None]
STAYS = (
    "their orders and receipts, with sums and articles, without what leads to a person, for bookkeeping",
    "the journey log and the sends, under an id that leads to nobody: what journeys did is still counted",
    "a salted hash of each address, number, card and cookie that was theirs alone, and of each order and ticket of "
    "theirs: nothing is sent to them, and an export that brings them again is rid of them before it is read",
)
OUTSIDE = (
    "what providers and the shop's own systems hold (SendGrid, Twilio, web shop, tills, newsletters): ask them, too",
    "an inbox on a server, where what was fetched stays for a week, or for as long as its sender leaves it",
    "copies somebody made: ledger backups, tables of look-back, exports elsewhere, what a sandbox has accepted",
)


def erase(settings: Settings, customer: str, on_step: Step = lambda _: None) -> ErasureRequest:
    """Erase one person; returns what was done. Raises StammisError for nobody, several, or a message being sent."""
    return finish(settings, request_erasure(settings, find_person(settings, customer)), on_step)


def request_erasure(settings: Settings, person: Person) -> ErasureRequest:
    """Record that this person is to be erased. From here on the erasure will be finished, also after a kill."""
    request = new_request(settings, person)
    request.save()
    return request


def finish_open(settings: Settings) -> list[ErasureRequest]:
    """Finish the erasures that were interrupted; a run begins with this."""
    return [finish(settings, request) for request in open_requests(settings)]


def finish(settings: Settings, request: ErasureRequest, on_step: Step = lambda _: None) -> ErasureRequest:
    """Do all steps that an earlier attempt left. `on_step` is called with each step's name, without personal data.

    Raises DamagedFile for a file that cannot be read, and so not be searched; finish it when that is mended.
    """
    with named_damage(settings.data, *ARROW):
        return _finish(settings, request, on_step)


def _finish(settings: Settings, request: ErasureRequest, on_step: Step) -> ErasureRequest:
    person, words = request.person, Words(settings, request.person.own)
    secret = settings.derived_key(SALT)
    with open_for_erasure(settings) as ledger:
        own, parents = ({tombstone(secret, key) for key in keys} for keys in (person.own, request.parent_keys))
        ledger.request(person.customer_ids, own, parents)
        on_step("requested")
        if under_way := ledger.under_way(person.customer_ids):
            raise StammisError(
                f"{under_way} messages to {person.customer_id} are being handed over right now. The erasure is written "
                "down and nothing more goes to them; in a minute, `stammis erase` again or the next run finishes it."
            )
        send_ids = {str(message["send_id"]) for message in ledger.messages_of(*person.customer_ids)}
        _forget_in_ledger(settings, ledger, request)
        on_step("ledger")
    erase_landed(settings, request, on_step)
    on_step("landing")
    erase_inbox(settings, request)
    on_step("inbox")
    erase_written(settings, request, words, send_ids)
    on_step("messages")
    erase_registry(settings, request)
    on_step("registry")
    erase_built(settings, request, words)
    on_step("warehouse")
    erase_published(settings, request, words)  # last of the readable: until then, who looks sees a whole run
    on_step("published")
    with open_for_erasure(settings) as ledger:
        ledger.shred()
        on_step("shredded")
        ledger.done(person.customer_ids)
    for path in (request.path, unfinished_of(request.path)):
        path.unlink(missing_ok=True)
    return request


def summary(request: ErasureRequest) -> str:
    """A text of what was taken out where, what stays and why. It has no personal data but the customer id."""
    person = request.person
    lines = [f"Customer {person.customer_id} is forgotten."]
    lines += [f"  {count:>6,}  {place}" for place, count in request.counts.items() if count]
    if person.shared:
        lines.append(f"  {len(person.shared):>6,}  keys they share: gone from their rows only, without tombstone")
    lines += ["What stays:", *(f"  - {text}" for text in STAYS)]
    return "\n".join([*lines, "Not ours to erase:", *(f"  - {text}" for text in OUTSIDE)])


def _forget_in_ledger(settings: Settings, ledger: ErasureLedger, request: ErasureRequest) -> None:
    person = request.person
    counts = ledger.forget(person.customer_ids, person.addresses, _goals(settings, ledger, person), _as_of(settings))
    for table, count in counts.items():
        request.count(f"ledger {table}", count)
    request.save()
    ledger.export_changes(settings.ledger_export, whole_months=True)


def _goals(settings: Settings, ledger: ErasureLedger, person: Person) -> Sequence[LogEntry]:
    """The goals their entries had reached by the last run, as log lines: afterwards their orders are nobody's."""
    if not published.has_table(settings, "journey_goals"):
        return []
    query = "select journey, entry_key from {journey_goals} where list_contains(?, customer_id)"
    found = published.rows(settings, query, [list(person.customer_ids)])
    reached = {(row["journey"], row["entry_key"]) for row in found}
    return [
        LogEntry(
            line["journey"],
            line["customer_id"],
            line["entry_key"],
            "goal_reached",
            line["definition_hash"],
            line["entered_at"],
        )
        for line in ledger.journey_log_of(*person.customer_ids)
        if line["kind"] == "entered" and (line["journey"], line["entry_key"]) in reached
    ]


def _as_of(settings: Settings) -> datetime:
    moment: datetime = published.rows(settings, "select as_of from {clock}")[0]["as_of"]
    return moment
