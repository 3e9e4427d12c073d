"""Letters of bases as high as numbers say."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from scmaxatac.genome._bases import BASES
from scmaxatac.io._motifs import information
from scmaxatac.plotting._base import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

COLOURS = {"A": PALETTE[2], "C": PALETTE[0], "G": PALETTE[4], "T": PALETTE[1]}
"""Colours that sequence logos usually have, in the colour-blind-safe set."""

_GAP = 0.06
"""Space between two letters, as a share of a letter's width."""


def draw_logo(ax: "Axes", heights: np.ndarray, start: float = 0) -> None:
    """Draw letters as high as numbers say, those of one position on each other, the largest outermost.

    Negative ones stand below 0, upside down. The limits of the Axes are left alone.

    Parameters
    ----------
    ax
        Axes to draw into.
    heights
        (4, width), height of A, C, G and T at each position; 0 and NaN for none.
    start
        Where the first letter begins on the x axis; each is 1 wide.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    heights = np.nan_to_num(np.asarray(heights, dtype=float))
    bottoms = _bottoms(heights)
    for base, letter in enumerate(BASES):
        outline = _letter(letter)
        places = np.flatnonzero(heights[base])
        if not len(places):
            continue
        # one path of all of a base's letters, because thousands of patches take seconds
        vertices = np.tile(np.asarray(outline.vertices), (len(places), 1, 1))
        vertices[:, :, 0] += (places + start)[:, None]
        vertices[:, :, 1] = vertices[:, :, 1] * heights[base, places][:, None] + bottoms[base, places][:, None]
        codes = np.tile(np.asarray(outline.codes), len(places))
        patch = PathPatch(Path(vertices.reshape(-1, 2), codes), facecolor=COLOURS[letter], linewidth=0)
        patch.set_label(letter)
        ax.add_patch(patch)


def _bottoms(heights: np.ndarray) -> np.ndarray:
    """Where each letter begins: those of one sign on each other from 0 on, from small to large; (4, width)."""
    order = np.argsort(np.abs(heights), axis=0, kind="stable")
    ranked = np.take_along_axis(heights, order, axis=0)
    up, down = np.maximum(ranked, 0), np.minimum(ranked, 0)
    below = np.where(ranked > 0, np.cumsum(up, axis=0) - up, np.cumsum(down, axis=0) - down)
    bottoms = np.empty_like(heights)
    np.put_along_axis(bottoms, order, below, axis=0)
    return bottoms


@cache
def _letter(letter: str) -> "Path":
    """Outline of a letter that fills the unit square but for a gap on either side."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    path = TextPath((0, 0), letter, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    drawn = np.asarray(path.vertices)[np.asarray(path.codes) != Path.CLOSEPOLY]
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    vertices = np.clip((np.asarray(path.vertices) - low) / (high - low), 0, 1)
    vertices[:, 0] = _GAP / 2 + vertices[:, 0] * (1 - _GAP)
    return Path(vertices, path.codes)


def frequency_heights(counts: np.ndarray) -> np.ndarray:
    """Heights of the letters of (4, width) counts: a base's share of the information of its position, in bits.

    References
    ----------
    Schneider and Stephens 1990, Nucleic Acids Research 18:6097-6100.
    """
    heights: np.ndarray = counts / np.maximum(counts.sum(axis=0), 1) * information(counts.T)
    return heights
