"""An address is found in whatever spelling it stands in a text, and forgotten in the same."""

import re

import pytest

from stammis.core.identifiers import read_numbering
from stammis.core.written import EMAIL
from stammis.intake.person_keys import keys_in_text, words_of
from tests.support.places import DBT_PROJECT

NUMBERING = read_numbering(DBT_PROJECT)
KEYS = {"email|d+x@nord.example", "phone|+46701740605", "email|anna@xn--blbr-noae.se"}
WORDS = words_of(KEYS, list(NUMBERING.codes.values()))

# each in an encoding, in capitals and small letters, in an encoding of an encoding, or with something unseen within
ESCAPED = r"""d%2Bx%40nord.example|d%2bx%2540nord%2Eexample|%64%2B%78%40nord.example|d+x%u0040nord.example
d+x\u0040nord.example|d\\u002Bx\\u0040nord.example|D\u{002b}X\x40NORD.EXAMPLE|d+x=40nord=2Eexample
d=2bx=40nord.example|d&#43;x&#64;nord.example|d+x&#x40;nord.example|d&plus;x&commat;nord.example
d&amp;#43;x&amp;commat;nord&period;example|anna@bl%C3%A5b%C3%A4r.se|anna@bl=C3=A5b=C3=A4r.se
anna@bl\u00e5b\u00e4r.se|anna@bl&aring;b&auml;r.se|ANNA@BLÅBÄR.SE|\u002B46701740605|\u002b46 70 174 06 05
\\u002B46701740605|%2B46701740605|&#43;46701740605|&plus;46701740605|=2B46701740605|phone=46701740605
070–174 06 05|+46 (0)70-174 06 05|％2B46701740605"""
UNSEEN = ["\0", "␀", "\u3000", "\u00a0", "\u200b", "\u00ad", "\u2060", "\ufeff", "\u2003", "\x1f"]
WITH_UNSEEN = [f"d+x{unseen}@nord.{unseen}example" for unseen in UNSEEN] + [f"070{unseen}1740605" for unseen in UNSEEN]
# found where a row is damaged, and not in sound rows
SPREAD_OUT = ["d+x @ nord.example", "ｄ+ｘ＠nord.example", "d+x@\tnord.example", "d+x@nord=\n.example", "٠٧٠١٧٤٠٦٠٥"]


@pytest.mark.parametrize("text", re.split(r"[|\n]", ESCAPED) + WITH_UNSEEN)
def test_an_address_is_found_and_forgotten_in_any_spelling(text: str) -> None:
    row = f"12,{text},Bo"
    assert keys_in_text(row, NUMBERING) & KEYS
    assert WORDS.search(row.encode())


@pytest.mark.parametrize("text", SPREAD_OUT)
def test_an_address_is_found_where_it_is_spread_out(text: str) -> None:
    assert keys_in_text(f"12,{text},Bo", NUMBERING) & KEYS


@pytest.mark.parametrize(
    "text", ["dd+x@nord.example", "d+x@nord.example.org", "d+xx@nord.example", "+467017406055", "d%2Cx%40nord.example"]
)
def test_somebody_elses_address_is_not_theirs(text: str) -> None:
    assert not keys_in_text(text, NUMBERING) & KEYS


@pytest.mark.parametrize("sign", ["a", "@", "a@", "1 ", "%", "=40", "\\", "&#"])
def test_a_text_of_nothing_but_signs_takes_no_longer_than_others(sign: str) -> None:
    text = sign * (200_000 // len(sign))  # hours, were it quadratic
    assert not keys_in_text(text, NUMBERING) & KEYS
    assert not WORDS.search(text.encode())
    assert not EMAIL.findall(text)
