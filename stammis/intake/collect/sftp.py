"""An inbox on somebody's SFTP server: by key and a known host, never by password. The only home of paramiko.

`pip install 'stammis[sftp]'` brings it; nothing else needs it.
"""

import posixpath
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from stammis.core.errors import ConfigurationError, InputError, StammisError
from stammis.core.setting_values import read_sftp_address
from stammis.core.settings import Settings
from stammis.intake.collect.place import DONE, Waiting
from stammis.intake.files import CHUNK

PATIENCE = 30  # seconds to be answered in


@contextmanager
def sftp_inbox(settings: Settings) -> Iterator["SftpInbox"]:
    """The inbox behind `sftp://user@host:port/path`, for as long as it is used.

    Raises ConfigurationError for an address or key that cannot be used, InputError where the server does not let us in.
    """
    try:
        import paramiko
    except ImportError:
        raise ConfigurationError("An inbox on SFTP needs paramiko: pip install 'stammis[sftp]'") from None
    address = read_sftp_address(settings.inbox)
    key = _private_key(settings.sftp_key)
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    _load_known_hosts(client, settings.sftp_known_hosts)
    with closing(client):
        try:
            client.connect(
                address.host,
                address.port,
                address.user,
                pkey=key,
                allow_agent=False,
                look_for_keys=False,
                timeout=PATIENCE,
                banner_timeout=PATIENCE,
                auth_timeout=PATIENCE,
                channel_timeout=PATIENCE,
            )
            session = client.open_sftp()
        except (paramiko.SSHException, OSError, EOFError) as error:
            who = f"{address.host} does not let us in with the key of STAMMIS_SFTP_KEY"
            raise InputError(f"{who}: {error or 'it hung up'}") from None
        with closing(session):
            session.get_channel().settimeout(PATIENCE)
            try:
                yield SftpInbox(session, address.path or ".")
            except (paramiko.SSHException, paramiko.SFTPError, EOFError) as error:
                raise InputError(f"{address.host}: {error or 'it hung up'}. Collect again.") from None


def _private_key(path: Path | None) -> Any:
    import paramiko

    try:
        if path is None or not path.is_file():
            raise ConfigurationError("STAMMIS_SFTP_KEY must name the file of a private key.")
        return paramiko.PKey.from_path(path)
    except StammisError:
        raise
    except OSError as error:
        raise ConfigurationError(f"STAMMIS_SFTP_KEY cannot be read ({error.strerror}): name another file.") from None
    except Exception:  # each kind of broken key has an error of its own, and it may quote the key
        raise ConfigurationError(
            f"STAMMIS_SFTP_KEY: {path} is not a private key that can be used: RSA, ECDSA or Ed25519, in the form "
            "of OpenSSH or PEM, without a passphrase."
        ) from None


def _load_known_hosts(client: Any, path: Path) -> None:
    """Only servers in this file are spoken to."""
    remedy = (
        "Write the server's key there (ssh-keyscan shows it; compare it with what its owner says), or name another "
        "file with STAMMIS_SFTP_KNOWN_HOSTS."
    )
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path} is not a file. {remedy}")
        client.load_host_keys(str(path))
    except StammisError:
        raise
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file. {remedy}") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}). {remedy}") from None
    except Exception:  # bytes that are no text, a key that is no base64, one cut short: each has an error of its own
        raise ConfigurationError(f"{path} is not a list of servers' keys. {remedy}") from None


@dataclass(frozen=True, slots=True)
class SftpInbox:
    """A folder on the server, with a folder per source in it. What it lists is looked at like any stranger's word."""

    session: Any
    folder: str

    def waiting(self) -> list[Waiting]:
        """Regular files, a folder deep, ordered by place."""
        try:
            entries = self._entries("")
        except FileNotFoundError:
            raise InputError(f"{self.folder}: there is no such folder on the server") from None
        files = [entry for entry in entries if stat.S_ISREG(entry.st_mode)]
        found = [self._described(entry.filename, entry) for entry in files]
        for source in (entry.filename for entry in entries if stat.S_ISDIR(entry.st_mode)):
            found += [
                self._described(f"{source}/{entry.filename}", entry)
                for entry in self._entries(source)
                if stat.S_ISREG(entry.st_mode)
            ]
        return sorted(found, key=lambda file: file.place)

    def stat(self, file: Waiting) -> Waiting:
        return self._described(file.place, self.session.lstat(self._path(file.place)))

    def read(self, file: Waiting) -> Iterator[bytes]:
        with self.session.open(self._path(file.place), "rb") as stream:
            stream.prefetch(file.size)
            while chunk := stream.read(CHUNK):
                yield chunk

    def archive(self, file: Waiting, day: date) -> None:
        """Put back what has changed since it was read: the next run fetches that."""
        done = posixpath.join(DONE, day.isoformat(), file.place)
        self._make_folders(posixpath.dirname(done))
        self.session.posix_rename(self._path(file.place), self._path(done))
        moved = self._described(file.place, self.session.lstat(self._path(done)))
        if moved != file:
            with suppress(OSError):  # a newer one lies there already
                self.session.rename(self._path(done), self._path(file.place))

    def forget_before(self, day: date) -> None:
        with suppress(FileNotFoundError):
            for kept in self.session.listdir(self._path(DONE)):
                if kept < day.isoformat():
                    self._remove(posixpath.join(DONE, kept))

    def _entries(self, place: str) -> list[Any]:
        """What a folder holds; a name that would lead elsewhere is no name."""
        listed = self.session.listdir_attr(self._path(place))
        return [entry for entry in listed if "/" not in entry.filename and not entry.filename.startswith(".")]

    def _described(self, place: str, found: Any) -> Waiting:
        return Waiting(place, found.st_size, found.st_mtime * 1_000_000_000)

    def _make_folders(self, place: str) -> None:
        made = ""
        for part in place.split("/"):
            made = posixpath.join(made, part)
            with suppress(OSError):  # it is there
                self.session.mkdir(self._path(made))

    def _remove(self, place: str) -> None:
        for entry in self.session.listdir_attr(self._path(place)):
            inside = posixpath.join(place, entry.filename)
            if stat.S_ISDIR(entry.st_mode):
                self._remove(inside)
            else:
                self.session.remove(self._path(inside))
        self.session.rmdir(self._path(place))

    def _path(self, place: str) -> str:
        return posixpath.join(self.folder, place)
