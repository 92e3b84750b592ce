"""What holds of reading, whatever is landed: a no beats an older yes, order decides nothing, a number is one."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from stammis import intake
from stammis.core.identifiers import fold_email, read_numbering
from stammis.core.settings import Settings
from stammis.demo import AS_OF, write_shop
from stammis.intake.files import ENDINGS
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.proofs.commands import sample_run
from tests.support.landing import land
from tests.support.moments import NOW
from tests.support.places import DBT_PROJECT, settings_in

PEOPLE, CONTROLS, PARTITIONS = 900, 60, 8
JOINED, REFUSED = "2025-01-05 09:00:00", "2025-11-07 10:00:00"
MEMBERS = "Email Address,First Name,Last Name,Phone Number,Birthday,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,CC,TAGS"
LEFT = f"{MEMBERS},UNSUB_TIME,UNSUB_REASON"
CLEANED = f"{MEMBERS},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE"
PROFILES = "Email,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp,Email Suppressions,Country"
ACCOUNTS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Tags"
)
EVENTS = ("unsubscribe", "group_unsubscribe", "spamreport", "bounce")
STOPS = ("STOPP", "Stop!", "ＳＴＯＰ", "sluta", "STOP 🛑", "Inga fler sms", "avmeld")


STABLE = ("identifiers", "orders", "order_lines", "consents", "consent_events", "suppressions", "points_movements")
STABLE += ("memberships", "customers")


@dataclass(frozen=True)
class Address:
    """An address as it is matched, and as a person or a system may write it."""

    folded: str
    spellings: tuple[str, ...]


def _email(number: int) -> Address:
    if number % 3 == 0:
        shown, domain = f"anna{number}@bücher{number}.example", fold_email(f"a@bücher{number}.example") or ""
        folded = f"anna{number}@{domain[2:]}"
        return Address(folded, (shown, shown.upper(), folded, folded.upper(), f" {shown} "))
    plain = f"anna{number}@shop{number}.example"
    return Address(
        plain,
        (plain, plain.upper(), plain.title(), f" {plain}\u00a0", plain.replace("@", "\u200b@"), f"<{plain}>"),
    )


def _phone(number: int) -> Address:
    digits = f"7700900{number:03d}"
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in digits)
    return Address(
        f"+44{digits}",
        (f"+44{digits}", f"0044 {digits}", f"+44\u00a07700\u00a0900{number:03d}", f"+44\u200b{wide}"),
    )


def _yes(dice: random.Random, address: Address, files: dict[str, list[str]]) -> None:
    written, kind = dice.choice(address.spellings), dice.randrange(3)
    if kind == 0:
        files["newsletter/subscribed_members_export_2025-02-01.csv"].append(
            f"{written},,,,,{JOINED},{JOINED},{JOINED},SE,"
        )
    elif kind == 1:
        files["klaviyo/klaviyo_list_2025-02-01.csv"].append(f"{written},,SUBSCRIBED,2025-01-05T09:00:00Z,,SE")
    else:
        number = len(files["shopify/customers_export_2025-02-01.csv"])
        files["shopify/customers_export_2025-02-01.csv"].append(f"{number},,,{written},yes,SE,,,,,")


def _no(dice: random.Random, address: Address) -> tuple[str, str]:
    """(the kind of file, the row)"""
    written, kind = dice.choice(address.spellings), dice.randrange(7)
    told = dice.choice([REFUSED, ""])
    if kind == 0:
        return "newsletter/unsubscribed_members_export", f"{written},,,,,{JOINED},{JOINED},{told},SE,,{told},"
    if kind == 1:
        return "newsletter/cleaned_members_export", f"{written},,,,,{JOINED},{JOINED},{told},SE,,{told},"
    stamp = told and "2025-11-07T10:00:00Z"
    if kind == 2:
        return "klaviyo/klaviyo_left", f"{written},,UNSUBSCRIBED,{stamp},,SE"
    if kind == 3:
        return "klaviyo/klaviyo_left", f"{written},,NEVER_SUBSCRIBED,,SPAM_COMPLAINT,SE"
    event = {"event": dice.choice(EVENTS), "email": written, "timestamp": 1762509600, "sg_event_id": written}
    return "sendgrid/events", json.dumps(event | {"type": "bounce"}, ensure_ascii=dice.random() < 0.5)


def _sound(row: str) -> str:
    return row


def _too_short(row: str) -> str:
    """Cells, or the end of an object, are missing; the address is not."""
    return row[:-1] if row.startswith("{") else ",".join(row.split(",")[:2])


def _too_long(row: str) -> str:
    return row + ",x,y,z"


def _quoted(row: str) -> str:
    return row.replace(",", ',"', 1)


def _of_no_time(row: str) -> str:
    return row.replace("2025-11-07", "the 7th of November").replace("1762509600", '"on Friday"')


def _with_a_strange_byte(row: str) -> str:
    return f"{row[:-1]}\udc94{row[-1:]}"  # an ö of DOS


DAMAGES: tuple[Callable[[str], str], ...] = (
    _sound,
    _sound,
    _too_short,
    _too_long,
    _quoted,
    _of_no_time,
    _with_a_strange_byte,
)
HEADERS = {
    "newsletter/unsubscribed_members_export": LEFT,
    "newsletter/cleaned_members_export": CLEANED,
    "klaviyo/klaviyo_left": PROFILES,
}


def refusals_beat_older_yeses(work: Path, samples: Path) -> str:
    """Issue 14: of 900 people who said yes and later no, in any spelling, sound or damaged, none may be written to."""
    settings, dice = settings_in(work / "refusals"), random.Random(14)
    yes: dict[str, list[str]] = {
        "newsletter/subscribed_members_export_2025-02-01.csv": [MEMBERS],
        "klaviyo/klaviyo_list_2025-02-01.csv": [PROFILES],
        "shopify/customers_export_2025-02-01.csv": [ACCOUNTS],
    }
    noes: dict[str, list[str]] = {}
    refused: dict[str, str] = {}
    for number in range(PEOPLE):
        address = _email(number)
        _yes(dice, address, yes)
        if number < CONTROLS:
            continue
        place, row = _no(dice, address)
        damage = dice.choice(DAMAGES)
        ending = "csv" if place in HEADERS else "jsonl"
        file = f"{place}_{dice.randrange(9)}_2025-12-0{dice.randrange(1, 10)}.{ending}"
        noes.setdefault(file, [HEADERS[place]] if place in HEADERS else []).append(damage(row))
        refused[address.folded] = f"{damage.__name__} in {file}: {row}"
    numbers = _stops(dice, yes, noes)
    for place, lines in (yes | noes).items():
        land(settings, place, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    cycle = cycles.Cycle(settings, NOW)
    for _, phase in cycles.PHASES:
        phase(cycle)
    query = "select address, channel from {consents} where state in ('opted_in', 'soft_opt_in')"
    allowed = {str(row["address"]) for row in published.rows(settings, query)}
    wrong = [said for address, said in (refused | numbers).items() if address in allowed]
    assert not wrong, f"{len(wrong)} may be written to: {wrong[:5]}"
    controls = [_email(number).folded in allowed for number in range(CONTROLS)]
    assert all(controls), f"{controls.count(False)} of {CONTROLS} who never said no may not be written to"
    said = f"{len(refused)} addresses and {len(numbers)} numbers said no, {CONTROLS} others may be written to"
    return f"{said}; {_numbers(settings)}"


def _stops(dice: random.Random, yes: dict[str, list[str]], noes: dict[str, list[str]]) -> dict[str, str]:
    stopped = {}
    for number in range(300):
        phone, accounts = _phone(number), yes["shopify/customers_export_2025-02-01.csv"]
        accounts.append(f"{len(accounts)},,,,,GB,,,{dice.choice(phone.spellings)},yes,")
        form = {"MessageSid": f"SM{number}", "From": dice.choice(phone.spellings), "To": "+46701740699"}
        body = {"received_at": "2025-11-07T10:00:00Z", "form": form | {"Body": dice.choice(STOPS)}}
        damage = dice.choice([_sound, _sound, _too_short, _with_a_strange_byte, _of_no_time])
        row = damage(json.dumps(body, ensure_ascii=dice.random() < 0.5))
        noes.setdefault(f"twilio/inbound_{dice.randrange(5)}_2025-12-01.jsonl", []).append(row)
        stopped[phone.folded] = f"{damage.__name__}: {row}"
    return stopped


def _numbers(settings: Settings) -> str:
    """No phone in any published table is neither valid nor reserved."""
    numbering, counted = read_numbering(DBT_PROJECT), 0
    for query in (
        "select identifier as number from {identifiers} where identifier_type = 'phone'",
        "select phone as number from {customers} where phone is not null",
        "select address as number from {consents} where channel = 'sms'",
        "select address as number from {suppressions} where channel = 'sms'",
    ):
        for row in published.rows(settings, query):
            found = numbering.phone(str(row["number"]), "")
            assert found.e164 == row["number"], f"{query}: a number is none"
            counted += 1
    return f"{counted} numbers, each valid or reserved"


def numbers_are_numbers(work: Path, samples: Path) -> str:
    """Issue 14: in the warehouse of the sample exports, no phone in any table is neither valid nor reserved."""
    return _numbers(Settings(data=sample_run(work, samples), landing=samples))


def order_of_landing_decides_nothing(work: Path, samples: Path) -> str:
    """Issue 14: eight partitions of the same exports, taken in in any order over several runs, give the same marts."""
    write_shop(work / "shop", customers=130, seed=7, days=1)
    whole = settings_in(work / "whole")
    for file in sorted(path for path in (work / "shop" / "landing").rglob("*") if path.is_file()):
        (whole.landing / file.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, whole.landing / file.parent.name / _numbered(file.name, 1))
    intake.ingest(whole, AS_OF)
    wanted = _marts(whole)
    for seed in range(PARTITIONS):
        dice, settings = random.Random(seed), settings_in(work / f"parted_{seed}")
        parts = [
            (f"{file.parent.name}/{name}", contents)
            for file in sorted(path for path in whole.landing.rglob("*") if path.is_file())
            for name, contents in _parts(dice, file)
        ]
        dice.shuffle(parts)
        runs = dice.randrange(1, 4)
        for run in range(runs):
            for place, contents in parts[run::runs]:
                land(settings, place, contents)
            intake.ingest(settings, AS_OF)
        found = _marts(settings)
        unlike = sorted(table for table, mark in wanted.items() if found[table] != mark)
        assert not unlike, f"partition {seed} made other {', '.join(unlike)}"
        shutil.rmtree(work / f"parted_{seed}")
    return f"{PARTITIONS} partitions, {len(wanted)} tables each"


def _numbered(name: str, number: int) -> str:
    """With a date, so that no part's contents tell when it came, and a number."""
    stem, ending, rest = name.partition(".")
    return f"{stem}_2025-12-10_{number}{ending}{rest}"


def _parts(dice: random.Random, file: Path) -> Iterator[tuple[str, bytes]]:
    """The file in one to four parts by its lines, numbered in their order; a unit's lines stay together."""
    ending = ENDINGS.search(file.name)
    if not ending or ending[1] not in ("csv", "jsonl") or ending[2] or dice.random() < 0.3:
        yield file.name, file.read_bytes()
        return
    lines = file.read_text("utf-8").splitlines(keepends=True)
    header, rows = (lines[:1], lines[1:]) if ending[1] == "csv" else ([], lines)
    cuts = sorted(dice.randrange(len(rows) + 1) for _ in range(dice.randrange(4)))
    cuts = [_between_units(rows, cut) for cut in cuts]
    name = file.name.replace("_2025-12-10_1", "")
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True), 1):
        if start < end:
            yield _numbered(name, number), "".join([*header, *rows[start:end]]).encode()


def _between_units(rows: list[str], cut: int) -> int:
    """The next place where the first cell, which begins a unit's key, is another one."""
    while 0 < cut < len(rows) and rows[cut].split(",")[0].split(";")[0] == rows[cut - 1].split(",")[0].split(";")[0]:
        cut += 1
    return cut


def _marts(settings: Settings) -> dict[str, str]:
    """A mark of each table's rows, whatever their order."""
    cycle = cycles.Cycle(settings, AS_OF)
    for name, phase in cycles.PHASES:
        if name not in ("reconcile", "deliver"):
            phase(cycle)
    marks = {}
    for table in STABLE:
        rows = published.rows(settings, f"select * from {{{table}}}")
        assert rows, f"{table} is empty"
        marks[table] = sha256("\n".join(sorted(str(row) for row in rows)).encode()).hexdigest()
    return marks
