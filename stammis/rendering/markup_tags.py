"""Checks the tags of an e-mail: known, finished, closed; and that plain text has none.

Mail programs mend what is broken, each in its own way, so a lost `</strong>` is bold to the end in one of
them. Every branch of an {% if %} is followed, also those that no sample customer would see.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from html.parser import HTMLParser
from typing import NamedTuple

from stammis.rendering.markup import BLOCK_TAGS, LINE_TAGS, MASKED, STATEMENT, is_safe_link, mask_jinja, unmask_jinja

UNQUOTED_ATTRIBUTE = re.compile(r"""[\w-]\s*=\s*[^\s"'>]""")
QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
# Mail programs drop them or call the sender a fraud.
FORBIDDEN_TAGS = frozenset(("script", "iframe", "object", "embed", "form", "input", "base"))
WRITTEN_TAGS = ("p", "h1", "h2", "a", "strong", "em", "br", "ul", "ol", "li")
LIKELY_TAGS = frozenset((*WRITTEN_TAGS, *BLOCK_TAGS, *LINE_TAGS, "b", "i", "u", "small", "sub", "sup", "span", "img"))
LAYOUT_TAGS = ("html", "head", "meta", "title", "style", "link", "body", "center", "font", "thead", "tbody")
KNOWN_TAGS = LIKELY_TAGS | FORBIDDEN_TAGS | set(LAYOUT_TAGS)
VOID_TAGS = frozenset(("br", "hr", "img", "meta", "link", "input", "base", "embed"))
PROSE_TAGS = frozenset(("p", "h1", "h2", "h3"))  # no block stands inside
SINGLE_TAGS = frozenset(("a", "strong", "em", "b", "i", "u", "li"))  # none stands inside its like
HOLDING_TAGS = frozenset(("div", "table", "td", "th", "ul", "ol", "blockquote"))  # in here all begins anew
TAG_START = re.compile(r"<!--.*?-->|<!--|</?[a-zA-Z][\w:]*", re.DOTALL)
WHOLE_TAG = re.compile(r"""</?[a-zA-Z](?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
HTML_SIGN = re.compile(r"</?([^\W\d_]\w*)[^<>]*>|&(?:[a-zA-Z]\w+|#\w+);")


def faults(source: str) -> list[tuple[int, str]]:
    """Return the faults that mail programs or people would stumble over, as (line, what and how to mend it).

    The Jinja of the source must be valid: each branch of an {% if %}, each block and macro is followed by itself.
    """
    plain, tokens = mask_jinja(source)
    unfinished = _unfinished_tags(plain)
    if unfinished:
        return unfinished  # what follows such a tag would be taken for a part of it
    reader = _Inspector(tokens)
    try:
        reader.feed(plain)
        reader.close()
    except AssertionError:  # html.parser's word for a `<![` of no known kind
        return [(reader.getpos()[0], "`<![` begins nothing that is HTML: delete it")]
    reader.report_unclosed()
    return sorted(dict.fromkeys(reader.faults))


def plain_text_faults(source: str, kind: str) -> list[tuple[int, str]]:
    """Return HTML in plain text as (line, what to do). `kind` names the text, as in "an SMS"."""
    plain, tokens = mask_jinja(source)
    found: dict[tuple[int, str], str] = {}
    for sign in HTML_SIGN.finditer(plain):  # <b> and its </b> are one mistake
        found.setdefault((_line_at(plain, sign.start()), sign.group(1) or sign.group(0)), sign.group(0))
    return [
        (line, f"{kind} is plain text: `{unmask_jinja(found_tag, tokens)}` would be read as it stands: leave it out")
        for (line, _), found_tag in found.items()
    ]


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _unfinished_tags(plain: str) -> list[tuple[int, str]]:
    found = []
    for start in TAG_START.finditer(plain):
        found_tag = start.group(0)
        if found_tag == "<!--":
            found.append((_line_at(plain, start.start()), "<!-- is not closed: write --> where the comment ends"))
            break
        if not found_tag.startswith("<!--") and not WHOLE_TAG.match(plain, start.start()):
            what = f"the tag {found_tag} is not finished: its > or a quotation mark is missing"
            found.append((_line_at(plain, start.start()), what))
    return found


class _Open(NamedTuple):
    """A tag that waits for its end: what it means, how it is spelled, its line."""

    tag: str
    spelled: str
    line: int


@dataclass(slots=True)
class _Frame:
    """An {% if %}, {% block %} or {% macro %} being read: what was open before it, and after each branch."""

    word: str
    before: list[_Open]
    ends: list[list[_Open]] = field(default_factory=list)
    has_else: bool = False


class _Inspector(HTMLParser):
    """Collects faults with their lines."""

    def __init__(self, tokens: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[tuple[int, str]] = []
        self._tokens = tokens
        self._open: list[_Open] = []
        self._frames: list[_Frame] = []
        self._alike: dict[_Open, list[_Open]] = {}  # the same tag as other branches open it
        self._reported: list[_Open] = []  # their ends may still come, and are no second mistake

    def report_unclosed(self, start: int = 0) -> None:
        """Report every tag open from `start` on as unclosed, and treat it as closed."""
        for each in self._open[start:]:
            self._report(each, f"is not closed: write </{each.tag}> where it ends")
        del self._open[start:]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: unmask_jinja(value or "", self._tokens) for name, value in attributes}
        source = QUOTED.sub('""', self.get_starttag_text() or "")
        if UNQUOTED_ATTRIBUTE.search(source):
            self._note(f'<{tag}> has an attribute without quotes: write name="value"')
        if tag in FORBIDDEN_TAGS:
            self._note(f"<{tag}> does not work in e-mail: leave it out")
        if any(name.startswith("on") for name in named):
            self._note(f"<{tag}> carries a script (on...=): leave it out")
        fault = CHECKS[tag](named) if tag in CHECKS else None
        if fault:
            self._note(fault)
        meant = self._meant(tag)
        self._close_before(meant)
        if meant not in VOID_TAGS:
            self._open.append(_Open(meant, tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)  # <p/> opens a paragraph all the same

    def handle_endtag(self, tag: str) -> None:
        is_known_misspelling = tag not in KNOWN_TAGS and any(each.spelled == tag for each in self._open)
        meant = _likely(tag) if is_known_misspelling else self._meant(tag, "/")
        depth = next((at for at in reversed(range(len(self._open))) if self._open[at].tag == meant), None)
        if depth is not None:
            self.report_unclosed(depth + 1)
            self._alike.pop(self._open.pop(), None)
        elif meant in VOID_TAGS:
            self._note(f"</{tag}> closes nothing: <{meant}> stands alone")
        elif reported := [each for each in self._reported if each.tag == meant]:
            self._reported.remove(reported[-1])
        else:
            self._note(f"</{tag}> closes nothing: delete it, or write <{meant}> where it begins")

    def handle_comment(self, data: str) -> None:
        self.handle_data(data)  # Jinja does not know what a comment is

    def handle_data(self, data: str) -> None:
        for mark in MASKED.finditer(data):
            statement = STATEMENT.match(self._tokens[int(mark.group(1))])
            if statement:
                self._follow(statement.group(1))

    def _meant(self, tag: str, slash: str = "") -> str:
        likely = _likely(tag)
        if tag not in KNOWN_TAGS:
            known = f": write {', '.join(WRITTEN_TAGS[:-1])} or {WRITTEN_TAGS[-1]}"
            remedy = known if likely == tag else f"; did you mean <{slash}{likely}>?"
            self._note(f"<{slash}{tag}> is not a tag that e-mails know{remedy}")
        return likely

    def _close_before(self, tag: str) -> None:
        """Close what ends where this tag begins: a paragraph ends at the next one, with or without its end tag."""
        apart = PROSE_TAGS if tag in BLOCK_TAGS else SINGLE_TAGS & {tag}
        for depth in reversed(range(len(self._open) if apart else 0)):
            opened = self._open[depth].tag
            if opened in apart:
                self.report_unclosed(depth)
            if opened in HOLDING_TAGS:
                return

    def _follow(self, word: str) -> None:
        if word in ("if", "block", "macro"):
            self._frames.append(_Frame(word, list(self._open)))
            self._open = list(self._open) if word == "if" else []
            return
        if not self._frames:
            return
        frame = self._frames[-1]
        if word in ("elif", "else") and frame.word == "if":
            frame.ends.append(self._open)
            frame.has_else = word == "else"
            self._open = list(frame.before)
        elif word == f"end{frame.word}":
            self._frames.pop()
            if word == "endif":
                self._join([*frame.ends, self._open, *([] if frame.has_else else [frame.before])], frame)
            else:
                self.report_unclosed()
                self._reported.clear()
                self._open = frame.before

    def _join(self, ends: list[list[_Open]], frame: _Frame) -> None:
        """Check that the same tags are open after each branch."""
        if len({tuple(each.tag for each in end) for end in ends}) == 1:
            for each, *others in zip(self._open, *ends, strict=True):
                self._alike.setdefault(each, []).extend(other for other in others if other != each)
            return
        kept = [each for each in ends[0] if all(each in end for end in ends)]
        for each in dict.fromkeys(each for end in ends for each in end if each not in kept):
            end_tag = f"</{each.tag}>"
            if each in frame.before:
                what = f"is closed in one branch of {{% if %}} only: write {end_tag} in each or after {{% endif %}}"
            else:
                what = f"is opened in one branch of {{% if %}} and not closed there: write {end_tag} where it ends"
            self._report(each, what)
        self._open = kept

    def _report(self, each: _Open, fault: str) -> None:
        if each not in self._reported:
            self._note(f"<{each.tag}> {fault}", each.line)
            self._reported.append(each)
            for other in self._alike.pop(each, []):
                self._report(other, fault)

    def _note(self, fault: str, line: int | None = None) -> None:
        self.faults.append((line or self.getpos()[0], unmask_jinja(fault, self._tokens)))


def _likely(tag: str) -> str:
    """The known tag closest to this one; the tag itself if none is close."""
    if tag in KNOWN_TAGS:
        return tag
    return next(iter(get_close_matches(tag, sorted(LIKELY_TAGS), n=1, cutoff=0.7)), tag)


def _link_fault(named: dict[str, str]) -> str | None:
    address = named.get("href", "")
    # a block in _shared is handed its address, and the message that hands it over is checked
    if is_safe_link(address) or address == "{{ url }}":
        return None
    remedy = "begin it with https:// or use one of the links, as in {{ links.shop | tracked }}"
    return f'the link "{address}" is not safe: {remedy}'


def _image_fault(named: dict[str, str]) -> str | None:
    if "alt" not in named:
        return '<img> has no alt="...": say what the picture shows, or alt="" for decoration'
    if not is_safe_link(named.get("src", "")):
        return "<img> needs a src that starts with https://"
    return None


CHECKS: dict[str, Callable[[dict[str, str]], str | None]] = {"a": _link_fault, "img": _image_fault}
