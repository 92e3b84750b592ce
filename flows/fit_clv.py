"""Fit what customers are expected to bring in the next year, and score everybody.

Deployed as `fit-clv/fit-clv`, once a week. It reads what the last run published and holds up none: the next one
reads its scores.
"""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, Failed, State

from stammis.core.errors import FitError, StammisError
from stammis.core.settings import read_existing
from stammis.customers.valuation import value_customers


@flow(flow_run_name="fit clv")
def fit_clv(data: Path | None = None) -> State:
    """Fit, score, and show the backtest as the artifact clv. A shop that is too young for it is no failure.

    Args:
        data: The data folder; empty is the worker's.
    """
    try:
        fit = value_customers(read_existing(data))
    except FitError as refusal:
        return Completed(name="Too little history", message=str(refusal))
    except StammisError as error:
        return Failed(name="Refused", message=str(error))
    figures = ("r", "alpha", "a", "b", "p", "q", "v", "history_weeks", "mean_absolute_error")
    rows = [{"figure": name, "value": f"{getattr(fit, name):.4g}"} for name in figures]
    create_table_artifact(rows, key="clv", description=str(fit))
    return Completed(message=str(fit))


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--data", type=Path)
    fit_clv(**vars(words.parse_args()), return_state=True)
