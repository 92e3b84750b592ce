"""Which way messages leave: the settings say so, and a demo leaves by no way that ends outside this machine."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from stammis import sandbox
from stammis.channels import channels_for
from stammis.core.errors import ConfigurationError
from stammis.core.settings import Providers, Settings
from stammis.core.types import Message
from stammis.journeys import read_journeys
from stammis.rendering import Renderer, read_brand
from stammis.rendering.samples import SAMPLE_CODE, read_samples, sample_due
from tests.support.channels import KEY, mail, providers, text
from tests.support.loopback import host, http
from tests.support.places import TEMPLATES
from tests.support.processes import python

BRAND = read_brand(TEMPLATES)
SDKS = ("sendgrid", "python_http_client", "twilio", "requests", "email_validator")


def settings(folder: Path, chosen: Providers, secret: str = "of our own") -> Settings:
    return Settings(data=folder, landing=folder, secret=secret, providers=chosen)


def test_without_a_word_messages_become_files(tmp_path: Path) -> None:
    channels = channels_for(Settings(data=tmp_path, landing=tmp_path), BRAND)
    for name, message in (("email", mail()), ("sms", text())):
        assert [outcome.state for outcome in channels[name].send([message], 10)] == ["accepted"]
    assert {path.suffix for path in tmp_path.rglob("s?.*")} == {".eml", ".txt"}


def test_by_providers_they_go_to_the_hosts_of_the_settings(tmp_path: Path) -> None:
    with host(http(202)) as sendgrid, host(http(201, b'{"sid": "SM1"}')) as twilio:
        chosen = replace(providers(sendgrid.url), twilio_host=twilio.url)
        channels = channels_for(settings(tmp_path, chosen), BRAND)
        channels["email"].send([mail()], 10)
        channels["sms"].send([text()], 10)
        assert (list(channels), len(sendgrid.seen), len(twilio.seen)) == (["email", "sms"], 1, 1)
        assert [channel.closed for channel in channels.values()] == [None, None]


def test_what_we_write_both_providers_take(tmp_path: Path) -> None:
    renderer, sample = Renderer(TEMPLATES), read_samples(TEMPLATES)["longest"]
    addresses = {"email": ["anna@post.example"], "sms": ["+46701740605", "+4749000001"]}
    messages: dict[str, list[Message]] = {"email": [], "sms": []}
    for journey in read_journeys(TEMPLATES)[0]:
        for step in journey.steps:
            for channel in filter(None, (step.channel, step.fallback)):
                for locale, address in product(BRAND.locales, addresses[channel]):
                    row = replace(sample_due(journey, step, channel, locale, sample), address=address)
                    send_id = f"{len(messages['email']) + len(messages['sms']):032x}"
                    messages[channel].append(renderer.render(row, send_id, SAMPLE_CODE))
    with sandbox.running() as box:
        channels = channels_for(settings(tmp_path, providers(box.url)), BRAND)
        ends = {(channel, end.state) for channel in channels for end in channels[channel].send(messages[channel], 30)}
        accepted = {each["send_id"]: each for each in box.accepted()}
    assert ends == {("email", "accepted"), ("sms", "accepted")}
    assert set(accepted) == {message.send_id for each in messages.values() for message in each}
    assert len(accepted) > 30


def test_a_provider_without_its_key_is_closed_and_the_other_is_not(tmp_path: Path) -> None:
    chosen = replace(providers("http://127.0.0.1:9"), twilio_token="")
    channels = channels_for(settings(tmp_path, chosen), BRAND)
    assert "TWILIO_AUTH_TOKEN" in str(channels["sms"].closed)
    assert channels["email"].closed is None
    voiceless = channels_for(settings(tmp_path, providers("http://127.0.0.1:9")), replace(BRAND, sms_senders={}))
    assert "sms_senders" in str(voiceless["sms"].closed)


def test_a_demo_writes_to_nobody_outside(tmp_path: Path) -> None:
    outside = Providers("providers", sendgrid_key=KEY)
    with pytest.raises(ConfigurationError, match="SENDGRID_HOST"):
        channels_for(replace(settings(tmp_path, outside), secret=Settings(tmp_path, tmp_path).secret), BRAND)
    assert channels_for(settings(tmp_path, outside), BRAND)["email"].closed is None


@pytest.mark.parametrize("setting", ["SENDGRID_HOST", "TWILIO_HOST"])
def test_a_host_that_is_none_names_its_setting(tmp_path: Path, setting: str) -> None:
    chosen = replace(providers("http://127.0.0.1:9"), **{setting.lower(): "https://"})
    with pytest.raises(ConfigurationError, match=f"^{setting} is no address of a host"):
        channels_for(settings(tmp_path, chosen), BRAND)


def test_no_word_of_a_key_is_in_what_channels_show_of_themselves(tmp_path: Path) -> None:
    channels = channels_for(settings(tmp_path, providers("http://127.0.0.1:9")), BRAND)
    assert not any("canary" in f"{channel!r} {channel}" for channel in channels.values())


def test_who_lints_or_writes_files_waits_for_no_sdk(tmp_path: Path) -> None:
    asked = f"""
import sys
from pathlib import Path
from stammis.rendering.brand import read_brand
from stammis.channels.chosen import channels_for
from stammis.rendering.linting import lint
from stammis.core.settings import PROJECT, Settings
templates = PROJECT / "templates"
lint(templates)
channels_for(Settings(data=Path({str(tmp_path)!r}), landing=Path()), read_brand(templates))
print(sorted(set({SDKS!r}) & set(sys.modules)))
"""
    ran = python("-c", asked)
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr
