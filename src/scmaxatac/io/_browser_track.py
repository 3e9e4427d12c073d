"""A track of a genome browser, as the formats of browsers need it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from scmaxatac.io._files import slug

TrackKind = Literal["signal", "scores", "sites"]


@dataclass(frozen=True)
class BrowserTrack:
    """A track of a genome browser.

    Attributes
    ----------
    kind
        ATAC signal of a group, or scores or sites of a factor in a group.
    group, tf
        Names as they are; of a signal the factor is empty.
    file
        File relative to the folder of the tracks, with ``/``: a bigWig, or a narrowPeak file of sites.
    label
        Name to show, a line of text that can be printed.
    color
        Red, green and blue, each from 0 to 255.
    """

    kind: TrackKind
    group: str
    tf: str
    file: str
    label: str
    color: tuple[int, int, int]

    @property
    def rgb(self) -> str:
        """Colour as browsers write it."""
        return ",".join(map(str, self.color))


def label_of(text: str) -> str:
    """Any text as a line that can be printed, with single blanks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def file_pieces(names: Iterable[str], *, taken: Iterable[str] = ()) -> dict[str, str]:
    """A piece of a file name for each name, without ``.``; different ones, even where upper and lower case are one.

    Parameters
    ----------
    names
        Any texts.
    taken
        Pieces that are not given to any.
    """
    return _distinct(names, lambda name: slug(name).replace(".", "_"), taken)


def symbols(names: Sequence[str]) -> dict[str, str]:
    """A word of letters, digits and single ``_`` for each name, all different."""
    return _distinct(names, lambda name: re.sub(r"[\W_]+", "_", slug(name), flags=re.ASCII).strip("_") or "x", ())


def _distinct(names: Iterable[str], piece: Callable[[str], str], taken: Iterable[str]) -> dict[str, str]:
    """Give each name its piece, with a number behind it where another name has that already."""
    used = {one.casefold() for one in taken}
    found = {}
    for name in dict.fromkeys(names):
        first = chosen = piece(name)
        number = 1
        while chosen.casefold() in used:
            number += 1
            chosen = f"{first}_{number}"
        used.add(chosen.casefold())
        found[name] = chosen
    return found
