"""`stammis identity`: who became one person and who parted since the last run, and which keys join nobody."""

from pathlib import Path
from typing import Annotated, Any

import typer

# change → (title, what is said where there is none); in this order
SECTIONS = {
    "merged": ("Became one person in this run", "nobody"),
    "split": ("Parted in this run", "nobody"),
    "merge by hand": ("Held together by hand", "nobody"),
    "split by hand": ("Held apart by hand", "nobody"),
    "not found": ("Decided by hand, but nobody has the identifier", "none"),
    "key shared": ("Keys that join nobody, because too many share them", "none"),
}


def register(app: typer.Typer) -> None:
    app.command("identity")(show_identity)


def show_identity(
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Lines to show of each kind.")] = 20,
) -> None:
    """Show who was merged, who parted, and which keys are shared by too many. Personal data: look, but do not log."""
    from stammis.commands.console import bold, open_console
    from stammis.core.errors import StammisError
    from stammis.core.settings import read_existing
    from stammis.warehouse import published

    console, settings = open_console(), read_existing(data)
    run_id = published.current_run(settings)
    if not published.has_table(settings, "identity_changes"):
        raise StammisError(f"{run_id} was published without identity_changes. Run `stammis run` once more.")
    query = "select * from {identity_changes} order by change, record_count desc, detail"
    changes = published.rows(settings, query)
    console.print(bold(run_id))
    for change, (title, otherwise) in SECTIONS.items():
        found = [row for row in changes if row["change"].rpartition(", ")[2] == change]
        console.print()
        console.print(bold(title, f": {len(found):,}" if found else ""))
        for row in found[:limit]:
            console.print(f"  {_change(row)}")
        if len(found) > limit:
            console.print(f"  and {len(found) - limit:,} more: --limit {len(found)}")
        if not found:
            console.print(f"  {otherwise}")
    console.print(f"\nWho somebody is and why: stammis customer ID {settings.data_option}")


def _change(row: dict[str, Any]) -> str:
    if row["change"] == "merged":
        return f"{row['customer_id']}, who was also {row['other_customer_id']}: {row['detail']}"
    if row["change"] == "split":
        return f"{row['customer_id']} out of {row['other_customer_id']}: {row['detail']}"
    if row["change"] == "key shared":
        return f"{row['detail']} on {row['record_count']:,} records"
    ids = " and ".join(sorted({row["customer_id"], row["other_customer_id"]} - {None}))
    return f"{row['detail']}" + (f": {ids}" if ids else "")
