"""An error about a mistyped setting names it, and says what to write."""

from pathlib import Path

import pytest

from stammis.core.errors import ConfigurationError
from stammis.core.settings import DEMO_SECRET, PROJECT, read_settings

OWN = {"STAMMIS_SECRET": "of our own"}


@pytest.mark.parametrize(
    ("environment", "remedy"),
    [
        ({"STAMMIS_ABSENT_AFTER_SECONDS": "60s"}, "is '60s': write whole seconds without a unit, such as 60"),
        ({"STAMMIS_ABSENT_AFTER_SECONDS": "1.5"}, "such as 60"),
        ({"STAMMIS_ABSENT_AFTER_SECONDS": "-1"}, "such as 60"),
        ({"STAMMIS_ABSENT_AFTER_SECONDS": "²"}, "such as 60"),
        ({"STAMMIS_MEMORY": "4 gigabytes"}, "it can be a size such as 4GB"),
        ({"STAMMIS_LARGEST_FILE": "big"}, "STAMMIS_LARGEST_FILE is 'big': it can be a size such as 4GB"),
        ({"STAMMIS_SEND_BY": "post"}, "it can be files or providers"),
        (
            {**OWN, "STAMMIS_SEND_BY": "providers", "SENDGRID_HOST": "api.eu.sendgrid.com"},
            "is no address of a host",
        ),
        ({**OWN, "STAMMIS_SEND_BY": "providers", "TWILIO_HOST": "http://api.twilio.com"}, "only travel over https://"),
        ({"STAMMIS_SEND_BY": "providers", "SENDGRID_HOST": "https://api.sendgrid.com"}, "This is a demo"),
        ({"STAMMIS_PUBLIC_URL": "crm.example.com"}, "write it as in https://crm.example.com"),
        ({"STAMMIS_TEST_RECIPIENTS": "me@example.com, anna"}, "entry 2, is neither an e-mail address nor a number"),
        ({"STAMMIS_PUBLIC_URL": "https://["}, "is no address"),
        ({"STAMMIS_PUBLIC_URL": "ftp://crm.example.com"}, "is no address"),
        ({"STAMMIS_PUBLIC_URL": "https://me:anna@crm.example.com"}, "without a password"),
        ({"SENDGRID_HOST": "http://me:anna@api.sendgrid.com"}, "without a password"),
        ({"TWILIO_HOST": "https://api.twilio.com:99999"}, "is no address"),
        ({"TWILIO_HOST": "https://℀.com"}, "is no address"),
        ({"STAMMIS_MEMORY": "99999999999999999999GB"}, "it can be a size such as 4GB"),
        ({"STAMMIS_SFTP_KEY": "~nobody-of-that-name/key"}, "write the whole path"),
        ({"STAMMIS_SFTP_KNOWN_HOSTS": "~nobody-of-that-name/hosts"}, "write the whole path"),
        ({"STAMMIS_DATA": __file__}, "is a file: name a folder by --data or STAMMIS_DATA"),
        ({"STAMMIS_DATA": f"{__file__}/below"}, "is a file: name a folder by --data or STAMMIS_DATA"),
    ],
)
def test_a_setting_that_cannot_be_used_says_what_to_write(environment: dict[str, str], remedy: str) -> None:
    name = list(environment)[-1]
    with pytest.raises(ConfigurationError, match=remedy) as caught:
        read_settings(environment=environment)
    assert name in str(caught.value)
    assert "anna" not in str(caught.value), "no personal data"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("address", ["socks5://proxy.example.com:1080", "https://proxy.example.com:443", "proxy"])
def test_proxy_of_another_kind_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(name, address)
    own = {"STAMMIS_SECRET": "of our own"}
    assert read_settings(environment=own), "files need no proxy"
    with pytest.raises(ConfigurationError, match=f"{name.upper()} .*proxy.example.com:3128"):
        read_settings(environment={**own, "STAMMIS_SEND_BY": "providers"})
    monkeypatch.setenv("NO_PROXY", "api.sendgrid.com,api.twilio.com")
    assert read_settings(environment={**own, "STAMMIS_SEND_BY": "providers"})


def test_an_empty_variable_is_one_not_set() -> None:
    names = (
        "STAMMIS_DATA",
        "STAMMIS_LANDING",
        "STAMMIS_TEMPLATES",
        "STAMMIS_SECRET",
        "STAMMIS_MEMORY",
        "STAMMIS_INBOX",
    )
    settings = read_settings(environment=dict.fromkeys(names, " "))
    assert settings == read_settings(environment={})
    assert settings.data == Path("data").resolve()
    assert settings.landing == settings.data / "landing"
    assert settings.templates == PROJECT / "templates"
    assert settings.secret == DEMO_SECRET
    assert settings.inbox == str(settings.data / "inbox")


def test_what_a_caller_names_wins_over_the_environment(tmp_path: Path) -> None:
    environment = {"STAMMIS_DATA": "elsewhere", "STAMMIS_LANDING": "elsewhere/landing"}
    settings = read_settings(data=tmp_path, environment=environment)
    assert settings.data == tmp_path
    assert settings.landing == Path("elsewhere/landing").resolve()


@pytest.mark.parametrize("name", ["what?", "a#b", "a\\b", "a" * 300])
def test_a_folder_that_the_warehouse_cannot_lie_in_is_refused(tmp_path: Path, name: str) -> None:
    for folder in (tmp_path / name, tmp_path / name / "data"):
        with pytest.raises(
            ConfigurationError, match=r"the warehouse cannot lie in|cannot be used \(File name too long\)"
        ):
            read_settings(data=folder, environment={})
