"""Forget one person everywhere, from a form that takes a customer id and nothing else.

Deployed as `erase/erase`. Prefect keeps what is typed: an address is refused. Safe to run again; what was asked
for and interrupted, the next run of send-due finishes.
"""

from pathlib import Path
from typing import Annotated

from prefect import flow
from prefect.states import Completed, Failed, State
from pydantic import Field

from stammis.core.errors import StammisError
from stammis.core.settings import read_existing
from stammis.privacy import erasure
from stammis.warehouse import build_lock

CustomerId = Annotated[str, Field(pattern=r"^\s*[0-9a-f]{20}\s*$")]
PATIENCE_SECONDS = 1800  # longer than a tick takes


@flow(flow_run_name="erase {customer_id}")
def erase(customer_id: CustomerId, data: str = "") -> State:
    """Contact data goes from every store, orders and sums stay without the person. It cannot be undone.

    Args:
        customer_id: As `stammis customer ADDRESS` tells it. An address is refused: what is typed here is kept.
        data: The data folder; empty is the worker's.
    """
    settings = read_existing(Path(data.strip()) if data.strip() else None)
    try:
        with build_lock(settings, PATIENCE_SECONDS):
            finished = {request.person.customer_id for request in erasure.finish_open(settings)}
            if customer_id.strip() in finished:
                return Completed(name="Erased", message=f"{customer_id.strip()}: finished what was interrupted")
            return Completed(name="Erased", message=erasure.summary(erasure.erase(settings, customer_id.strip())))
    except StammisError as error:
        return Failed(name="Refused", message=str(error))
