"""How much of a processor the commands take that marketers wait for."""

import resource
import statistics
import subprocess
import sys
from pathlib import Path

from stammis.core.settings import PROJECT

CPU_SECONDS = 1.5
HEAVY = ("dbt", "great_expectations", "prefect")
COMMANDS = (["lint"], ["preview", "win_back", "--no-open"])


def lint_and_preview_start_fast(work: Path, samples: Path) -> str:
    """Issue 3: lint and preview take less than 1.5 s CPU, and import neither dbt nor Great Expectations nor Prefect."""
    said = []
    for command in COMMANDS:
        seconds = []
        for _ in range(5):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-m", "stammis", *command], cwd=PROJECT, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        median = statistics.median(seconds)
        assert median < CPU_SECONDS, f"{command[0]}: {seconds}"
        traced = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "stammis", *command],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        )
        imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in traced.stderr.splitlines()}
        assert "stammis" in imported and not imported & set(HEAVY), imported & set(HEAVY)
        said.append(f"{command[0]} {median:.2f} s ({min(seconds):.2f} to {max(seconds):.2f}, {len(seconds)} times)")
    return ", ".join(said)
