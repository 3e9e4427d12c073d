"""Places and sizes of tracks."""

import pandas as pd

from scmaxatac.plotting._base import MEDIUM, POINTS_PER_INCH, SMALL, text_width
from scmaxatac.plotting._genes import GENE_ROW
from scmaxatac.plotting._labels import distinct_labels

_WIDTH = 10.0
_HEAD, _LEGEND, _FOOT, _GAP = 0.5, 0.22, 0.4, 0.14
_BODY = 9.0  # height that all groups together should not exceed, unless tracks would become too thin


class TrackLayout:
    """Places and sizes of the tracks in inches: thinner, and at last without names beside them, the more there are."""

    def __init__(self, groups: list[str], tfs: list[str], signal: bool, available: tuple[float, float] | None) -> None:
        self.groups, self.tfs, self.signal, self.available = groups, tfs, signal, available
        self.genes_height = 0.0
        self._arrange()

    def make_room_for_genes(self, genes: pd.DataFrame) -> None:
        """Add a panel for as many rows of genes as there are."""
        self.genes_height = GENE_ROW * (genes["row"].max() + 1 if len(genes) else 1)
        self._arrange()

    def _arrange(self) -> None:
        groups, tfs, signal = self.groups, self.tfs, self.signal
        self.grid_width = self.available[0] if self.available else _WIDTH
        n_tracks = len(tfs) + signal
        self.top = _HEAD
        self.pitch = self._pitch(n_tracks)
        self.named = self.pitch >= 0.13
        if not self.named:
            self.top = _HEAD + _LEGEND
            self.pitch = self._pitch(n_tracks)
        self.track = self.pitch * 0.9
        self.ticked = self.pitch >= 0.3
        self.block_height = n_tracks * self.pitch
        self.step = self.block_height + _GAP
        lines = max(1, min(4, int(self.step * POINTS_PER_INCH / (MEDIUM * 1.25))))
        self.label_size = min(MEDIUM, self.step * POINTS_PER_INCH / 1.3)
        self.labels = distinct_labels(groups, 18 if lines > 1 else 26, lines)
        names = [*tfs, *(["signal"] if signal else [])] if self.named else []
        self.left = 0.1 + text_width(self.labels, self.label_size) + 0.12 + text_width(names, SMALL) + 0.1
        self.width = max(self.grid_width - self.left - 0.4, 0.2 * self.grid_width)
        self.genes_top = self.top + len(groups) * self.step
        self.height = self.genes_top + self.genes_height + _FOOT

    def _pitch(self, n_tracks: int) -> float:
        """Distance between the upper edges of neighbouring tracks."""
        body = self.available[1] - self.top - _FOOT - self.genes_height if self.available else _BODY
        pitch = (body / len(self.groups) - _GAP) / max(n_tracks, 1)
        return max(pitch, 0.03) if self.available else min(max(pitch, 0.11), 0.5)

    def block_top(self, group: int) -> float:
        """Upper edge of a group's tracks."""
        return self.top + group * self.step
