"""A file is there whole or not at all, and what a kill leaves is nobody's file."""

import os
from pathlib import Path

import pytest

from stammis.core.files import remove_unfinished, unfinished_of, whole_file, whole_folder, write_whole


def test_a_file_is_replaced_only_when_it_is_finished(tmp_path: Path) -> None:
    target = tmp_path / "new" / "report.json"
    write_whole(target, "old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as unfinished:
        unfinished.write_text("half")
        assert target.read_text() == "old"
        raise ZeroDivisionError
    assert [path.name for path in target.parent.iterdir()] == ["report.json"]
    assert target.read_text() == "old"
    write_whole(target, "å")
    assert target.read_bytes() == "å".encode()


def test_two_who_write_the_same_file_do_not_write_into_each_other(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    with whole_file(target, "1") as first, whole_file(target, "2") as second:
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first", "the last to end wins"


def test_what_killed_owners_left_of_a_text_goes_with_the_next(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    left, at_work, other = (tmp_path / f".{name}.unfinished" for name in ("page.html.1", "page.html.2", "other.html.1"))
    for path in (left, at_work, other):
        path.touch()
    for path in (left, other):
        os.utime(path, (0, 0))
    write_whole(target, "last", "3")
    assert sorted(tmp_path.iterdir()) == sorted([target, at_work, other])


def test_a_folder_appears_at_once_with_all_its_files(tmp_path: Path) -> None:
    target = tmp_path / "run-1"
    unfinished_of(target).mkdir()
    (unfinished_of(target) / "left by a kill").touch()
    with whole_folder(target) as folder:
        (folder / "table").write_text("rows")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["table"]


def test_what_a_kill_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    left = [".a.csv.unfinished", ".a.csv.77.unfinished", ".run-1.part", "2025-12.unfinished", "deep/.b.erasing"]
    kept = ["a.csv", "upload.part", ".hidden", "unfinished", "deep/.unfinished/message.eml"]
    for name in (*left, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_unfinished(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == sorted(
        kept
    )
    remove_unfinished(tmp_path, ".part")
    assert not (tmp_path / "upload.part").exists()
