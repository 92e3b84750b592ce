"""An SFTP server on this machine, over a real socket, that serves one folder to the holder of one key."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko

USER = "stammis"


class Door(paramiko.ServerInterface):
    """Lets in by the one public key; a password opens nothing."""

    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if (username, key) == (USER, self.key) else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class Shelf(paramiko.SFTPServerInterface):
    """One folder, as its root."""

    folder = Path()

    def _path(self, path: str) -> str:
        return str(self.folder / self.canonicalize(path).lstrip("/"))

    def list_folder(self, path: str) -> Any:
        described = paramiko.SFTPAttributes.from_stat
        return self._result_or_error(
            lambda: [described(os.lstat(each), each.name) for each in os.scandir(self._path(path))]
        )

    def stat(self, path: str) -> Any:
        return self._result_or_error(lambda: paramiko.SFTPAttributes.from_stat(os.stat(self._path(path))))

    def lstat(self, path: str) -> Any:
        return self._result_or_error(lambda: paramiko.SFTPAttributes.from_stat(os.lstat(self._path(path))))

    def open(self, path: str, flags: int, attr: Any) -> Any:
        def opened() -> paramiko.SFTPHandle:
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = handle.filename = None
            handle.readfile = open(self._path(path), "rb")  # noqa: SIM115 - the handle closes it
            return handle

        return self._result_or_error(opened)

    def remove(self, path: str) -> int:
        return self._done(lambda: os.remove(self._path(path)))

    def rename(self, oldpath: str, newpath: str) -> int:
        if os.path.exists(self._path(newpath)):
            return paramiko.SFTP_FAILURE
        return self._done(lambda: os.rename(self._path(oldpath), self._path(newpath)))

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._done(lambda: os.replace(self._path(oldpath), self._path(newpath)))

    def mkdir(self, path: str, attr: Any) -> int:
        return self._done(lambda: os.mkdir(self._path(path)))

    def rmdir(self, path: str) -> int:
        return self._done(lambda: os.rmdir(self._path(path)))

    def _done(self, act: Any) -> int:
        result = self._result_or_error(act)
        return paramiko.SFTP_OK if result is None else int(result)

    def _result_or_error(self, act: Any) -> Any:
        try:
            return act()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)


@contextmanager
def serving(folder: Path, host_key: paramiko.PKey, user_key: paramiko.PKey) -> Iterator[int]:
    """The port it listens on, until the end of the block."""
    shelf = type("FolderShelf", (Shelf,), {"folder": folder})
    listening = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, shelf)
            try:
                transport.start_server(server=Door(user_key))
            except (paramiko.SSHException, EOFError):
                continue

    threading.Thread(target=answer, daemon=True).start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.close()
        for transport in transports:
            transport.close()
