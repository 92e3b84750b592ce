"""An inbox on a server is one like any other, and only the server we know gets to see our key."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stammis.core.errors import ConfigurationError, InputError
from stammis.core.settings import Settings
from stammis.intake.collect.inbox import CollectOptions, collect, open_inbox
from tests.support.inbox import ANSWERS, EARLIER, MOVE, landed, two_sources
from tests.support.moments import NOW

paramiko = pytest.importorskip("paramiko", reason="no paramiko: pip install 'stammis[sftp]'")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Settings]:
    """Settings for a server that runs, with one file in its inbox."""
    from tests.support.sftp import USER, serving

    host_key, user_key = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    user_key.write_private_key_file(str(tmp_path / "key"))
    file = tmp_path / "served/in box/surveys/answers.csv"
    file.parent.mkdir(parents=True)
    file.write_text(ANSWERS)
    os.utime(file, ns=(EARLIER, EARLIER))
    with serving(tmp_path / "served", host_key, user_key) as port:
        known = f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}\n"
        (tmp_path / "known_hosts").write_text(known)
        yield Settings(
            data=tmp_path / "data",
            landing=tmp_path / "landing",
            dbt_project=two_sources(tmp_path),
            inbox=f"sftp://{USER}@127.0.0.1:{port}/in%20box",
            sftp_key=tmp_path / "key",
            sftp_known_hosts=tmp_path / "known_hosts",
        )


def statuses(settings: Settings, options: CollectOptions = MOVE, days: int = 0) -> list[tuple[str, str]]:
    with open_inbox(settings) as inbox:
        return [(each.file, each.status) for each in collect(inbox, settings, NOW + timedelta(days=days), options)]


def test_a_file_on_a_server_lands_once_and_is_archived_there(server: Settings, tmp_path: Path) -> None:
    served = tmp_path / "served/in box"
    (served / "surveys/link.csv").symlink_to("/etc/hostname")
    assert statuses(server) == [("surveys/answers.csv", "landed")]
    assert landed(server) == {"surveys/answers.csv": ANSWERS}
    assert (served / ".done/2025-12-10/surveys/answers.csv").read_text() == ANSWERS
    assert statuses(server, days=7) == []
    assert statuses(server, days=8) == []
    assert list((served / ".done").iterdir()) == []


def test_a_file_that_stays_on_its_server_is_fetched_once(server: Settings, tmp_path: Path) -> None:
    leave = CollectOptions(leave=True)
    assert statuses(server, leave) == [("surveys/answers.csv", "landed")]
    assert statuses(server, leave) == [("surveys/answers.csv", "landed before")]
    assert (tmp_path / "served/in box/surveys/answers.csv").exists()


def test_an_unknown_server_is_not_connected_to(server: Settings, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    with pytest.raises(InputError, match=r"127\.0\.0\.1 does not let us in .*not found in known_hosts"):
        statuses(server)


def test_another_key_opens_nothing(server: Settings, tmp_path: Path) -> None:
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "other"))
    with pytest.raises(InputError, match="does not let us in with the key of STAMMIS_SFTP_KEY"):
        statuses(replace(server, sftp_key=tmp_path / "other"))


def _spoil(path: Path, kind: str) -> None:
    """Put something in the place of a key or a list of keys that is none."""
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "circle":
        path.symlink_to(path)
    elif kind == "locked":
        paramiko.ECDSAKey.generate().write_private_key_file(str(path), password="secret")
    elif kind != "missing":
        path.write_bytes(SPOILT[kind])


SPOILT = {
    "empty": b"",
    "binary": bytes(range(256)),
    "text": b"secret",
    "public": b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIsecret me@here\n",
    "cut": b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n",
    "pem": b"-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n",
    "no base64": b"host ssh-ed25519 secre\n",
    "cut short": b"host ecdsa-sha2-nistp256 AAAAE2Vj\n",
}


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("folder", "must name the file of a private key"),
        ("pipe", "must name the file of a private key"),
        ("missing", "must name the file of a private key"),
        ("circle", "STAMMIS_SFTP_KEY"),
        *[(kind, "is not a private key that can be used") for kind in ("locked", "empty", "binary", "text", "public")],
        *[(kind, "is not a private key that can be used") for kind in ("cut", "pem")],
    ],
)
def test_a_key_that_cannot_be_used_is_a_setting_to_mend(
    server: Settings, tmp_path: Path, kind: str, remedy: str
) -> None:
    _spoil(tmp_path / "key", kind)
    with pytest.raises(ConfigurationError, match=remedy) as caught:
        statuses(server)
    assert "STAMMIS_SFTP_KEY" in str(caught.value) and "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("folder", "is not a file"),
        ("pipe", "is not a file"),
        ("missing", "no such file"),
        ("circle", "cannot be read"),
        ("binary", "is not a list of servers' keys"),
        ("no base64", "is not a list of servers' keys"),
    ],
)
def test_a_list_of_servers_that_cannot_be_used_is_a_setting_to_mend(
    server: Settings, tmp_path: Path, kind: str, remedy: str
) -> None:
    _spoil(tmp_path / "known_hosts", kind)
    with pytest.raises(ConfigurationError, match=remedy) as caught:
        statuses(server)
    assert "STAMMIS_SFTP_KNOWN_HOSTS" in str(caught.value) and str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("setting", ["sftp_key", "sftp_known_hosts"])
@pytest.mark.parametrize("name", ["a" * 300, "key/below"])
def test_a_path_that_no_file_can_have_is_a_setting_to_mend(
    server: Settings, tmp_path: Path, setting: str, name: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"STAMMIS_{setting.upper()}"):
        statuses(replace(server, **{setting: tmp_path / name}))  # type: ignore[arg-type]


def test_what_a_server_does_not_allow_is_said_with_the_file(server: Settings, tmp_path: Path) -> None:
    (tmp_path / "served/in box/.done").touch()
    with pytest.raises(InputError, match=r"surveys/answers\.csv: .+collect again; what has landed stays"):
        statuses(server)
    assert landed(server) == {"surveys/answers.csv": ANSWERS}


@pytest.mark.parametrize(
    ("inbox", "remedy"),
    [
        ("sftp://stammis:secret@host/in", "holds a password. Use a key"),
        ("ftp://stammis:secret@host/in", "begins with ftp://"),
        ("sftp://host/in", "must read sftp://user@host/path"),
        ("sftp://stammis@host/in", "STAMMIS_SFTP_KEY must name the file"),
    ],
)
def test_an_address_that_cannot_be_used_says_how_it_should_read(inbox: str, remedy: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, landing=tmp_path, inbox=inbox)
    with pytest.raises(ConfigurationError, match=remedy) as raised, open_inbox(settings):
        pass
    assert "secret" not in str(raised.value)


def test_without_its_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paramiko", None)
    settings = Settings(data=tmp_path, landing=tmp_path, inbox="sftp://stammis@host/in")
    with pytest.raises(ConfigurationError, match=r"pip install 'stammis\[sftp\]'"), open_inbox(settings):
        pass
