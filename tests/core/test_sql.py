"""A folder may have any name: what is read from it is what was written there, and has the same columns."""

from pathlib import Path

import duckdb
import pytest

from stammis.core import sql

NAMES = ["plain", "it's [mine]", "a*b?", "shop=lindvall", "[a-z]", 'say "hej"', "{run}", "semi;colon -- x", "åäö", "%s"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_read_back_from_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with duckdb.connect() as database:
        database.execute(sql.copy_to("select 1 as number", folder / "one.parquet"))
        database.execute(sql.copy_to("select 2 as number, 'x' as more", folder / "two.parquet"))
        for rows in (sql.parquet(folder / "one.parquet"), sql.parquet_in(folder, "one*.parquet")):
            assert database.execute(f"from {rows}").fetchall() == [(1,)]
        both = sql.parquet_by_name([folder / "one.parquet", folder / "two.parquet"])
        assert database.execute(f"from {both} order by number").fetchall() == [(1, None), (2, "x")]
        assert database.execute(f"select {sql.literal(name)} as {sql.name(name)}").fetchall() == [(name,)]


def test_a_pattern_in_a_name_reads_no_neighbour(tmp_path: Path) -> None:
    with duckdb.connect() as database:
        for number, name in enumerate(["[ab]", "a", "b"]):
            (tmp_path / name).mkdir()
            database.execute(sql.copy_to(f"select {number} as number", tmp_path / name / "rows.parquet"))
        assert database.execute(f"from {sql.parquet_in(tmp_path / '[ab]')}").fetchall() == [(0,)]
