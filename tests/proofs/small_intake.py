"""Whatever lands, intake holds less than 300 MB in memory."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from stammis.core.settings import Settings
from stammis.intake import ingest
from tests.support.landing import RECEIPTS, event, land, receipt, sms
from tests.support.moments import NOW

LIMIT = 300  # MB, of the whole process
SIZE = 200_000_000  # characters
GIGABYTES = 2
PEOPLE = 500_000
COLUMNS = 50_000
MEMBERS = "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country\n"


def _filled(part: str) -> Iterator[str]:
    for _ in range(SIZE // len(part)):
        yield part


def _receipts(path: Path) -> None:
    block = "".join(map(receipt, range(10_000)))
    with path.open("w") as file:
        file.writelines([RECEIPTS, *_filled(block)])


def _receipts_over_two_lines(path: Path) -> None:
    block = "".join(receipt(number, '"TWO\nLINES"' if number % 100 == 0 else "VASE") for number in range(10_000))
    with path.open("w") as file:
        file.writelines([RECEIPTS, *_filled(block)])


def _line_of_ten_megabytes(path: Path) -> None:
    path.write_text(RECEIPTS + receipt(2) + "x" * 10_000_000 + "\n" + receipt(3))


def _five_million_cells(path: Path) -> None:
    path.write_text(RECEIPTS + receipt(2) + "," * 5_000_000 + "\n" + receipt(3))


def _gzip_of(character: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with gzip.open(path, "wb", compresslevel=1) as file:
            for _ in range(GIGABYTES * 1024):
                file.write(character * (1 << 20))

    return write


def _orders(path: Path) -> None:
    order = json.dumps({"id": 1, "name": "#1", "note": "x" * 5000, "line_items": [{"id": n} for n in range(50)]})
    with path.open("w") as file:
        file.write('{"orders": [')
        file.writelines(part + "," for part in _filled(order))
        file.write(order + "]}")


def _events(path: Path) -> None:
    text = event(1, text="y" * 500).strip()
    with path.open("w") as file:
        file.write("[")
        file.writelines(part + "," for part in _filled(text))
        file.write(text + "]")


def _members(phone: str, email: str) -> Callable[[Path], None]:
    """Members of which each has another number or address; a %d in either is filled."""

    def write(path: Path) -> None:
        with path.open("w") as file:
            file.write(MEMBERS)
            row = f"L%d,Alva,Ek,,{phone},{email},,,,01.02.2025,SE\n"
            file.writelines(row % ((number,) * row.count("%")) for number in range(PEOPLE))

    return write


def _replies(path: Path) -> None:
    with path.open("w") as file:
        file.writelines(sms(number, Body=f"Hej, order {number} ?") for number in range(PEOPLE))


def _wide_header(path: Path) -> None:
    with path.open("w") as file:
        for cells in ("x" for _ in range(COLUMNS)), ("1" for _ in range(COLUMNS)):
            file.write(RECEIPTS.strip() + "," + ",".join(cells) + "\n")


def _wide_parquet(path: Path) -> None:
    cells = ", ".join(f"{number} as column_{number}" for number in range(COLUMNS // 5))
    with closing(duckdb.connect()) as database:
        database.execute(f"copy (select {cells}) to '{path}' (format parquet)")


def _long_rows(path: Path) -> None:
    with path.open("w") as file:
        file.writelines(event(number, text="y" * 900_000) for number in range(200))


def _many_keys(path: Path) -> None:
    keys = {f"key_{number}": number for number in range(COLUMNS)}
    with path.open("w") as file:
        file.writelines(event(number, **keys) for number in range(100))


def _many_keys_none_known(path: Path) -> None:
    row = json.dumps({f"key_{number}": number for number in range(COLUMNS)})
    with path.open("w") as file:
        file.writelines(f"{row}\n" for _ in range(100))


FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "200 MB of CSV": ("pos/receipts_2.csv", _receipts),
    "200 MB of CSV with cells over two lines": ("pos/receipts_2.csv", _receipts_over_two_lines),
    "a line of 10 MB": ("pos/receipts_2.csv", _line_of_ten_megabytes),
    "5 million cells on a line": ("pos/receipts_2.csv", _five_million_cells),
    "2 GB of zeros in a gzip": ("pos/receipts_2.csv.gz", _gzip_of(b"\0")),
    "2 GB of one letter in a gzip": ("pos/receipts_2.csv.gz", _gzip_of(b"a")),
    "200 MB of orders in one document": ("shopify/orders_2.json", _orders),
    "200 MB of events in an array": ("sendgrid/events_2.json", _events),
    "500,000 phone numbers": ("pos/members_2.csv", _members("07%08d", "")),
    "500,000 addresses of domains outside ASCII": ("pos/members_2.csv", _members("", "alva@blåbär%d.example")),
    "500,000 replies": ("twilio/inbound_2.jsonl", _replies),
    "a header of 50,000 columns": ("pos/receipts_2.csv", _wide_header),
    "Parquet of 10,000 columns": ("pos/receipts_2.parquet", _wide_parquet),
    "200 rows of 900 kB": ("sendgrid/events_2.jsonl", _long_rows),
    "objects of 50,000 keys": ("sendgrid/events_2.jsonl", _many_keys),
    "objects of 50,000 keys, none of them known": ("sendgrid/events_2.jsonl", _many_keys_none_known),
}


def intake_stays_small(work: Path, samples: Path) -> str:
    """Issue 14: a 200 MB file, a 10 MB line, a gzip of 2 GB of zeros: intake takes less than 300 MB."""
    found = []
    for number, (name, (place, write)) in enumerate(FILES.items()):
        settings = Settings(data=work / f"small_{number}" / "data", landing=work / f"small_{number}" / "landing")
        land(settings, "pos/receipts_1.csv", RECEIPTS + receipt(1))
        path = settings.landing / place
        path.parent.mkdir(exist_ok=True)
        write(path)
        command = [sys.executable, "-m", "tests.proofs.small_intake", str(settings.data), str(settings.landing)]
        megabytes = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        path.unlink()
        assert megabytes < LIMIT, f"{name} took {megabytes} MB"
        found.append(f"{name}: {megabytes} MB")
    return "; ".join(found)


if __name__ == "__main__":
    report = ingest(Settings(data=Path(sys.argv[1]), landing=Path(sys.argv[2])), NOW)
    assert any(entry.place == "pos/receipts_1.csv" for entry in report.files), "the good file beside it was not read"
    # not of getrusage, whose peak begins with that of the process which started this one
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    sys.stdout.write(str(int(peak) // 1024))
