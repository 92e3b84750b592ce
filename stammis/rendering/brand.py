"""Reads the shop's own words and styles: templates/_shared/brand.yaml and styles.yaml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from stammis.core import yaml_files
from stammis.core.yaml_files import Fault, YamlFault, read_keys, read_mapping

LINKS = ("shop", "review", "questions", "unsubscribe")
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Brand:
    """The shop's own words.

    `words` are what templates call brand.*; `links` may hold {locale} and {send_id}; `formats` gives each
    language the region whose dates and money it writes; `styles` an inline style for each bare HTML tag.
    `sender` is the From of an e-mail; `sms_senders` that of an SMS, by the first digits of the reader's number.
    """

    words: dict[str, str]
    sender: str
    sms_senders: dict[str, str]
    links: dict[str, str]
    locales: tuple[str, ...]
    fallbacks: dict[str, tuple[str, ...]]
    formats: dict[str, str]
    styles: dict[str, str]

    def languages_for(self, locale: str) -> list[str]:
        """The languages to try for a customer's locale, best first: "sv-SE" reads sv, nb its fallbacks."""
        language = re.split("[-_]", locale.strip().lower())[0]
        return list(dict.fromkeys((language, *self.fallbacks.get(language, ()))))

    @property
    def readable(self) -> list[str]:
        """Every language that a customer's locale may be: those that are written, and those that fall back on one."""
        others = [language for language, chain in self.fallbacks.items() if set(chain) & set(self.locales)]
        return list(dict.fromkeys((*self.locales, *others)))

    def sms_sender_for(self, number: str) -> str | None:
        """The sender of an SMS to this number (E.164): that of the longest matching prefix, else the default."""
        fitting = [begin for begin in self.sms_senders if number.startswith(begin)]
        return self.sms_senders.get(max(fitting, key=len, default=DEFAULT))


def can_be_answered(sms_sender: str | None) -> bool:
    """Whether a reader can answer this SMS sender with STOP: a number can be answered, a name cannot."""
    return sms_sender is None or sms_sender.startswith("+")


def read_brand(templates: Path) -> Brand:
    """Read the brand of a templates folder. Raises YamlFault (a ConfigurationError) for its first fault."""
    file = templates / "_shared" / "brand.yaml"
    mapping = read_mapping(file)
    values, faults = read_keys(mapping, BRAND_KEYS, [key for key in BRAND_KEYS if key != "sms_senders"], line=1)
    if not faults:
        faults = [
            Fault(yaml_files.line_of(mapping, "formats"), f"`formats` lacks {locale}: say whose dates it writes")
            for locale in values["locales"]
            if locale not in values["formats"]
        ]
    if faults:
        raise YamlFault(file, faults[0].line, faults[0].message)
    return Brand(
        words={key: values[key] for key in ("name", "company", "address", "website", "reply_to")},
        sender=_mailbox(values["name"], values["sender"]),
        sms_senders=values.get("sms_senders", {}),
        links=values["links"],
        locales=values["locales"],
        fallbacks=values["fallbacks"],
        formats=values["formats"],
        styles=_read_styles(templates / "_shared" / "styles.yaml"),
    )


def _read_styles(file: Path) -> dict[str, str]:
    mapping = read_mapping(file)
    for tag, style in mapping.items():
        is_tag = re.fullmatch(r"[a-z][a-z0-9]*(\.[a-z]+)?", str(tag)) is not None
        if not is_tag or not isinstance(style, str) or '"' in style:
            what = f"`{tag}` must be a tag, or tag.class, and its style without double quotes"
            raise YamlFault(file, yaml_files.line_of(mapping, tag), what)
    return {str(tag): " ".join(style.split()) for tag, style in mapping.items()}


def _mailbox(name: str, address: str) -> str:
    """ "Lindvall <crm@...>". A name with a comma is quoted, because it would be read as two people."""
    if re.search(r'[()<>@,;:\\".\[\]]', name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address}>"


def _name(value: Any) -> str:
    """The shop's name, which an e-mail's From begins with."""
    name = yaml_files.text(value)
    if "=?" in name:
        raise ValueError("must be without `=?`, which mail programs read as the beginning of something encoded")
    return name


def _links(value: Any) -> dict[str, str]:
    if not isinstance(value, CommentedMap) or set(value) != set(LINKS):
        raise ValueError(f"must hold exactly {', '.join(LINKS)}")
    for name, url in value.items():
        rest = str(url).replace("{locale}", "").replace("{send_id}", "")
        if not re.fullmatch(r"https://[^\s<>\"'{}]+", rest):
            what = "is no address beginning with https:// ({locale} and {send_id} may be in it)"
            raise ValueError(f"has a link {name} that {what}")
    if "{send_id}" not in value["unsubscribe"]:
        raise ValueError("must have {send_id} in unsubscribe, or nobody could tell who wants to leave")
    return {str(name): str(url) for name, url in value.items()}


def _locales(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, CommentedSeq) and len(value) > 0
    if not is_list or not all(re.fullmatch("[a-z]{2}", str(each)) for each in value):
        raise ValueError("must be a list of languages, as in [sv, en]")
    return tuple(str(each) for each in value)


def _fallbacks(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise ValueError("must say which other languages the readers of one understand, as in {nb: [sv, en]}")
    return {str(language): _locales(chain) for language, chain in value.items()}


def _sms_senders(value: Any) -> dict[str, str]:
    if not isinstance(value, CommentedMap) or DEFAULT not in value:
        raise ValueError("must say whom an SMS comes from, and have a line `default:`")
    for begin, sender in value.items():
        if begin != DEFAULT and not re.fullmatch(r"\+[1-9][0-9]{0,5}", str(begin)):
            raise ValueError(f'has {begin}: write how the numbers of a country begin, in quotes, as in "+46"')
        is_number = re.fullmatch(r"\+[1-9][0-9]{7,14}", str(sender))
        is_name = re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9 ]{0,9}[A-Za-z0-9])?", str(sender))
        if not isinstance(sender, str) or not (is_number or is_name):
            what = 'is no number in quotes, as in "+46701740699", and no name of at most 11 letters and digits'
            raise ValueError(f"has a sender that {what}: {sender}")
    return {str(begin): str(sender) for begin, sender in value.items()}


def _formats(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("must say for each language whose dates it writes, as in `en: en_GB`")
    for region in value.values():
        try:
            if not re.fullmatch("[a-z]{2}_[A-Z]{2}", str(region)):
                raise ValueError
            Locale.parse(region)
        except (UnknownLocaleError, ValueError):
            raise ValueError(f"has a region nobody knows ({region}): write it as in en_GB") from None
    return {str(language): str(region) for language, region in value.items()}


BRAND_KEYS: dict[str, yaml_files.Reader] = {
    "name": _name,
    "company": yaml_files.text,
    "address": yaml_files.text,
    "website": yaml_files.text,
    "sender": yaml_files.email,
    "reply_to": yaml_files.email,
    "sms_senders": _sms_senders,
    "links": _links,
    "locales": _locales,
    "fallbacks": _fallbacks,
    "formats": _formats,
}
