"""Collect: fetch exports from an inbox, a folder or an SFTP server, into the landing folder.

Deployed as `land-files/land-files`. Each file comes whole or not at all, and never over another; a run that was killed
is simply run again. It is the collector to learn from: list, fetch, hand over to `arrivals.land`.
"""

from collections.abc import Sequence
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, Failed, State

from stammis.core.clock import utc_now
from stammis.core.errors import StammisError
from stammis.core.settings import read_settings
from stammis.intake.collect import inbox as inboxes


@flow(flow_run_name="land files")
def land_files(inbox: str = "", leave: bool = False, quiet_seconds: int = 60, data: str = "") -> State:
    """Land what is ready. What was not fetched stays where it is and is named in the artifact `landed-files`.

    Args:
        inbox: A folder, or sftp://user@host/path; empty is the worker's STAMMIS_INBOX.
        leave: Leave the originals where they are, as on a server where we may only read; else they go to .done.
        quiet_seconds: For how long a file must not have changed to count as wholly written.
        data: The data folder; empty is the worker's.
    """
    now = utc_now()
    try:
        settings = inboxes.settings_with(read_settings(Path(data) if data.strip() else None), inbox)
        with inboxes.open_inbox(settings) as place:
            files = inboxes.collect(
                place, settings, now, inboxes.CollectOptions(leave=leave, quiet_seconds=quiet_seconds)
            )
    except StammisError as error:
        return Failed(name="Refused", message=str(error))
    if rows := rows_of(files, leave):
        create_table_artifact(rows, key="landed-files", description="What lay in the inbox, and what became of it")
    return ending_of(files)


def rows_of(files: Sequence[inboxes.Collected], leave: bool) -> list[dict[str, str | int]]:
    """The artifact's rows; a file that stays in the inbox on purpose is listed once."""
    return [
        {"file": each.file, "source": each.source, "bytes": each.bytes, "became": each.status, "note": each.note}
        for each in files
        if not (leave and each.status == inboxes.KNOWN)
    ]


def ending_of(files: Sequence[inboxes.Collected]) -> State:
    """Red where somebody must look: a file that no source expects stays until it has another name."""
    said = inboxes.summary(files)
    if any(file.status == inboxes.UNKNOWN for file in files):
        return Failed(name="Left behind", message=said)
    return Completed(message=said)


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--inbox", default="")
    words.add_argument("--leave", action="store_true")
    words.add_argument("--quiet-seconds", type=int, default=60)
    words.add_argument("--data", default="")
    land_files(**vars(words.parse_args()), return_state=True)
