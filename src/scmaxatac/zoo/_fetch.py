"""Download of one file: checked, resumed where it broke off, safe beside another process that wants the same."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from scmaxatac._logging import logger
from scmaxatac.io._disk import disk_errors
from scmaxatac.io._files import sha256_of, sync
from scmaxatac.io._lock import LOCK
from scmaxatac.io._lock import locked as lock
from scmaxatac.zoo._registry import RemoteFile

ATTEMPTS = 4
"""Attempts at a file before a broken connection is an error."""

PAUSE = 1.0
"""Seconds to wait before the second attempt; doubled with each further one."""

_CHUNK = 1 << 16
_TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
_GONE = (404, 410)
_TEMPORARY = (408, 429, 500, 502, 503, 504)
_BAD_RANGE = 416
_PARTIAL = 206

Advance = Callable[[int], object]


def fetch(file: RemoteFile, folder: Path, *, base_url: str, advance: Advance, hint: str) -> Path:
    """Download a file unless it is there already with the right checksum.

    Parameters
    ----------
    file
        What to download.
    folder
        Where to; the file lies below it under its path in the repository. A download that broke off leaves what it
        has as ``.part`` and goes on from there next time.
    base_url
        Address of the repository's root, or of a mirror of it.
    advance
        Called with numbers of bytes as they come; a negative one when a download starts again.
    hint
        What to do without the download, for messages.

    Returns
    -------
    Path of the file.

    Raises
    ------
    FileNotFoundError
        If the address does not exist.
    ConnectionError
        If it can't be reached, or breaks off time and again.
    ValueError
        If what it gives is not the expected file.
    """
    path, url = folder / file.path, f"{base_url.rstrip('/')}/{file.path}"
    if path.is_file() and sha256_of(path) == file.sha256:
        return path
    downloader = _Downloader(file, folder / f"{file.path}.part", advance, hint)
    while True:
        try:
            with disk_errors(path):
                downloader.complete(url)
            downloader.name_it(path)
            return path
        except ValueError as error:  # a wrong checksum or size
            downloader.forget()
            if downloader.resumed:  # the piece of an earlier run may be at fault; it is gone now
                logger.info("%s: %s; starting from the beginning", file.name, error)
                continue
            raise ValueError(f"{url} is not the expected file, nothing of it was kept: {error}. {hint}") from None


class _Downloader:
    """Gets a file: goes on from the ``.part`` file, tries again when the connection breaks."""

    def __init__(self, file: RemoteFile, part: Path, advance: Advance, hint: str) -> None:
        self.file = file
        self.part = part
        self.advance = advance
        self.hint = hint
        self.size = 0
        self.resumed = False

    def complete(self, url: str) -> None:
        """Download what is missing of the ``.part`` file."""
        self.part.parent.mkdir(parents=True, exist_ok=True)
        self.part.touch()
        self._grow(self.part.stat().st_size)
        self.resumed = self.size > 0
        try:
            with requests.Session() as session:
                self._complete(session, url)
        finally:
            if self.part.is_file() and not self.size:
                self.part.unlink()

    def name_it(self, path: Path) -> None:
        """Rename the complete file to its own name, if it is the right one."""
        found = sha256_of(self.part)
        if found != self.file.sha256:
            raise ValueError(f"its sha256 is {found}, expected is {self.file.sha256}")
        sync(self.part)
        os.replace(self.part, path)
        sync(path.parent)

    def forget(self) -> None:
        """Take back what was told to `advance` and drop what there is."""
        self._grow(-self.size)
        self.part.unlink(missing_ok=True)

    def _grow(self, n_bytes: int) -> None:
        self.size += n_bytes
        self.advance(n_bytes)

    def _complete(self, session: requests.Session, url: str) -> None:
        trouble = ""
        for attempt in range(ATTEMPTS):
            if self.size == self.file.size:
                return
            if attempt:
                logger.info("%s: %s; trying again", url, trouble)
                time.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                trouble = self._continue(session, url)
            except requests.RequestException as error:
                trouble = f"the connection failed ({error})"
        if self.size != self.file.size:
            kept = f"; {self.size} of {self.file.size} bytes are kept for the next attempt" if self.size else ""
            raise ConnectionError(f"{url} could not be downloaded: {trouble}{kept}. {self.hint}")

    def _continue(self, session: requests.Session, url: str) -> str:
        """Ask for what is missing and append it; says what went wrong if the file is not complete afterwards."""
        headers = {"Accept-Encoding": "identity"}
        if self.size:
            headers["Range"] = f"bytes={self.size}-"
        with session.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            status = f"the server answered {response.status_code} {response.reason}"
            if response.status_code in _GONE:
                raise FileNotFoundError(f"{url} does not exist: {status}. {self.hint}")
            if response.status_code in _TEMPORARY:
                return status
            if response.status_code == _BAD_RANGE and self.size:
                self._restart()
                return status
            if response.status_code not in (requests.codes.ok, _PARTIAL):
                raise ConnectionError(f"{url} could not be downloaded: {status}. {self.hint}")
            if _offset(response) != self.size:  # a server that ignores the range sends all of it
                self._restart()
                if _offset(response):
                    return f"{status} and sent another part than it was asked for"
            length = response.headers.get("Content-Length", "")
            if length.isdigit() and self.size + int(length) != self.file.size:
                raise ValueError(f"it has {self.size + int(length)} bytes, expected are {self.file.size}")
            self._append(response)
        return "the connection broke off"

    def _append(self, response: requests.Response) -> None:
        with open(self.part, "ab") as handle:
            for piece in response.iter_content(_CHUNK):
                handle.write(piece)
                self._grow(len(piece))
                if self.size > self.file.size:
                    raise ValueError(f"it has more than the expected {self.file.size} bytes")

    def _restart(self) -> None:
        self._grow(-self.size)
        os.truncate(self.part, 0)


def _offset(response: requests.Response) -> int:
    """Position in the file at which the body of a response starts."""
    if response.status_code != _PARTIAL:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time work in a folder; others wait, and say for whom.

    The lock is a :class:`~scmaxatac.io._lock.Lock`.

    Parameters
    ----------
    folder
        The folder; a hidden file stays in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / LOCK, folder, wait=True):
        yield
