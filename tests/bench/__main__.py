"""`make bench`: what work costs, as ratios within one run.

    python -m tests.bench unify [--size S|M] [--rounds N] [--work DIR] [--profile]

Exits 1 when a goal is missed. Workloads are made once and kept in --work (S 0.1 GB, M 1 GB and 8 GB while it runs).
"""

import argparse
from pathlib import Path

from stammis.core.settings import PROJECT
from tests.bench import unify


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("bench", choices=["unify"])
    words.add_argument("--size", choices=["S", "M"], default="S", help="S: 10k customers; M: a million")
    words.add_argument("--rounds", type=int, help="how often, interleaved; default 5 at S, 1 at M")
    words.add_argument("--work", type=Path, default=PROJECT / "data" / "bench", help="default: data/bench")
    words.add_argument("--profile", action="store_true", help="instead: each dbt node's CPU seconds, one at a time")
    asked = words.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    work = asked.work.resolve()
    return unify.profile(asked.size, work) if asked.profile else unify.run(asked.size, asked.rounds, work)


if __name__ == "__main__":
    raise SystemExit(main())
