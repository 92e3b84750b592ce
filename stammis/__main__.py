"""`python -m stammis`: the same as the `stammis` command."""

from stammis.commands import app

app()
