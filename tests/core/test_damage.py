"""A damaged file of the data folder is named, with what can be done about it."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from stammis.core import damage
from stammis.core.damage import DamagedFile, damage_behind, named_damage, read_json
from stammis.core.errors import StammisError
from stammis.core.sql import copy_to, parquet

FROM_BACKUP = "put it back from a backup"
READ_AGAIN = "its export is read again"


def _overwrite(path: Path, start: int) -> None:
    """Write zeros over the rest of a file, its last 500 bytes left out: the footer can still be read."""
    content = path.read_bytes()
    path.write_bytes(content[:start] + bytes(len(content) - start - 500) + content[-500:])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "junk": lambda path: path.write_text("junk\n"),
    "empty": lambda path: path.write_bytes(b""),
    "longer junk": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-200]),
    "pages overwritten": lambda path: _overwrite(path, 100),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "it's a=[shop]"
    for place in ("registry/one.parquet", "registry/two.parquet", "intake/pos/members/ab.parquet"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        duckdb.execute(copy_to("select range as id, hash(range) as name from range(20000)", folder / place))
    return folder


def read(path: Path) -> None:
    duckdb.execute(f"from {parquet(path)}").fetchall()


@pytest.mark.parametrize("damage_it", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize(
    ("place", "remedy"), [("registry/two.parquet", FROM_BACKUP), ("intake/pos/members/ab.parquet", READ_AGAIN)]
)
def test_damaged_parquet_is_named_with_its_remedy(
    data: Path, damage_it: Callable[[Path], object], place: str, remedy: str
) -> None:
    damage_it(data / place)
    with pytest.raises(DamagedFile) as caught, named_damage(data, duckdb.Error):
        read(data / place)
    said = str(caught.value)
    assert said.startswith(f"{data / place} is damaged. ") and remedy in said and "\n" not in said


def test_missing_parquet_is_said_to_be_missing(data: Path) -> None:
    (data / "intake/pos/members/ab.parquet").unlink()
    with pytest.raises(DamagedFile) as caught, named_damage(data, duckdb.Error):
        read(data / "intake/pos/members/ab.parquet")
    assert "ab.parquet is missing. Run again: its export is read again" in str(caught.value)


def test_error_that_no_damaged_file_explains_stays_itself(data: Path) -> None:
    (data / "intake" / ".scratch").mkdir()
    (data / "intake" / ".scratch" / "unfinished.parquet").write_text("being written")
    with pytest.raises(duckdb.BinderException), named_damage(data, duckdb.Error):
        duckdb.execute(f"select nothing_of_this_name from {parquet(data / 'registry/one.parquet')}")
    with pytest.raises(StammisError, match="mend it"), named_damage(data, duckdb.Error):
        raise StammisError("mend it")


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("Runtime Error in model orders (models/orders.sql) Out of buffer", "registry/two.parquet"),
        ("Runtime Error in test not_null don't know what type: ", "registry/two.parquet"),
        ("Runtime Error in model orders Corrupt database file: computed checksum 1 does not match", "warehouse.duckdb"),
        ("Runtime Error in model orders Binder Error: Referenced column x not found", None),
        ("Runtime Error in model orders Conversion Error: Could not convert string 'anna'", None),
        ("Compilation Error in model orders: 'macro' is undefined", None),
        ("This model has an enforced contract that failed.", None),
    ],
)
def test_error_of_a_build_names_the_damaged_file_behind_it(data: Path, message: str, place: str | None) -> None:
    _overwrite(data / "registry/two.parquet", 100)
    behind = damage_behind(data, [message])
    assert behind.get(message, "").startswith(f"{data / place} is damaged. ") if place else behind == {}


def test_error_of_a_build_on_sound_files_stays_itself(data: Path) -> None:
    assert damage_behind(data, ["Runtime Error in model orders Out of buffer"]) == {}


@pytest.mark.parametrize(
    ("place", "remedy"),
    [
        ("dbt/vars.json", "Remove it and run again"),
        ("quarantine/not_read.json", READ_AGAIN),
        ("erasures/0123.json", "ask again: stammis erase"),
        ("alerts_raised.json", "alerted once more"),
    ],
)
@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"garbage\n"])
def test_damaged_json_is_named_with_its_remedy(tmp_path: Path, place: str, remedy: str, content: bytes) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_bytes(content)
    with pytest.raises(DamagedFile) as caught:
        read_json(tmp_path, place)
    assert str(caught.value).startswith(f"{tmp_path / place} is damaged. ") and remedy in str(caught.value)


def test_sound_json_is_read(tmp_path: Path) -> None:
    (tmp_path / "vars.json").write_text(json.dumps({"ö": 1}))
    assert read_json(tmp_path, "vars.json") == {"ö": 1}


@pytest.mark.parametrize(
    ("place", "remedy"),
    [
        ("ledger.sqlite", FROM_BACKUP),
        ("segments/20251210T090000Z-1.parquet", FROM_BACKUP),
        ("warehouse.duckdb", "built anew from the rest"),
        ("warehouse.duckdb.wal", "built anew from the rest"),
        ("intake/manifest.jsonl", "Remove the folder intake and run again"),
        ("published/20251210T090000Z-1/customers.parquet", "Remove it and run again"),
        ("ledger_export/messages/changes/2025-12.parquet", "Remove it and run again"),
        ("valuations/fit-20251210T090000Z.parquet", "a fit that was never made"),
        ("dbt_try/warehouse.duckdb", "stammis dbt --fresh"),
        ("something/else", FROM_BACKUP),
    ],
)
def test_remedy_follows_from_the_place(tmp_path: Path, place: str, remedy: str) -> None:
    assert remedy in str(DamagedFile(tmp_path, place))


def test_every_place_that_cannot_be_built_again_is_one_to_back_up() -> None:
    page = (Path(damage.__file__).parents[2] / "docs" / "operators.md").read_text()
    rows = [row.split(" | ") for row in page.split("| back it up |")[1].split("\n\n")[0].splitlines()[2:]]
    backed_up = {row[0].strip("| ").rstrip("/") for row in rows if row[2].startswith("yes")}
    kept = {
        pattern.split("/")[0].rstrip("*") for pattern, words in damage.REMEDIES.items() if words == damage.FROM_BACKUP
    }
    assert kept == backed_up - {"landing", "erasures"}, "exports are intake's affair, an erasure can be asked for again"
