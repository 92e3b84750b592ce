"""Templates and rows of the outbox become messages.

A message file is front matter (`subject:`, `preheader:`), a line `---`, and a body. Headers are
rendered apart and never escaped for HTML; an HTML body is escaped; the text of an e-mail is the
HTML's twin, unless a .txt lies beside it. Everything is checked and compiled once per Renderer.
"""

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stammis.core.errors import TemplateError
from stammis.core.types import Due, Message
from stammis.rendering import grammar, markup
from stammis.rendering.brand import Brand, can_be_answered, read_brand
from stammis.rendering.grammar import TemplateFault
from stammis.rendering.wording import BLANKS, FILTERS, MAX_SMS_PARTS, clean, sms_parts, template_values

EXTENSIONS = {"email": "html", "sms": "txt"}
HEADERS = ("subject", "preheader")
LARGEST_FILE = 200_000


def message_file(step: str, channel: str, locale: str, variant: str | None = None) -> str:
    """The name of a message's file: <step>[.<variant>].<channel>.<locale>.<html|txt>."""
    return ".".join(filter(None, (step, variant, channel, locale, EXTENSIONS.get(channel, "txt"))))


class Renderer:
    """Renders messages from one templates folder, read as it is when each file is first used.

    Raises ConfigurationError at once when templates/_shared/brand.yaml is wrong.
    """

    def __init__(self, templates: Path) -> None:
        self.templates = templates
        self.brand = read_brand(templates)
        self.environment = _Sandbox(templates, self.brand)
        self._found: dict[tuple[str, str, str, str, str | None], tuple[str, str]] = {}

    def render(self, due: Due, send_id: str, code: str | None = None) -> Message:
        """Render the message for one row. `code` is the customer's own code if the step has an offer.

        Raises TemplateError naming file, line, word and remedy. No customer data is in its text.
        """
        file, locale = self.find(due.journey, due.step, due.channel, due.locale, due.variant)
        links = {word: _filled(url, locale, send_id) for word, url in self.brand.links.items()}
        about = {"locale": locale, "channel": due.channel, "journey": due.journey, "step": due.step}
        words: dict[str, Any] = {
            "customer": template_values("customer", due.context.get("customer"), due.channel),
            "order": template_values("order", due.context.get("order"), due.channel),
            "offer": template_values("offer", due.context.get("offer"), due.channel),
            "membership": template_values("membership", due.context.get("membership"), due.channel),
            "brand": self.brand.words,
            "links": links,
            "message": BLANKS["message"] | about | {"send_id": send_id},
            "formats": self.brand.formats.get(locale, locale),
        }
        if code:
            words["offer"]["code"] = clean(code)
        if due.channel == "sms":
            return self._render_sms(due, send_id, file, locale, words)
        return self._render_email(due, send_id, file, locale, words)

    def find(self, journey: str, step: str, channel: str, locale: str, variant: str | None = None) -> tuple[str, str]:
        """Find the message file (as "<journey>/<name>") and its language.

        It tries the customer's locale, then its language, then brand.yaml's fallbacks. A variant is never
        replaced by the plain message, which may be wrong for these people.
        """
        wanted = (journey, step, channel, locale, variant)
        if wanted not in self._found:
            chain = self.brand.languages_for(locale)
            names = [f"{journey}/{message_file(step, channel, each, variant)}" for each in chain]
            found = [pair for pair in zip(names, chain, strict=True) if (self.templates / pair[0]).is_file()]
            if not found:
                what = f"is missing, and so is every fallback: looked for {', '.join(names)}"
                raise TemplateFault(self.templates / names[0], None, what)
            self._found[wanted] = found[0]
        return self._found[wanted]

    def _render_sms(self, due: Due, send_id: str, file: str, locale: str, words: dict[str, Any]) -> Message:
        sender = self.brand.sms_sender_for(due.address)
        words["message"]["can_reply"] = can_be_answered(sender)
        opt_out = f"_shared/{'opt_out' if can_be_answered(sender) else 'opt_out_link'}.sms.{locale}.txt"
        text = self._render_sms_lines(file, opt_out, words)
        if not can_be_answered(sender) and sms_parts(text) > MAX_SMS_PARTS:
            # the link is longer than "reply STOP"; where there is no room for it, the name gives way
            text = self._render_sms_lines(file, opt_out, words | {"customer": dict(BLANKS["customer"])})
        return _message(due, send_id, locale, text, headers={"From": sender} if sender else {})

    def _render_sms_lines(self, file: str, opt_out: str, words: dict[str, Any]) -> str:
        return f"{_one_line(self._render_template(file, words))}\n{_one_line(self._render_template(opt_out, words))}"

    def _render_email(self, due: Due, send_id: str, file: str, locale: str, words: dict[str, Any]) -> Message:
        for header in HEADERS:
            words["message"][header] = clean(self._render_template(f"{file}#{header}", words))
        subject = words["message"]["subject"]
        if not subject:
            raise TemplateFault(self.templates / file, 1, "the subject came out empty: say something")
        html = self._render_template(file, words)
        text = markup.tidy(self._render_template(f"{file}#text", words))
        headers = {
            "From": self.brand.sender,
            "Reply-To": self.brand.words["reply_to"],
            "List-Unsubscribe": f"<{words['links']['unsubscribe']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        return _message(due, send_id, locale, text, subject, html.strip() + "\n", headers)

    def _render_template(self, name: str, words: dict[str, Any]) -> str:
        try:
            return self.environment.get_template(name).render(words)
        except TemplateFault:
            raise
        except Exception as error:  # whatever a template does, the row fails alone and the run goes on
            raise TemplateFault(*self._place(error, name), _reason(error)) from None

    def _place(self, error: Exception, name: str) -> tuple[Path, int | None]:
        """The template line that failed; the text twin of an HTML file has no lines of its own.

        A block of _shared is not to blame for what it is handed: Jinja calls its frame "template".
        """
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if frame.filename.startswith(str(self.templates))]
        template_frames = [frame for frame in ours if frame.name != "template"] or ours
        if not template_frames:
            return self.templates / name.partition("#")[0], None
        path, _, part = template_frames[-1].filename.partition("#")
        return Path(path), None if part == "text" else template_frames[-1].lineno


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja, strict and closed: no globals, only our filters, only templates of our grammar."""

    # interception also keeps these operators from being worked out at compile time
    intercepted_binops = frozenset(("*", "**", "%", "+", "-", "/", "//"))

    def __init__(self, templates: Path, brand: Brand) -> None:
        super().__init__(
            loader=_Loader(templates, brand),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            auto_reload=False,
            cache_size=-1,
        )
        self.globals.clear()
        self.filters.update(FILTERS)

    def join_path(self, template: str, parent: str) -> str:
        """The name of an included file: a text twin includes text twins."""
        return f"{template}#text" if parent.endswith("#text") else template


class _Loader(BaseLoader):
    """Reads one part of a file: `x.html` the body, `x.html#text` its twin, `x.html#subject` a header."""

    def __init__(self, templates: Path, brand: Brand) -> None:
        self.templates, self.brand = templates, brand

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        name, _, part = template.partition("#")
        file = self.templates / name
        if part == "text" and file.with_suffix(".txt").is_file():
            name, file, part = str(Path(name).with_suffix(".txt")), file.with_suffix(".txt"), ""
        if not file.is_file():
            raise TemplateNotFound(template)
        is_shared = name.startswith("_shared/")
        pieces = read_pieces(file, has_headers=not is_shared and file.suffix == ".html")
        source = getattr(pieces, part) if part in HEADERS else pieces.body
        found = grammar.faults(environment, source, file, is_shared)
        if found:
            raise found[0]
        if part == "text":
            source = markup.to_text(source)
        elif part == "" and file.suffix == ".html":
            source = markup.styled(source, self.brand.styles)
        return source, f"{file}#{part}" if part else str(file), lambda: True


@dataclass(frozen=True, slots=True)
class Pieces:
    """A message file taken apart; each piece stands on the line it has in the file."""

    subject: str
    preheader: str
    body: str


def read_pieces(file: Path, has_headers: bool) -> Pieces:
    """Read a template file. Raises TemplateFault if it is not UTF-8 text or lacks its front matter."""
    text = _read_text(file)
    if not has_headers:
        return Pieces("", "", text)
    lines = text.split("\n")
    end = next((number for number, line in enumerate(lines) if line.strip() == "---"), None)
    if end is None:
        raise TemplateFault(file, 1, "has no line `---` between headers and body: begin with subject: ...")
    found: dict[str, str] = {}
    for number, line in enumerate(lines[:end]):
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or name.strip() not in HEADERS:
            raise TemplateFault(file, number + 1, "above `---` stand only subject: ... and preheader: ...")
        found[name.strip()] = "\n" * number + value.strip()
    if not found.get("subject", "").strip():
        raise TemplateFault(file, 1, "has no subject: begin the file with subject: ...")
    body = "\n" * (end + 1) + "\n".join(lines[end + 1 :])
    return Pieces(found["subject"], found.get("preheader", ""), body)


def _read_text(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > LARGEST_FILE:
        raise TemplateFault(file, None, f"is larger than {LARGEST_FILE // 1000} kB: mail programs cut it off")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TemplateFault(file, line, "is not UTF-8 text: save the file as UTF-8") from None
    stray = re.search("[\x00-\x08\x0b-\x1f\ue000\ue001]", text)
    if stray:
        line = text[: stray.start()].count("\n") + 1
        raise TemplateFault(file, line, f"holds the invisible character {stray.group(0)!a}: delete it")
    return text


def _reason(error: Exception) -> str:
    """The reason to show. Messages of other libraries are left out, because they may quote the customer."""
    if isinstance(error, TemplateNotFound):
        return f"needs {str(error.name).partition('#')[0]}, which is missing: write it or mend the name"
    if isinstance(error, TemplateError):
        return str(error)
    said = error.message if isinstance(error, JinjaError) else None
    return said or f"cannot be rendered ({type(error).__name__})"


def _message(
    due: Due,
    send_id: str,
    locale: str,
    text: str,
    subject: str | None = None,
    html: str | None = None,
    headers: dict[str, str] | None = None,
) -> Message:
    return Message(
        message_id=due.message_id,
        send_id=send_id,
        journey=due.journey,
        step=due.step,
        customer_id=due.customer_id,
        channel=due.channel,
        address=due.address,
        locale=locale,
        text=text,
        subject=subject,
        html=html,
        headers=headers or {},
    )


def _filled(url: str, locale: str, send_id: str) -> str:
    return url.replace("{locale}", locale).replace("{send_id}", quote(send_id, safe=""))


def _one_line(text: str) -> str:
    return re.sub(r"[\s\u00a0]+", " ", text).strip()
