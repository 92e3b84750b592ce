"""No run that ends early would have decided otherwise: 400 steps of the clock, around the moments that models tell."""

from datetime import datetime
from pathlib import Path

from stammis.core.settings import Settings
from stammis.demo import AS_OF, write_shop
from stammis.demo.days import land_day
from tests.support.clock_steps import walk

STEPS = 400


def no_early_end_decides_otherwise(work: Path, samples: Path) -> str:
    """Issue 13: of 400 steps of the clock around the moments listed, none that ended early would have decided."""
    home = work / "quiet"
    write_shop(home, customers=300, seed=7, days=60)
    settings = Settings(data=home / "data", landing=home / "landing")

    def land(number: int, moment: datetime) -> None:
        """Each day's exports, in the morning: without them sources turn stale, and no run ends early that holds."""
        if moment.hour >= 4:
            land_day(home, moment.date())

    counts = walk(settings, AS_OF, STEPS, seed=13, on_step=land)
    assert min(counts["ended early"], counts["decided"]) > STEPS / 10, counts
    return f"{STEPS} steps: {dict(sorted(counts.items()))}; none that ended early would have decided anything"


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(no_early_end_decides_otherwise(Path(folder), Path()) + "\n")
