"""Reads the HTML source of a template: makes its text twin and inline styles. markup_tags.py finds its faults.

All of it happens once, before a template is compiled, so that a message costs nothing more.
Jinja's own tokens are masked while HTML is read and unmasked afterwards.
"""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

JINJA_TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
STATEMENT = re.compile(r"\{%[-+]?\s*(\w+)")
MASKED = re.compile("\ue000(\\d+)\n*\ue001")
BLOCK_TAGS = frozenset(("p", "h1", "h2", "h3", "div", "table", "ul", "ol", "blockquote", "hr"))
LINE_TAGS = frozenset(("br", "tr", "td", "th", "li"))
NON_TEXT_TAGS = frozenset(("head", "style", "title", "script"))


def to_text(source: str) -> str:
    """The plain-text twin of an HTML template: paragraphs apart, and a link as "label: address"."""
    plain, tokens = mask_jinja(source)
    reader = _TextExtractor()
    reader.feed(plain)
    reader.close()
    return tidy(unmask_jinja("".join(reader.parts), tokens))


def tidy(text: str) -> str:
    """At most one empty line in a row, no spaces around line ends."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]*\n[ \t]*", "\n", text)).strip()


def styled(source: str, styles: Mapping[str, str]) -> str:
    """The source with a style on each tag that `styles` names ("p", "p.quiet") and that has none."""

    def dress(tag: re.Match[str]) -> str:
        name, attributes = tag.group(1), tag.group(2)
        kind = re.search(r'\bclass="([^"]*)"', attributes)
        style = styles.get(f"{name}.{kind.group(1)}" if kind else name, styles.get(name))
        if style is None or re.search(r"\bstyle\s*=", attributes):
            return tag.group(0)
        return f'<{name}{attributes} style="{style}">'

    plain, tokens = mask_jinja(source)
    return unmask_jinja(re.sub(r"<([a-z][a-z0-9]*)((?:\s[^<>]*?)?)\s*>", dress, plain), tokens)


def is_safe_link(address: str) -> bool:
    """True for https:// and for an expression that starts from `links.`."""
    return re.match(r"https://|\{\{-?\s*links\.", address.strip()) is not None


def mask_jinja(source: str) -> tuple[str, list[str]]:
    """Return the source with a mark for each Jinja token, with the same line breaks, and the tokens."""
    tokens: list[str] = []

    def keep(token: re.Match[str]) -> str:
        tokens.append(token.group(0))
        # its line breaks stay, so that what follows keeps its line number
        return f"\ue000{len(tokens) - 1}{token.group(0).count(chr(10)) * chr(10)}\ue001"

    return JINJA_TOKEN.sub(keep, source), tokens


def unmask_jinja(text: str, tokens: list[str]) -> str:
    """The text with the tokens where their marks are."""
    return MASKED.sub(lambda mark: tokens[int(mark.group(1))], text)


class _TextExtractor(HTMLParser):
    """Collects the text of a document: no styles, no hidden preview, and links as "label: address"."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []
        self._address = ""
        self._label_from = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.append(tag)
        elif tag in NON_TEXT_TAGS or (tag == "div" and "display:none" in (named.get("style") or "")):
            self._silent.append(tag)
        elif tag == "a":
            self._address, self._label_from = (named.get("href") or "").strip(), len(self.parts)
        elif tag == "img":
            self.parts.append(named.get("alt") or "")
        else:
            self._break(tag)
            if tag == "li":
                self.parts.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.pop()
        elif tag == "a":
            label = "".join(self.parts[self._label_from :]).strip()
            link_text = [self._address] if label in ("", self._address) else [label, ": ", self._address]
            self.parts[self._label_from :] = link_text
        elif tag != "li":
            self._break(tag)

    def handle_data(self, text: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", text))

    def _break(self, tag: str) -> None:
        if tag in BLOCK_TAGS:
            self.parts.append("\n\n")
        elif tag in LINE_TAGS:
            self.parts.append("\n")
