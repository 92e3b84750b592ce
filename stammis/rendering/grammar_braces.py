"""Explains, in the words of those who write templates, why Jinja cannot read one.

Jinja says "unexpected end of template", at the end. People want to know which `{% if ... %}` is not closed,
and they look for it where it begins. Called only after Jinja has failed.
"""

import re
import textwrap
from collections.abc import Iterator
from difflib import get_close_matches

from jinja2 import Environment, TemplateSyntaxError

from stammis.rendering.markup import JINJA_TOKEN, STATEMENT
from stammis.rendering.wording import WORDS

CLOSERS = {"if": "endif", "block": "endblock", "macro": "endmacro"}
OPENERS = {closer: opener for opener, closer in CLOSERS.items()}
STATEMENTS = (*CLOSERS, *OPENERS, "elif", "else", "extends", "include", "from")
FOREIGN = ("for", "set", "with", "call", "filter", "import", "autoescape")  # Jinja's, but not for templates
LEFT_ALONE = frozenset(("raw", "endraw", *(f"end{word}" for word in FOREIGN)))
USUAL_SLIPS = {"elseif": "elif", "end": "endif"}
BRACES = re.compile(r"\{#.*?#\}|\{\{|\{%|\{#|\}\}|%\}", re.DOTALL)
CLOSING_BRACES = {"{{": "}}", "{%": "%}", "{#": "#}"}
ALONE = re.compile(r"\s*\{%[^{}]*%\}\s*")
STATEMENT_AS_WORD = re.compile(rf"\{{\{{\s*(?:{'|'.join(STATEMENTS)})\b")
NO_NUMBER = "a number here is none: write it without zeros before it, and with fewer digits"
# What Jinja says of a piece it cannot read, and what we say.
CAUSES = (
    (r"unexpected char '[“”„‘’«»]'", "write straight quotation marks, \" or '"),
    (r"unexpected char [\"']['\"]", "a quotation mark is missing"),
    (r"got '='", "to compare write =="),
    (r"hyphens", "write _ instead of -"),
    (r"^Expected an expression|^expected (token 'name'|name)|^unexpected '?end of|got 'end of", "a word is missing"),
    (r"expected '[)\]]'", "a bracket is missing"),
    (r"got '}'", "write two braces before the word and two after it"),
    (r"expected token 'end of|expected token ','", "something is missing between two of its words, or one is too many"),
)
COMPARE = "compare it with docs/marketers.md"


def faults(environment: Environment, source: str) -> list[tuple[int, str]]:
    """Return why the source cannot be read, as (line, what and how to mend it); [] if we do not know."""
    found = _unclosed_braces(source) or [*_unreadable_pieces(environment, source), *_nesting(source)]
    return sorted(dict.fromkeys(found))


def _unclosed_braces(source: str) -> list[tuple[int, str]]:
    """Braces without their other half, with the line of the half that is there."""
    found = []
    opened: re.Match[str] | None = None
    for mark in (*BRACES.finditer(source), None):
        said = mark.group(0) if mark else ""
        if opened and said != CLOSING_BRACES[opened.group(0)]:
            start = re.split(r"[<\n]|%?\}", source[opened.start() :][:60])[0].strip()
            closing = CLOSING_BRACES[opened.group(0)]
            found.append((_line_at(source, opened.start()), f"`{start}` is not closed: write `{closing}`"))
        opened = mark if said in CLOSING_BRACES else None
    return found


def _unreadable_pieces(environment: Environment, source: str) -> Iterator[tuple[int, str]]:
    """Each `{{ ... }}` and `{% ... %}` that cannot be parsed by itself."""
    for line, word, piece in _pieces(source):
        meant = _likely(word)
        if STATEMENT_AS_WORD.match(piece):
            yield line, f"`{piece}` needs other braces: write `{{% {piece.strip('{ }')} %}}`"
        elif word in WORDS:
            yield line, f"`{piece}` needs other braces: write `{{{{ {piece.strip('{% }')} }}}}`"
        elif word in FOREIGN:
            yield line, f"`{piece}` is not for templates: docs/marketers.md says what is"
        elif word != meant:
            yield line, f"`{piece}` is not a tag that templates know; did you mean `{meant}`?"
        elif word and word not in (*STATEMENTS, *LEFT_ALONE):
            yield line, f"`{piece}` is not a tag that templates know: docs/marketers.md says what is"
        elif word not in LEFT_ALONE and (cause := _cause(environment, word, piece)):
            yield line, f"`{_short(piece)}` cannot be read: {cause}"


def _cause(environment: Environment, word: str, piece: str) -> str | None:
    """Why this piece cannot be parsed by itself; None if it can."""
    name = piece.strip("{%-+ }").removeprefix(word).strip() or "x"
    opener = {"endblock": f"{{% block {name} %}}", "endmacro": "{% macro x() %}"}
    before = "{% if true %}" if word in ("elif", "else", "endif") else opener.get(word, "")
    closer = "endif" if word in ("elif", "else") else CLOSERS.get(word)
    try:
        environment.parse(before + piece + (f"{{% {closer} %}}" if closer else ""))
    except (RecursionError, MemoryError):
        return "it is nested too deeply, write it plainer"
    except ValueError:
        return NO_NUMBER
    except TemplateSyntaxError as error:
        said = error.message or ""
        if word == "else":
            return "write `{% else %}`, or `{% elif ... %}` for a further condition"
        return next((ours for theirs, ours in CAUSES if re.search(theirs, said)), COMPARE)
    return None


def _nesting(source: str) -> Iterator[tuple[int, str]]:
    """Tags that are opened and not closed, with the line where they open; and tags that close nothing."""
    opened: list[tuple[int, str, str]] = []
    with_else: set[tuple[int, str, str]] = set()
    alone = {number for number, line in enumerate(source.split("\n"), start=1) if ALONE.fullmatch(line)}
    for line, spelled, piece in _pieces(source):
        word = _likely(spelled)
        if word in ("else", "elif", "endif"):
            yield from _inner_unclosed(opened, alone, line)
        if word in CLOSERS:
            opened.append((line, word, piece))
        elif word in ("elif", "else"):
            if not opened or opened[-1][1] != "if":
                yield line, f"`{piece}` stands outside of every `{{% if ... %}}`: delete it, or write one above it"
            elif opened[-1] in with_else:
                yield line, f"`{piece}` comes after the `{{% else %}}` of the same `{{% if ... %}}`: delete one of them"
            elif word == "else":
                with_else.add(opened[-1])
        elif word in OPENERS:
            depth = max((at for at, each in enumerate(opened) if each[1] == OPENERS[word]), default=None)
            if depth is None:
                missing = f"`{{% {OPENERS[word]} ... %}}`"
                yield line, f"`{piece}` closes nothing: delete it, or write {missing} where it begins"
            else:
                yield from _unclosed(opened[depth + 1 :])
                del opened[depth:]
    yield from _unclosed(opened)


def _inner_unclosed(opened: list[tuple[int, str, str]], alone: set[int], line: int) -> Iterator[tuple[int, str]]:
    """The unclosed `if` inside a sentence: an `else` or `endif` on a line of its own belongs to another one."""
    while line in alone and opened and opened[-1][0] not in alone and opened[-1][1] == "if":
        if not any(word == "if" and at in alone for at, word, _ in opened):
            return
        yield from _unclosed([opened.pop()])


def _unclosed(opened: list[tuple[int, str, str]]) -> Iterator[tuple[int, str]]:
    for line, word, piece in opened:
        yield line, f"`{_short(piece)}` is not closed: write `{{% {CLOSERS[word]} %}}` where it ends"


def _pieces(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, first word of a `{% ... %}` or "", text) of each piece between braces, without comments."""
    for token in JINJA_TOKEN.finditer(source):
        statement = STATEMENT.match(token.group(0))
        if not token.group(0).startswith("{#"):
            yield _line_at(source, token.start()), statement.group(1) if statement else "", token.group(0)


def _likely(word: str) -> str:
    """The known tag closest to this word; the word itself if none is close."""
    if not word or word in WORDS or word in FOREIGN or word in LEFT_ALONE:
        return word
    return USUAL_SLIPS.get(word) or next(iter(get_close_matches(word, STATEMENTS, n=1)), word)


def _short(piece: str) -> str:
    return textwrap.shorten(piece, 80, placeholder=" ...")


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
