"""Single files that scmaxatac wrote where the user said, known by a file of checksums beside them."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scmaxatac.io._files import atomic_path, sha256_of
from scmaxatac.io._lock import locked
from scmaxatac.io._temporary import remove_leftovers

_NOTICE = "# written by scmaxatac, which replaces files with these checksums and no others"
_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<name>.+)")


@contextmanager
def owned_file(path: Path) -> Iterator[Path]:
    """Temporary path that becomes `path` when the block ends without an exception, unless that is somebody else's.

    Beside the file lies ``<path>.sha256``, as ``sha256sum`` writes and checks it, with a line that says that it is
    ours. An earlier file is replaced only if it has a checksum from there. The new checksum is written before the file
    gets its name, together with the earlier one, so that a kill leaves a file that is known, old or new. A hidden file
    beside it is locked meanwhile.

    Parameters
    ----------
    path
        File to write, in a folder that exists.

    Raises
    ------
    RuntimeError
        If another process is writing the file.
    ValueError
        If there is a file of that name, or one with its checksum, that scmaxatac did not write.
    """
    sums = path.with_name(f"{path.name}.sha256")
    with locked(path.with_name(f".{path.name}.lock"), path, passing=True):
        remove_leftovers(path.parent)
        known = _read_sums(sums)
        earlier = _checked(path, known, sums)
        with atomic_path(path) as temporary:
            yield temporary
            new = sha256_of(temporary)
            _checked(path, known, sums)  # nobody put a file of their own there meanwhile
            _write_sums(sums, path.name, [*earlier, new])
        _write_sums(sums, path.name, [new])


def _checked(path: Path, known: list[str], sums: Path) -> list[str]:
    """Checksum of the file that is there, none where there is no file; an error if it is not among those known."""
    if not os.path.lexists(path):
        return []
    if path.is_file() and not path.is_symlink() and (found := sha256_of(path)) in known:
        return [found]
    raise ValueError(
        f"{path} is in the way: {sums.name} beside it does not say that scmaxatac wrote it, so it is not touched. Move "
        "it, or choose another name"
    )


def _read_sums(sums: Path) -> list[str]:
    if not os.path.lexists(sums):
        return []
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines() if sums.is_file() else []
    if not lines or lines[0] != _NOTICE:
        raise ValueError(f"{sums} is in the way: scmaxatac did not write it, and does not touch it. Move it")
    return [found["sha256"] for line in lines[1:] if (found := _LINE.fullmatch(line))]


def _write_sums(sums: Path, name: str, checksums: list[str]) -> None:
    with atomic_path(sums) as temporary:
        lines = [_NOTICE, *(f"{checksum}  {name}" for checksum in dict.fromkeys(checksums))]
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
