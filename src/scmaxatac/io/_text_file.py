"""Small text files that are read as a whole."""

import os

from scmaxatac.io._files import decompression_errors, existing_file, open_binary

_MOST_TEXT = 1 << 28
"""Bytes that a text file can have that is read as a whole."""


def read_lines(path: str | os.PathLike[str], what: str) -> list[str]:
    """All lines of a small text file, plain or compressed, without line ends (those of Windows and old Macs too).

    Parameters
    ----------
    path
        The file.
    what
        What it is, for messages.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is larger than any such file, no text, or damaged.
    """
    path = existing_file(path, what)
    with decompression_errors(path), open_binary(path) as handle:
        data = handle.read(_MOST_TEXT + 1)
    if len(data) > _MOST_TEXT:
        raise ValueError(f"{path} holds more than {_MOST_TEXT >> 20} MiB, so it can't be a {what}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text file, so it can't be a {what}") from None
    if (at := text.find("\0")) >= 0:
        number = text.count("\n", 0, at) + 1
        raise ValueError(
            f"{path}, line {number}: holds bytes of 0, as no text does: the file is damaged. Copy it again"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
