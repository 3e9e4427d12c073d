"""Tables that commands print, or write to a file that is complete or absent."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from scmaxatac.io._bgzf import write_bgzf
from scmaxatac.io._output import output_file
from scmaxatac.io._owned_file import owned_file

_COMPRESSED = (".gz", ".bgz")


def format_of(path: Path | None, known: Mapping[str, str], *, default: str) -> str:
    """Format of a file by the ending of its name, before any work.

    Parameters
    ----------
    path
        The file; None for standard output, which has the default.
    known
        Formats by ending.
    default
        Format without a file.

    Raises
    ------
    ValueError
        If the ending is none of those.
    """
    if path is None:
        return default
    ending = (path.with_suffix("") if path.suffix.lower() in _COMPRESSED else path).suffix.lower()
    found = {known_ending.lower(): kind for known_ending, kind in known.items()}.get(ending)
    if found is None:
        raise ValueError(f"--out {path} has to end in {', '.join(known)}, with .gz behind to compress it as bgzip does")
    return found


TABLE = {".tsv": "tsv", ".txt": "tsv"}


def printed(out: Path | None, make: Callable[[], str]) -> str:
    """Write the text that is made to a file, or return it to be printed.

    Parameters
    ----------
    out
        The file, in whose place nothing of anybody else's may be; None to return the text.
    make
        Makes the text, once it is certain that it can be written.

    Raises
    ------
    RuntimeError
        If another process is writing the file.
    ValueError
        If the file can't be written, or scmaxatac did not write the one that is there.
    """
    if out is None:
        return make()
    with own_output(out) as temporary:
        data = make().encode()
        if out.suffix.lower() in _COMPRESSED:
            write_bgzf(temporary, data)
        else:
            temporary.write_bytes(data)
    return ""


@contextmanager
def own_output(out: Path) -> Iterator[Path]:
    """Temporary path that becomes a file of ours; its folder is made."""
    with owned_file(output_file(out)) as temporary:
        yield temporary


def table_text(table: pd.DataFrame, *, index: bool = False) -> str:
    """Tab-separated text of a table, with six digits."""
    text: str = table.to_csv(sep="\t", index=index, float_format="%.6g", lineterminator="\n")
    return text
