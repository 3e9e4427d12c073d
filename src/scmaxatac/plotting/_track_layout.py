"""Places and sizes of tracks."""

from collections.abc import Sequence

from scmaxatac.plotting._base import MEDIUM, POINTS_PER_INCH, SMALL, text_width
from scmaxatac.plotting._labels import distinct_labels

_WIDTH = 10.0
_HEAD, _FOOT, _GAP = 0.5, 0.4, 0.14
_BODY = 9.0  # height that all blocks together should not exceed, unless tracks would become too thin

STRIP = 0.2
"""Height in inches of a row of intervals below the tracks."""

LEGEND = 0.22
"""Height in inches of a row of the legend."""


class TrackLayout:
    """Places and sizes of the tracks in inches: thinner, and at last without names beside them, the more there are.

    Blocks of tracks stand below each other, each with a label; below them rows of intervals, and genes.

    Parameters
    ----------
    blocks
        Labels of the blocks.
    tracks
        Names of the tracks of each block, which has at least one.
    strips
        Names of the rows of intervals.
    genes_height
        Height of the panel of genes in inches; 0 for none.
    legend
        Rows of a legend that room is needed for, however much there is for names.
    available
        Width and height that there are, if anything limits them.
    """

    def __init__(
        self,
        blocks: Sequence[str],
        tracks: Sequence[Sequence[str]],
        *,
        strips: Sequence[str],
        genes_height: float,
        legend: int,
        available: tuple[float, float] | None,
    ) -> None:
        self._available = available
        self.genes_height = genes_height
        self._below = STRIP * len(strips) + genes_height
        self.grid_width = available[0] if available else _WIDTH
        self._n_tracks = [len(names) for names in tracks]
        self.has_legend = legend > 0
        self.top = _HEAD + LEGEND * legend
        self.pitch = self._pitch()
        self.named = self.pitch >= 0.13
        if not self.named and not legend:
            self.has_legend = True
            self.top += LEGEND
            self.pitch = self._pitch()
        self.track = self.pitch * 0.9
        self.ticked = self.pitch >= 0.3
        smallest = min(self._n_tracks) * self.pitch + _GAP
        lines = max(1, min(4, int(smallest * POINTS_PER_INCH / (MEDIUM * 1.25))))
        self.label_size = min(MEDIUM, smallest * POINTS_PER_INCH / 1.3)
        self.labels = distinct_labels(blocks, 18 if lines > 1 else 26, lines)
        shown = dict.fromkeys(name for names in tracks for name in names) if self.named else {}
        self.track_labels = dict(zip(shown, distinct_labels(shown, 24, 1), strict=True))
        names_width = text_width(self.track_labels.values(), SMALL)
        strip_width = text_width(strips, SMALL)
        labels_width = text_width(self.labels, self.label_size)
        self.left = 0.1 + max(labels_width + 0.12 * bool(labels_width) + names_width, strip_width) + 0.1
        self.width = max(self.grid_width - self.left - 0.4, 0.2 * self.grid_width)
        self.strips_top = self.block_top(len(blocks))
        self.genes_top = self.strips_top + STRIP * len(strips)
        self.height = self.genes_top + genes_height + _FOOT

    def _pitch(self) -> float:
        """Distance between the upper edges of neighbouring tracks."""
        body = self._available[1] - self.top - _FOOT - self._below if self._available else _BODY
        pitch = (body - _GAP * len(self._n_tracks)) / sum(self._n_tracks)
        return max(pitch, 0.03) if self._available else min(max(pitch, 0.11), 0.5)

    def block_top(self, block: int) -> float:
        """Upper edge of a block's tracks."""
        return self.top + sum(self._n_tracks[:block]) * self.pitch + block * _GAP

    def block_height(self, block: int) -> float:
        """Height of a block's tracks."""
        return self._n_tracks[block] * self.pitch
