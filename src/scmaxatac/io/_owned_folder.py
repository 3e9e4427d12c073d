"""Folders that hold files of ours alone: a marker lists them, and one process at a time writes."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scmaxatac._text import abbreviate
from scmaxatac.io._files import atomic_path, checksum
from scmaxatac.io._lock import LOCK, Lock, identity_of
from scmaxatac.io._output import write_errors
from scmaxatac.io._temporary import remove_leftovers

MARKER = "scmaxatac.json"
"""File that makes a folder ours and lists what we wrote there."""

_FORMAT = "scmaxatac-folder"
_VERSION = 1
_NOTICE = "scmaxatac wrote the files listed here and may replace them; files that are not listed it leaves alone"

_BEING_WRITTEN = ""
"""What is listed in place of a checksum while a file is written, and after a kill."""


class OwnedFolder:
    """A folder whose files scmaxatac wrote, held by one process while it writes.

    A context manager that holds the lock of the folder; the lock goes with the process, however that ends. Files are
    named in the marker *before* they are written, and only named files are ever replaced or removed: what else lies in
    the folder is the user's. Readers need no lock and don't use this class.

    Parameters
    ----------
    path
        The folder; made when it is missing.
    kind
        What the folder holds, such as ``"prediction"``; a folder of another kind is refused.
    made_from
        What its files are made from, where they may replace earlier ones of the same origin only.
    strict
        Whether a named file that was changed since it was written is the user's as well. Otherwise it is damaged, and
        replaced.

    Raises
    ------
    ValueError
        If the folder can't be made or written to, or its marker is damaged, copied from elsewhere, of another kind or
        of another origin.
    RuntimeError
        If another process is writing to the folder.
    """

    def __init__(self, path: str | os.PathLike[str], kind: str, *, made_from: str = "", strict: bool = False) -> None:
        self.path = Path(path).expanduser()
        self.kind = kind
        self.made_from = made_from
        self.strict = strict
        self._listed: dict[str, str] = {}
        self._lock: Lock | None = None
        self._identity = ""

    def __enter__(self) -> Self:
        with write_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.path / LOCK, self.path)
            self._identity = self._lock.identity
        try:
            self._listed = read_marker(self.path, self.kind, made_from=self.made_from)
            remove_leftovers(self.path)
            there = {name: noted for name, noted in self._listed.items() if os.path.lexists(self.path / name)}
            if there != self._listed:  # what lies there later under those names is the user's
                self._write(there)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            written = [name for name, found in self._listed.items() if found == _BEING_WRITTEN]
            files = [name for name in written if not name.endswith("/") and (self.path / name).is_file()]
            absent = {name for name in written if not os.path.lexists(self.path / name)}
            if files or absent:
                with suppress(OSError):  # without the checksums the files are still ours
                    noted = self._listed | {name: checksum(self.path / name) for name in files}
                    self._write({name: found for name, found in noted.items() if name not in absent})
        finally:
            if self._lock is not None:
                self._lock.release()

    def announce(self, names: Iterable[str]) -> None:
        """List files that are about to be written.

        Parameters
        ----------
        names
            Paths relative to the folder, with ``/``; one that ends with ``/`` is a folder that is ours as a whole.

        Raises
        ------
        ValueError
            If something that we did not write is in the way; nothing is listed then.
        """
        names = list(names)
        self.check_free(names)
        self.adopt(names)

    def check_free(self, names: Iterable[str]) -> None:
        """Raise what :meth:`announce` would, before the work and without listing anything yet."""
        _refuse_foreign(self.path, names, self._listed, strict=self.strict)

    def adopt(self, names: Iterable[str]) -> None:
        """List files that are ours by what they hold, though no marker says so: a version without markers wrote them.

        Parameters
        ----------
        names
            As for :meth:`announce`.
        """
        new = self._listed | dict.fromkeys(names, _BEING_WRITTEN)
        if new != self._listed:
            self._write(new)

    def lists(self, name: str) -> bool:
        """Whether a path relative to the folder is listed as ours, by itself or with the folder that it lies in."""
        return _lists(self._listed, name)

    def remove(self, names: Iterable[str]) -> None:
        """Remove listed files and folders, as far as they exist, and strike them off the list.

        Names that are not listed are left alone.

        Parameters
        ----------
        names
            As for :meth:`announce`.

        Raises
        ------
        ValueError
            If one of the files was changed since it was written; nothing is removed then.
        """
        ours = self._listed.keys() & set(names)
        _refuse_changed(self.path, sorted(ours), self._listed)
        for name in ours:
            path = self.path / name
            if name.endswith("/"):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if ours:
            self._write({name: found for name, found in self._listed.items() if name not in ours})

    @property
    def listed(self) -> frozenset[str]:
        """Files and folders that are ours, relative to the folder."""
        return frozenset(self._listed)

    def _write(self, listed: dict[str, str]) -> None:
        content: dict[str, Any] = {
            "format": _FORMAT,
            "version": _VERSION,
            "kind": self.kind,
            "made_from": self.made_from,
            "folder": self._identity,
            "notice": _NOTICE,
            "files": dict(sorted(listed.items())),
        }
        with atomic_path(self.path / MARKER) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        self._listed = listed


def read_marker(folder: Path, kind: str, *, made_from: str = "") -> dict[str, str]:
    """Names that the marker of a folder lists, with their checksums; none where there is no marker.

    Raises
    ------
    ValueError
        If the marker is damaged, of a later version, of a folder of another kind or origin, or belongs to other files.
    """
    path = folder / MARKER
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        form = content["format"], content["version"]
        found, origin, names = content["kind"], content["made_from"], content["files"]
        readable = all(isinstance(text, str) for pair in names.items() for text in pair)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged, or not of scmaxatac; move it, or choose another folder") from error
    if form != (_FORMAT, _VERSION) or not readable:
        raise ValueError(f"{path} was not written by this version of scmaxatac; choose another folder")
    if found != kind:
        raise ValueError(f"{folder} holds a {found}, where a {kind} is to be written; choose another folder")
    if origin != made_from:
        raise ValueError(
            f"{folder} holds files made from {origin or 'something else'}, which those made from "
            f"{made_from or 'something else'} would replace; choose another folder"
        )
    there = [name for name in names if os.path.lexists(folder / name)]
    noted = [name for name in there if names[name] != _BEING_WRITTEN and (folder / name).is_file()]
    mine = identity_of(folder / LOCK)
    copied = content.get("folder", mine) != mine  # or the folder was, as a whole but for its lock
    if (noted or (there and copied)) and not any(checksum(folder / name) == names[name] for name in noted):
        raise ValueError(
            f"{path} lists {abbreviate(sorted(noted or there), 3)}, but scmaxatac did not write what is there: the "
            "marker was copied from another folder. Choose another folder"
        )
    return dict(names)


def refuse_foreign(folder: Path, kind: str, names: Iterable[str]) -> None:
    """Raise what :meth:`OwnedFolder.announce` would, before any work; nothing is written and no lock is taken.

    Parameters
    ----------
    folder
        The folder, which need not exist.
    kind
        What it is to hold.
    names
        As for :meth:`OwnedFolder.announce`.

    Raises
    ------
    ValueError
        If something that we did not write is in the way, or the folder is of another kind.
    """
    _refuse_foreign(folder, names, read_marker(folder, kind), strict=False)


def refuse_changed(folder: Path, kind: str, names: Iterable[str]) -> None:
    """Raise if a listed file was changed since it was written, before any work; names that are not listed don't count.

    Parameters
    ----------
    folder
        The folder, which need not exist.
    kind
        What it is to hold.
    names
        Paths of files relative to the folder.

    Raises
    ------
    ValueError
        If a file was changed, or the folder is of another kind.
    """
    _refuse_changed(folder, names, read_marker(folder, kind))


def _refuse_foreign(folder: Path, names: Iterable[str], listed: Mapping[str, str], *, strict: bool) -> None:
    for name in names:
        path = folder / name
        if not _lists(listed, name) and os.path.lexists(path):
            raise ValueError(
                f"{path} is in the way: scmaxatac did not write it, and does not touch it. Move it, or choose another "
                "folder"
            )
        if strict:
            _refuse_changed(folder, [name], listed)


def _refuse_changed(folder: Path, names: Iterable[str], listed: Mapping[str, str]) -> None:
    for name in names:
        path = folder / name
        noted = listed.get(name, _BEING_WRITTEN)
        if noted != _BEING_WRITTEN and path.is_file() and checksum(path) != noted:
            raise ValueError(
                f"{path} is in the way: it was changed since scmaxatac wrote it. Move it, or choose another folder"
            )


def _lists(listed: Mapping[str, str], name: str) -> bool:
    parts = name.split("/")
    return name in listed or any("/".join(parts[:i]) + "/" in listed for i in range(1, len(parts)))


@contextmanager
def own_file(folder: OwnedFolder, name: str) -> Iterator[Path]:
    """Temporary path that becomes a file of the folder, listed before, when the block ends without an exception."""
    folder.announce([name])
    with atomic_path(folder.path / name) as temporary:
        yield temporary
