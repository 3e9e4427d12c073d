"""Scores of bins on a device: the mean over the windows that cover them."""

import numpy as np
import torch

from scmaxatac.genome._windows import Grid
from scmaxatac.nn.engines._cuda_copies import to_device
from scmaxatac.scores._bin_scores import covered_bins


class CudaBins:
    """Averages overlapping windows into bins, tile after tile, as ``scores._bin_scores.BinAverages`` does.

    Every bin gathers its windows from left to right, so sums don't depend on the order in which a GPU's threads run
    (as those of ``index_add_`` would) and equal those made on the host.
    """

    def __init__(self, n_outputs: int, device: torch.device, grid: Grid) -> None:
        self._device = device
        self._n_bins = grid.bins_per_window
        self._done = 0
        self._first = np.zeros(0, dtype=np.int64)  # of windows that also cover bins that are not finished
        self._scores = torch.zeros((n_outputs, 0, self._n_bins), device=device)

    def add(self, first: np.ndarray, scores: torch.Tensor, upto: int | None) -> tuple[np.ndarray, torch.Tensor]:
        """Add the windows of a tile, and finish all bins before `upto` (all there are without it).

        Parameters
        ----------
        first
            (n,) sorted first bins of the windows, right of those before.
        scores
            (outputs, n, bins of a window) float32, on the device.
        upto
            First bin of the next tile's first window.

        Returns
        -------
        Finished bins, (m,) int64, sorted, and their scores, (outputs, m) float32, on the device.
        """
        first = np.concatenate([self._first, first])
        scores = torch.cat([self._scores, scores], dim=1)
        bins = covered_bins(first, self._n_bins)
        bins = bins[np.searchsorted(bins, self._done) : None if upto is None else np.searchsorted(bins, upto)]
        means = self._means(first, scores, bins)
        if upto is not None:
            self._done = upto
            n_closed = int(np.searchsorted(first, upto - self._n_bins, side="right"))
            self._first, self._scores = first[n_closed:], scores[:, n_closed:].clone()
        return bins, means

    def _means(self, first: np.ndarray, scores: torch.Tensor, bins: np.ndarray) -> torch.Tensor:
        most = int((np.searchsorted(first, first + self._n_bins) - np.arange(len(first))).max(initial=0))
        windows, at = (to_device(array, self._device) for array in (first, bins))
        leftmost = torch.searchsorted(windows, at - (self._n_bins - 1))
        counts = torch.searchsorted(windows, at, right=True) - leftmost
        sums = torch.zeros((len(scores), len(bins)), device=self._device)
        flat = scores.reshape(len(scores), -1)
        for k in range(most):
            covers = k < counts
            window = torch.where(covers, leftmost + k, 0)
            place = torch.where(covers, window * self._n_bins + at - windows[window], 0)
            sums += torch.where(covers, flat[:, place], 0)
        return sums / counts.float()
