"""Comparison of figures with pictures of them that are kept, in a way that other versions of fonts pass."""

from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread

PICTURES = Path(__file__).with_name("pictures")
DPI = 60
TILE = 12
"""Width in pixels of the tiles whose mean colours are compared, as the letters of another FreeType differ within them.

Bars, fields, panels and legends that change are noticed; a thin line or the size of a text is not: tests of the drawn
numbers and of texts that overlap do that.
"""

TOLERANCE = 0.15
"""Largest difference of a tile's mean colour, of a range of 1, that passes: FreeType 2.6 and 2.14 differ by 0.143."""

_SHIFT = 2  # pixels that what is in a tile may have moved by, as texts beside it make room for themselves
_PIXELS = 3  # by which widths and heights may differ, as they are computed from those of texts


def save_picture(figure: Figure, path: Path) -> None:
    """Write a figure as a small PNG file."""
    figure.savefig(path, dpi=DPI, facecolor="white", metadata={"Software": None}, pil_kwargs={"optimize": True})


def largest_difference(first: Path, second: Path) -> tuple[float, tuple[int, int]]:
    """Largest difference between the mean colours of the tiles of two pictures, and where, pixels from above and left.

    It is infinite where the pictures are not of one size.
    """
    one, other = (imread(path)[..., :3] for path in (first, second))
    if np.abs(np.subtract(one.shape, other.shape)).max() > _PIXELS:
        return float("inf"), (0, 0)
    height, width = np.minimum(one.shape, other.shape)[:2]
    tiles = _tiles(one[:height, :width])
    around = np.pad(other[:height, :width], ((_SHIFT, _SHIFT), (_SHIFT, _SHIFT), (0, 0)), mode="edge")
    shifts = product(range(2 * _SHIFT + 1), repeat=2)
    moved = [np.abs(tiles - _tiles(around[i : i + height, j : j + width])).max(axis=-1) for i, j in shifts]
    difference = np.min(moved, axis=0)
    row, column = np.unravel_index(difference.argmax(), difference.shape)
    return float(difference.max()), (int(row) * TILE, int(column) * TILE)


def _tiles(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[0] // TILE, picture.shape[1] // TILE
    return picture[: height * TILE, : width * TILE].reshape(height, TILE, width, TILE, 3).mean(axis=(1, 3))
