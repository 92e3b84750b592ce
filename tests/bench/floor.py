# ruff: noqa: T201
"""The floor's side of the bench, in a process of its own: floor.sql on a landing folder of Parquet.

    python -m tests.bench.floor LANDING WAREHOUSE

Prints one JSON object: CPU seconds per statement that makes a table.
"""

import json
import re
import sys
from pathlib import Path

import duckdb

from stammis.core.settings import PROJECT, Settings
from tests.bench.rebuild import cpu_seconds
from tests.bench.workload import AS_OF


def main() -> None:
    landing, target = Path(sys.argv[1]), Path(sys.argv[2])
    salt = Settings(data=target.parent, landing=landing).derived_key("ids")
    seconds = {}
    with duckdb.connect(str(target)) as database:
        database.execute("set memory_limit = '1500MB'; set TimeZone = 'UTC'; set enable_progress_bar = false")
        database.execute("set preserve_insertion_order = false")
        database.execute(f"set variable landing = '{landing}'; set variable as_of = timestamp '{AS_OF}'")
        database.execute(f"set variable seeds = '{PROJECT / 'dbt_project' / 'seeds'}'; set variable salt = '{salt}'")
        for statement in database.extract_statements(Path(__file__).with_suffix(".sql").read_text()):
            before = cpu_seconds()
            database.execute(statement)
            if found := re.search(r"create (?:temp )?table (\w+)", statement.query):
                seconds[found.group(1)] = cpu_seconds() - before
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
