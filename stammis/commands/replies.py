"""`stammis replies`: words that may be a no and wait for a person, and the answer."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

Word = Annotated[str | None, typer.Argument(help="As the list has it. Default: list them.")]
Means = Annotated[str | None, typer.Option(help="What the word means: stop or keep.")]
By = Annotated[str | None, typer.Option(help="Who says so; it is kept. Default: your user name.")]
Data = Annotated[Path | None, typer.Option(help="The runs' data folder. Default: data/.")]
UNREAD = "select * from {unread_words} order by said_at nulls first, word_id, address"


def register(app: typer.Typer) -> None:
    app.command("replies")(replies)


def replies(word: Word = None, means: Means = None, by: By = None, data: Data = None) -> None:
    """List words that may be a no, or answer one. Until then its address gets no marketing.

    They are replies that could mean either, damaged rows, and files that could not be read. They are personal data:
    look, but do not log.
    """
    from stammis.core.errors import StammisError
    from stammis.core.settings import read_existing
    from stammis.ledger import open_ledger
    from stammis.warehouse import published

    settings = read_existing(data)
    unread = published.rows(settings, UNREAD) if published.has_table(settings, "unread_words") else []
    if word is None:
        for each in unread:
            whose = each["address"] or f"every address by {each['channel']}"
            when = f"{each['said_at']:%Y-%m-%d %H:%M}" if each["said_at"] else "without a date"
            text = " ".join((each["text"] or "not readable: see stammis quarantine").split())
            typer.echo(f"  {each['word_id']}  {whose}, {when}: {text}")
        counted = "1 word may be a no and waits" if len(unread) == 1 else f"{len(unread)} words may be a no and wait"
        typer.echo(
            f"{counted} for a person. Answer: stammis replies WORD --means stop, or keep"
            if unread
            else "No word waits."
        )
        return
    if word not in {each["word_id"] for each in unread}:
        raise StammisError(f"no word {word!r} waits: `stammis replies` lists those that do.")
    if means not in ("stop", "keep"):
        raise StammisError("say --means stop, or --means keep; a wrong keep writes to somebody who said no.")
    if means == "stop" and not any(each["address"] for each in unread if each["word_id"] == word):
        raise StammisError("a whole file is nobody's no: land it so that it can be read, or say --means keep.")
    with open_ledger(settings) as ledger:
        ledger.answer(word, means, by or getpass.getuser())
    after = "its address gets no more marketing" if means == "stop" else "its address may get marketing again"
    typer.echo(f"Answered: from the next run on {after}.")
