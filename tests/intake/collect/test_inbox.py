"""What lies in an inbox lands whole, once, and under its own name; whatever is not ready or not known stays."""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from stammis.core.errors import ConfigurationError, InputError
from stammis.core.settings import Settings
from stammis.intake import ingest, source_relations
from stammis.intake.collect.arrivals import land, only_collector
from stammis.intake.collect.folder import FolderInbox
from stammis.intake.collect.inbox import CollectOptions, collect, open_inbox, settings_with, summary
from stammis.intake.collect.place import Waiting
from tests.support.inbox import ANSWERS, EARLIER, MOVE, landed, two_sources
from tests.support.moments import NOW
from tests.support.processes import python


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "inbox").mkdir()
    return Settings(
        data=tmp_path / "data",
        landing=tmp_path / "landing",
        dbt_project=two_sources(tmp_path),
        inbox=str(tmp_path / "inbox"),
    )


def drop(settings: Settings, place: str, text: str = ANSWERS, modified_ns: int = EARLIER) -> Path:
    path = Path(settings.inbox) / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(modified_ns, modified_ns))
    return path


def statuses(settings: Settings, options: CollectOptions = MOVE, now: datetime = NOW) -> dict[str, str]:
    return {each.file: each.status for each in collect(FolderInbox(Path(settings.inbox)), settings, now, options)}


def test_a_file_lands_once_and_its_original_is_archived(settings: Settings) -> None:
    drop(settings, "surveys/answers_2025-12-01.csv")
    assert statuses(settings) == {"surveys/answers_2025-12-01.csv": "landed"}
    assert landed(settings) == {"surveys/answers_2025-12-01.csv": ANSWERS}
    done = Path(settings.inbox) / ".done/2025-12-10/surveys/answers_2025-12-01.csv"
    assert done.read_text() == ANSWERS
    assert statuses(settings) == {}
    report = ingest(settings, NOW)
    assert [(each.place, each.rows_loaded) for each in report.files] == [("surveys/answers_2025-12-01.csv", 1)]
    assert ("surveys", "answers") in source_relations(settings)


def test_archived_files_are_removed_after_a_week(settings: Settings) -> None:
    drop(settings, "surveys/answers.csv")
    statuses(settings)
    done = Path(settings.inbox) / ".done/2025-12-10"
    statuses(settings, now=NOW + timedelta(days=7))
    assert done.exists()
    statuses(settings, now=NOW + timedelta(days=8))
    assert not done.exists()


def test_an_original_may_stay_and_is_not_fetched_again(settings: Settings) -> None:
    original = drop(settings, "surveys/answers.csv")
    leave = CollectOptions(leave=True)
    assert statuses(settings, leave) == {"surveys/answers.csv": "landed"}
    assert statuses(settings, leave) == {"surveys/answers.csv": "landed before"}
    assert original.exists() and not (original.parents[1] / ".done").exists()


def test_other_bytes_under_a_name_that_has_landed_get_a_number(settings: Settings) -> None:
    for number, text in enumerate(["one", "two", "two", "three", "one"]):
        drop(settings, "surveys/answers_2025-12-01.csv.gz", text, EARLIER + number)
        statuses(settings)
    assert landed(settings) == {
        "surveys/answers_2025-12-01.csv.gz": "one",
        "surveys/answers_2025-12-01_002.csv.gz": "two",
        "surveys/answers_2025-12-01_003.csv.gz": "three",
    }


@pytest.mark.parametrize("name", ["answers.csv.part", "answers.csv.filepart", "answers.csv"])
def test_a_file_that_is_still_being_written_stays(settings: Settings, name: str) -> None:
    moment = EARLIER if name != "answers.csv" else EARLIER + 3_590_000_000_000  # ten seconds ago
    original = drop(settings, f"surveys/{name}", modified_ns=moment)
    assert statuses(settings) == {f"surveys/{name}": "still being written"}
    assert original.exists() and landed(settings) == {}


def test_a_file_that_grows_while_it_is_read_stays(settings: Settings) -> None:
    original = drop(settings, "surveys/answers.csv")

    class Growing(FolderInbox):
        def read(self, file: Waiting) -> Iterator[bytes]:
            yield from super().read(file)
            with original.open("a") as more:
                more.write("nps,recommend,,3,c@b.example,2025-12-01T10:00:00Z\n")

    inbox = Growing(Path(settings.inbox))
    assert [each.status for each in collect(inbox, settings, NOW)] == ["still being written"]
    assert original.exists() and landed(settings) == {}
    assert list((settings.landing / "surveys").glob("answers*")) == []


def test_a_version_that_comes_after_the_reading_is_not_lost(settings: Settings) -> None:
    original = drop(settings, "surveys/answers.csv", "old")

    class Overtaken(FolderInbox):
        def archive(self, file: Waiting, day: date) -> None:
            original.write_text("newer")
            super().archive(file, day)

    collect(Overtaken(Path(settings.inbox)), settings, NOW)
    assert original.read_text() == "newer"
    os.utime(original, ns=(EARLIER, EARLIER))
    statuses(settings)
    assert landed(settings) == {"surveys/answers.csv": "old", "surveys/answers_002.csv": "newer"}


def test_what_nobody_expects_is_named_and_stays(settings: Settings) -> None:
    drop(settings, "answers.csv")
    drop(settings, "survey/answers.csv")
    drop(settings, "surveys/replies.csv")
    drop(settings, "surveys/answers.xlsx")
    (Path(settings.inbox) / "surveys/answers_link.csv").symlink_to("/etc/hostname")
    found = collect(FolderInbox(Path(settings.inbox)), settings, NOW)
    assert {each.status for each in found} == {"unknown"}
    notes = {each.file: each.note for each in found}
    assert notes["answers.csv"] == "move it into its source's folder"
    assert notes["survey/answers.csv"] == "no such source is declared, only surveys, zendesk"
    assert notes["surveys/replies.csv"] == "no table has files of this name; expected surveys/answers*"
    assert notes["surveys/answers.xlsx"] == "expected .csv, .json, .jsonl or .parquet, each maybe with .gz"
    assert len(notes) == 4 and landed(settings) == {}
    assert "nothing new; answers.csv: unknown, move it" in summary(found)


def test_one_collector_at_a_time(settings: Settings) -> None:
    drop(settings, "surveys/answers.csv")
    with only_collector(settings.landing), pytest.raises(InputError, match="another collector is at work"):
        statuses(settings)


def test_an_inbox_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    elsewhere = settings_with(settings, f" {tmp_path}/nowhere ")
    with open_inbox(elsewhere) as inbox, pytest.raises(InputError, match="nowhere: there is no such inbox"):
        collect(inbox, elsewhere, NOW)
    assert settings == settings_with(settings, " ")


def test_a_parameter_is_looked_at_like_a_setting(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="inbox begins with ftp://") as caught:
        settings_with(settings, "ftp://u:secret@host/in")
    assert "secret" not in str(caught.value)


def test_what_the_disk_does_not_allow_is_said_with_the_file(settings: Settings) -> None:
    drop(settings, "surveys/answers.csv")
    (Path(settings.inbox) / ".done").touch()
    with pytest.raises(InputError, match=r"\.done.*: Not a directory\. Mend that and collect again"):
        statuses(settings)
    assert landed(settings) == {"surveys/answers.csv": ANSWERS}


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
from stammis.core.settings import Settings
from stammis.intake.collect import inbox

folder, point = Path(sys.argv[1]), int(sys.argv[2])
calls = [0]

def dying(real):
    def call(*arguments, **named):
        calls[0] += 1
        if calls[0] == point:
            os._exit(9)
        return real(*arguments, **named)
    return call

for name in ("open", "mkdir", "fsync", "utime", "link", "unlink", "rename", "replace", "close"):
    setattr(os, name, dying(getattr(os, name)))
settings = Settings(data=folder / "data", landing=folder / "landing", dbt_project=folder / "dbt")
inbox.collect(inbox.FolderInbox(folder / "inbox"), settings, datetime(2025, 12, 10, 10))
print("through after", calls[0])
"""


def test_killed_at_any_point_and_run_again_it_has_landed_once(settings: Settings, tmp_path: Path) -> None:
    """Dies at each call to the system in turn, and the next run ends as one that was never killed."""
    expected = {"surveys/answers.csv": "old", "surveys/answers_002.csv": ANSWERS, "zendesk/users.csv": "id\n"}
    for point in range(1, 60):
        for path in sorted(settings.landing.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        with only_collector(settings.landing):
            land(settings.landing, "surveys", "answers.csv", [b"old"])
        drop(settings, "surveys/answers.csv")
        drop(settings, "zendesk/users.csv", "id\n")
        ran = python("-c", KILLED, tmp_path, point)
        seen = {name: text for name, text in landed(settings).items() if not name.rpartition("/")[2].startswith(".")}
        assert seen.items() <= expected.items(), point
        statuses(settings)
        assert landed(settings) == expected, point
        if ran.returncode == 0:
            assert "through after" in ran.stdout
            assert point > 15
            return
        assert (ran.returncode, ran.stderr) == (9, ""), point
    pytest.fail("it never got through")
