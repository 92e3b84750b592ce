"""`make bench`: what work costs, as ratios within one run.

    python -m tests.bench unify [--size S|M] [--rounds N] [--work DIR] [--profile]
    python -m tests.bench tick [--customers N] [--rounds N] [--work DIR]

Exits 1 when a goal is missed. Workloads are made once and kept in --work (S 0.1 GB, M 1 GB and 8 GB while it runs).
"""

import argparse
from pathlib import Path

from stammis.core.settings import PROJECT
from tests.bench import tick, unify


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("bench", choices=["unify", "tick"])
    words.add_argument("--size", choices=["S", "M"], default="S", help="S: 10k customers; M: a million")
    words.add_argument("--customers", type=int, default=2_000, help="of tick's shop; default 2,000")
    words.add_argument("--rounds", type=int, help="how often, interleaved; default 5 at S, 1 at M, 3 of tick")
    words.add_argument("--work", type=Path, default=PROJECT / "data" / "bench", help="default: data/bench")
    words.add_argument("--profile", action="store_true", help="instead: each node's CPU seconds")
    asked = words.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    work = asked.work.resolve()
    if asked.bench == "tick":
        return tick.run(asked.customers, asked.rounds, work)
    return unify.profile(asked.size, work) if asked.profile else unify.run(asked.size, asked.rounds, work)


if __name__ == "__main__":
    raise SystemExit(main())
