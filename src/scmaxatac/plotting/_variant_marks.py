"""Variants as marks along the genome."""

from typing import TYPE_CHECKING

import pandas as pd

from scmaxatac.plotting._base import SMALL, WARNING, text_width
from scmaxatac.plotting._labels import shortened
from scmaxatac.plotting._track_panels import name_row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VARIANTS = "variants"
"""Name of their row."""

_LONGEST_ALLELE, _LONGEST = 9, 24
_GAP = 0.05  # inches between a mark and a name, and between names


def draw_marks(panel: "Axes", marks: pd.DataFrame, limits: tuple[int, int], width: float) -> None:
    """Draw variants as lines, in a row with a name, and name those that there is room for, from the left.

    Parameters
    ----------
    panel
        Where.
    marks
        start (0-based), name, ref and alt, sorted.
    limits
        Start and end of what is shown.
    width
        Width of the panel in inches.
    """
    name_row(panel, VARIANTS, limits, width)
    panel.vlines(marks["start"] + 0.5, 0.1, 0.9, color=WARNING, linewidth=1.2)
    per_inch = (limits[1] - limits[0]) / width
    ends = [*marks["start"], limits[1]][1:]
    names = map(_name, marks["name"], marks["ref"], marks["alt"])
    for start, name, following in zip(marks["start"], names, ends, strict=True):
        if start + (text_width([name], SMALL) + 2 * _GAP) * per_inch <= following:
            panel.annotate(
                name, (start + 0.5, 0.5), xytext=(72 * _GAP, 0), textcoords="offset points", fontsize=SMALL, va="center"
            )


def _name(name: str, ref: str, alt: str) -> str:
    alleles = ">".join(shortened(one, _LONGEST_ALLELE) for one in (ref, alt))
    return alleles if name == "." else f"{shortened(name, _LONGEST)} {alleles}"
