"""Comparison of figures with pictures of them that are kept, in a way that other versions of fonts pass."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread

PICTURES = Path(__file__).with_name("pictures")
DPI = 60
TILE = 12
"""Width in pixels of the tiles whose mean colours are compared, as the letters of another FreeType differ within them.

Bars, fields, panels and names that change are noticed; a single thin line is not: tests of the drawn numbers do that.
"""

TOLERANCE = 0.14
"""Largest difference of a tile's mean colour, of a range of 1, that passes: FreeType 2.6 and 2.14 differ by 0.12."""

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
    height, width = np.minimum(one.shape, other.shape)[:2] // TILE
    tiles = [_tiles(each, height, width) for each in (one, other)]
    difference = np.abs(tiles[0] - tiles[1]).max(axis=-1)
    row, column = np.unravel_index(difference.argmax(), difference.shape)
    return float(difference.max()), (int(row) * TILE, int(column) * TILE)


def _tiles(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    cut = picture[: height * TILE, : width * TILE]
    return cut.reshape(height, TILE, width, TILE, 3).mean(axis=(1, 3))
