"""The command line's console: what it prints is text and never markup, so a name such as `[/x]` stays a name.

Style comes as rich's `Text`, or as `style=` for a whole line.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def open_console() -> "Console":
    """A console that folds no line, so that what it prints can be searched and copied; tables do fold."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def bold(heading: str, rest: str = "") -> "Text":
    """A line that begins in bold."""
    from rich.text import Text

    return Text.assemble((heading, "bold"), rest)
