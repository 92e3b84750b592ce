"""Each kind of setting is refused where it is read, by name and with a remedy, and says no word of a secret."""

import os
import pwd
import re
from pathlib import Path

import pytest

from stammis.core import setting_values, settings
from stammis.core.errors import ConfigurationError
from stammis.core.setting_values import SftpAddress, read_inbox, read_sftp_address
from stammis.core.settings import PROJECT, Settings, read_settings

SETTINGS = (PROJECT / "stammis" / "core" / "settings.py").read_text()
NAMES = sorted(set(re.findall(r'"((?:STAMMIS|SENDGRID|TWILIO)_[A-Z_]+)"', SETTINGS)))
FOLDERS = ("STAMMIS_DATA", "STAMMIS_LANDING", "STAMMIS_TEMPLATES", "STAMMIS_INBOX")
HOSTS = ("SENDGRID_HOST", "TWILIO_HOST", "STAMMIS_PUBLIC_URL")
SECRET = "canary"


def refusal(**environment: str) -> str:
    """What reading these settings, and asking for the inbox's folder, is refused with."""
    with pytest.raises(ConfigurationError) as caught:
        _ = read_settings(environment=environment).inbox_folder
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_whose_bytes_are_no_text_is_refused_by_name(name: str) -> None:
    undecodable = os.fsdecode(SECRET.encode() + b"\xff")
    assert refusal(**{name: undecodable}) == f"{name} contains bytes that are not UTF-8. Set it again."


@pytest.mark.parametrize(
    ("inbox", "remedy"),
    [
        (f"ftp://u:{SECRET}@host/in", "begins with ftp://: it can be a folder, or sftp://user@host/path"),
        (f"FTP://u:{SECRET}@host/in", "begins with ftp://"),
        (f"s3://{SECRET}", "begins with s3://"),
        ("file:///exports", "begins with file://"),
        (f"u:{SECRET}@host:/in", "is neither a folder nor sftp://user@host/path"),
        (f"sftp:u:{SECRET}@host", "is neither a folder nor sftp://user@host/path"),
        (f"sftp:/u:{SECRET}@host", "is neither a folder nor sftp://user@host/path"),
        (f"sftp://u:{SECRET}@host/in", "holds a password. Use a key"),
        (f"SFTP://u:{SECRET}@host/in", "holds a password. Use a key"),
        ("sftp://u:@host/in", "holds a password. Use a key"),
        (f"sftp://u:{SECRET}@[/in", "must read sftp://user@host/path"),
        ("sftp://[", "must read sftp://user@host/path"),
        ("sftp://", "must read sftp://user@host/path"),
        ("sftp://host/in", "must read sftp://user@host/path"),
        ("sftp://u@/in", "must read sftp://user@host/path"),
        ("sftp://u@:22/in", "must read sftp://user@host/path"),
        ("sftp://u@host:0/in", "a port from 1 to 65535;"),
        ("sftp://u@host:99999/in", "a port from 1 to 65535;"),
        ("sftp://u@host:٢٢/in", "a port from 1 to 65535;"),
        ("sftp://u@host:²/in", "a port from 1 to 65535;"),
        ("sftp://u@host:ssh/in", "a port from 1 to 65535;"),
        (f"sftp://u@{'h' * 70}.example/in", "must read sftp://user@host/path"),
        ("sftp://u@a..b/in", "must read sftp://user@host/path"),
        ("sftp://u@a b/in", "must read sftp://user@host/path"),
        ("sftp://u@１２７.0.0.1/in", "a host in ASCII"),
        ("sftp://u@[1::2::3]/in", "must read sftp://user@host/path"),
        ("sftp://u@host/in?today", "? is written %3F"),
        ("sftp://u@host/in#1", "# is %23"),
        ("sftp://u@host/in?", "? is written %3F"),
        ("sftp://u@host/a\nb", "must read sftp://user@host/path"),
        ("sftp://u@host/%00", "must read sftp://user@host/path"),
        ("sftp://u@host/%ff", "must read sftp://user@host/path"),
    ],
)
def test_an_inbox_that_is_neither_folder_nor_sftp_is_refused_without_its_password(inbox: str, remedy: str) -> None:
    told = refusal(STAMMIS_INBOX=inbox)
    assert told.startswith("STAMMIS_INBOX ") and remedy in told
    assert SECRET not in told
    with pytest.raises(ConfigurationError) as caught:
        read_inbox(inbox, "inbox")
    assert str(caught.value).startswith("inbox ") and SECRET not in str(caught.value), "a flow's parameter, too"


@pytest.mark.parametrize(
    ("inbox", "address"),
    [
        ("sftp://u@host", SftpAddress("u", "host", 22, "")),
        ("SFTP://u@Host:2222/in%20box", SftpAddress("u", "host", 2222, "/in box")),
        ("sftp://shop%40post@host:/ä%3F%23", SftpAddress("shop@post", "host", 22, "/ä?#")),
        ("sftp://u@[::1]:65535/", SftpAddress("u", "::1", 65535, "/")),
        ("sftp://u@my_host.example/in", SftpAddress("u", "my_host.example", 22, "/in")),
    ],
)
def test_an_address_of_an_inbox_is_read_in_parts(inbox: str, address: SftpAddress) -> None:
    settings = read_settings(environment={"STAMMIS_INBOX": inbox})
    assert settings.inbox.startswith("sftp://")
    assert (settings.inbox_folder, read_sftp_address(settings.inbox)) == (None, address)


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize(
    "url",
    [
        "https://host:٤٤٣",
        "https://host:²",
        "https://host:0",
        "https://host:65536",
        f"https://u:{SECRET}@host",
        f"https://{SECRET}@host",
        f"https://host?key={SECRET}",
        "https://host#",
        "https://ho st",
        "https://host\n.example",
        "https://a..b",
        f"https://{'h' * 70}.example",
        "https://１２７.0.0.1",
        "https://[::1",
        "https://",
        "//host",
    ],
)
def test_an_address_that_no_request_can_go_to_is_refused_without_its_key(name: str, url: str) -> None:
    told = refusal(**{name: url})
    assert told.startswith(f"{name} is no address of a host: write it as in https://")
    assert SECRET not in told


def test_only_where_people_come_to_may_an_address_go_on_with_a_path() -> None:
    url = "https://crm.example.com/stammis"
    assert read_settings(environment={"STAMMIS_PUBLIC_URL": f"{url}/"}).providers.public_url == url
    for name in ("SENDGRID_HOST", "TWILIO_HOST"):
        assert "is no address of a host" in refusal(**{name: url})


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("a" * 300, r"cannot be used \(File name too long\): name another by"),
        ("{tmp}/" + "a" * 300 + "/below", r"cannot be used \(File name too long\): name another by"),
        ("{tmp}/circle/below", r"cannot be used \(.+\): name another by"),
        ("/proc", r"cannot be used \(/proc keeps no files\): name another by"),
        ("/sys/kernel", r"cannot be used \(/sys keeps no files\): name another by"),
        ("{tmp}/file", r"/file is a file: name a folder by"),
        ("{tmp}/file/below/it", r"/file is a file: name a folder by"),
        ("~nobody-of-that-name/in", "begins with ~ and the name of nobody here: write the whole path"),
    ],
)
def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path, name: str, text: str, remedy: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    told = refusal(**{name: text.format(tmp=tmp_path)})
    assert name in told
    assert re.search(remedy, told)


@pytest.mark.parametrize("argument", ["data", "landing", "templates"])
@pytest.mark.parametrize("text", ["/proc", "a" * 300, "a\0b", os.fsdecode(b"a\xff"), __file__])
def test_a_folder_that_a_caller_names_is_looked_at_like_a_setting(argument: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--{argument} or STAMMIS_{argument.upper()}"):
        read_settings(**{argument: Path(text)}, environment={})  # type: ignore[arg-type]


def test_an_inbox_that_cannot_be_used_keeps_nobody_from_sending(tmp_path: Path) -> None:
    (tmp_path / "inbox").touch()
    settings = read_settings(data=tmp_path, environment={})
    with pytest.raises(ConfigurationError, match="is a file: name a folder by STAMMIS_INBOX"):
        _ = settings.inbox_folder
    assert Settings(data=tmp_path / "data", landing=tmp_path).inbox_folder == tmp_path / "data/inbox"


def test_a_home_is_meant_by_a_tilde_in_every_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    names = (*FOLDERS, "STAMMIS_SFTP_KEY", "STAMMIS_SFTP_KNOWN_HOSTS")
    (tmp_path / "STAMMIS_TEMPLATES").mkdir()
    settings = read_settings(environment={name: f"~/{name}" for name in names})
    found = (settings.data, settings.landing, settings.templates, settings.inbox_folder)
    assert (*found, settings.sftp_key, settings.sftp_known_hosts) == tuple(tmp_path / name for name in names)
    assert read_settings(data=Path("~/here"), environment={}).data == tmp_path / "here"


@pytest.mark.parametrize("name", ["~nobody-of-that-name", "~nobody-of-that-name/shop"])
def test_folder_named_with_a_tilde_can_be_named_as_a_shell_hands_it_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(data=Path(f"./{name}"), environment={}).data == tmp_path / name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("STAMMIS_ABSENT_AFTER_SECOND", "STAMMIS_ABSENT_AFTER_SECONDS"),
        ("STAMMIS_TEMPLATE", "STAMMIS_TEMPLATES"),
        ("STAMMIS_LANDNIG", "STAMMIS_LANDING"),
        ("STAMMIS_SECRETS", "STAMMIS_SECRET"),
        ("STAMMIS_SENDBY", "STAMMIS_SEND_BY"),
        ("STAMMIS_TEST_RECIPIENT", "STAMMIS_TEST_RECIPIENTS"),
        ("STAMMIS_SFTP_KNOWNHOSTS", "STAMMIS_SFTP_KNOWN_HOSTS"),
        ("STAMMIS_SAMPLE_DATA", None),
        ("STAMMIS_IMAGE_TAG", None),
        ("STAMMIS_DATABASE", None),
        ("SENDGRID_API_KEYS", None),
    ],
)
def test_misspelt_setting_is_refused_and_an_unknown_one_is_left_alone(name: str, meant: str | None) -> None:
    if meant:
        assert refusal(**{name: "60"}) == f"{name} is no setting: did you mean {meant}?"
    else:
        read_settings(environment={name: "60"})


def test_every_variable_that_is_read_is_known() -> None:
    files = [path for room in ("stammis", "flows", "dbt_project") for path in (PROJECT / room).rglob("*.*")]
    texts = [path.read_text() for path in files if path.suffix in (".py", ".sql", ".yml")]
    read = {name for text in texts for name in re.findall(r"""["'](STAMMIS_[A-Z_]*[A-Z])["']""", text)}
    assert read == set(settings.NAMES)


def test_templates_folder_that_is_missing_is_refused() -> None:
    assert refusal(STAMMIS_TEMPLATES="/nope") == (
        "There is no templates folder /nope: name another by --templates or STAMMIS_TEMPLATES."
    )


def test_somebody_without_a_home_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: object) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert read_settings(environment={}).data == Path("data").resolve()
    assert "begins with ~" in refusal(STAMMIS_LANDING="~/landing")


@pytest.mark.parametrize(
    ("size", "remedy"),
    [
        ("1MB", "the warehouse needs at least 256MB"),
        ("255MB", "the warehouse needs at least 256MB"),
        ("256MB", None),
        ("1GB", None),
        ("٢GB", "a size such as 4GB"),
        ("0GB", "a size such as 4GB"),
        ("1gb", None),
        ("300mb", None),
        ("1 GB", "a whole number and MB or GB right behind it"),
        ("1.5GB", "a whole number and MB or GB right behind it"),
    ],
)
def test_memory_too_small_to_build_in_is_refused_with_the_least(size: str, remedy: str | None) -> None:
    if remedy:
        assert re.search(f"STAMMIS_MEMORY is .*{remedy}", refusal(STAMMIS_MEMORY=size))
    else:
        assert read_settings(environment={"STAMMIS_MEMORY": size}).memory_limit == size.upper()


NO_ADDRESSES = ("@", "a@", "@b.se", "a b@c.se", "a@b c.se", "a@b", "a@.se", "a@b.", "a@b@c.se", "A <a@b.se>")
NO_NUMBERS = ("+", "+      ", "+46", "+4670123456789012345", "+٤٦٧٠١٢٣٤٥٦٧", "0701234567", "a@b.se;c@d.se")


@pytest.mark.parametrize("recipient", [*NO_ADDRESSES, *NO_NUMBERS])
def test_a_test_recipient_nobody_can_be_is_refused_by_its_place_alone(recipient: str) -> None:
    assert refusal(STAMMIS_TEST_RECIPIENTS=f"me@example.com, {recipient}") == (
        "STAMMIS_TEST_RECIPIENTS, entry 2, is neither an e-mail address nor a number such as +46701234567. "
        "Several stand apart by commas."
    )


def test_test_recipients_stay_as_they_are_written() -> None:
    text = "me@example.com, åsa+test@bücher.example,+46 70 123 45 67 ,"
    expected = ("me@example.com", "åsa+test@bücher.example", "+46 70 123 45 67")
    assert read_settings(environment={"STAMMIS_TEST_RECIPIENTS": text}).test_recipients == expected


@pytest.mark.parametrize("name", ["SENDGRID_API_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
@pytest.mark.parametrize("sign", ["\n", "\r\nTo: b", " ", "\t", "\0", "\x7f", "é", "✓", "\u2028"])
def test_a_key_that_no_request_can_hold_is_refused_unseen(name: str, sign: str) -> None:
    told = refusal(**{name: f"{SECRET}{sign}{SECRET}"})
    assert told.startswith(f"{name} c")
    assert SECRET not in told


@pytest.mark.parametrize("sign", ["/", "?", "#", "%", ":", "@"])
def test_an_account_that_would_change_the_path_of_a_request_is_refused(sign: str) -> None:
    assert "copy it from Twilio's console" in refusal(TWILIO_ACCOUNT_SID=f"AC{sign}1")


def test_a_key_stays_as_it_is_but_for_blanks_around_it() -> None:
    settings = read_settings(environment={"SENDGRID_API_KEY": " SG.a-b_c/ \n", "TWILIO_AUTH_TOKEN": "t+/=/"})
    assert (settings.providers.sendgrid_key, settings.providers.twilio_token) == ("SG.a-b_c/", "t+/=/")


def test_there_are_settings_to_look_at() -> None:
    assert len(NAMES) > 15
    assert {name for name in NAMES if not name.startswith(setting_values.OURS)} == set()
