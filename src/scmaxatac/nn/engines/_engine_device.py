"""Inference where the chromosome lies: windows are cut, encoded, scored and averaged on a GPU."""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import numpy as np
import torch

from scmaxatac._constants import BIN, BINS_PER_WINDOW, UNKNOWN_BASE, WINDOW
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.nn.engines._device_bins import DeviceBins
from scmaxatac.nn.engines._device_codes import DeviceCodes, memory_for_codes
from scmaxatac.nn.engines._device_copies import Returning, to_device
from scmaxatac.nn.engines._engine import Precision, Strand, Weights
from scmaxatac.nn.engines._engine_torch import TorchEngine, exact_convolutions
from scmaxatac.scores._bin_scores import BinScores

_SCORES_PER_TILE = 1 << 21
"""Windows times models whose scores are held at once: 0.25 GB."""

_LARGEST_TILE = 1 << 17
"""Windows in a tile at most."""

_LONGEST_TILE = 1 << 26
"""Bases in a tile at most, four bytes of signal each. Every base is copied once, however many windows it lies in."""


class DeviceEngine(TorchEngine):
    """Networks that read windows of a chromosome on their device; only scores of bins come back.

    The codes of a chromosome stay there for the groups that follow. Its signal comes in tiles, each made and copied
    while the device still works on the one before.
    """

    def __init__(
        self,
        weights: Sequence[Weights],
        *,
        device: torch.device,
        precision: Precision = "float32",
        batch_size: int | None = None,
    ) -> None:
        super().__init__(weights, device=device, precision=precision, batch_size=batch_size)
        self._codes = DeviceCodes(device, memory_for_codes(device))
        self._lock = Lock()
        n_channels = self._one_hot.shape[1]
        complement = [*range(UNKNOWN_BASE)[::-1], *range(UNKNOWN_BASE, n_channels)]
        self._complement = torch.tensor(complement, device=device)

    def predict_chromosome(
        self,
        codes: np.ndarray,
        signals: Sequence[SignalTrack],
        chrom: str,
        starts: np.ndarray,
        *,
        strand: Strand = "forward",
        progress: Callable[[int], object] | None = None,
    ) -> Iterator[tuple[int, BinScores]]:
        """Score the bins that windows cover; see :func:`~scmaxatac.nn._predict.predict_groups`."""
        bins = [DeviceBins(self.n_models, self._device) for _ in signals]
        tiles = _cut(np.asarray(starts, dtype=np.int64), self.n_models)
        running: tuple[int, int, np.ndarray, Returning] | None = None

        def finish(g: int, n_windows: int, finished: np.ndarray, scores: Returning) -> tuple[int, BinScores]:
            array = scores.wait()
            if progress is not None:
                progress(n_windows)
            return g, BinScores(finished, array)

        for i, tile in enumerate(tiles):
            upto = int(tiles[i + 1][0]) // BIN if i + 1 < len(tiles) else None
            loud = np.stack([signal.has_signal(chrom, tile) for signal in signals])
            silent = np.flatnonzero(~loud.all(axis=0))
            shared: torch.Tensor | None = None  # scores of the silent windows
            for g, signal in enumerate(signals):
                mine, others = np.flatnonzero(loud[g]), np.flatnonzero(~loud[g])
                levels = signal.values(chrom, int(tile[0]), int(tile[-1]) + WINDOW) if len(mine) else None
                # the flags of cuDNN and the store of codes are for one thread at a time
                with self._lock, torch.inference_mode(), exact_convolutions():
                    n_windows = len(mine)
                    if shared is None:
                        n_windows += len(silent)
                        shared = self._score(self._codes[codes], None, tile, silent, strand)
                    scores = self._score(self._codes[codes], levels, tile, mine, strand)
                    if len(others):
                        scores = torch.cat(
                            [scores, shared[:, to_device(np.searchsorted(silent, others), self._device)]], 1
                        )
                        scores = scores[:, to_device(np.argsort(np.concatenate([mine, others])), self._device)]
                    finished, means = bins[g].add(tile // BIN, scores, upto)
                    started = g, n_windows, finished, Returning(means)
                if running is not None:
                    yield finish(*running)
                running = started
        if running is not None:
            yield finish(*running)

    def _score(
        self, codes: torch.Tensor, levels: np.ndarray | None, tile: np.ndarray, which: np.ndarray, strand: Strand
    ) -> torch.Tensor:
        """Score some windows of a tile; (models, n, 32) float32.

        Parameters
        ----------
        codes
            The chromosome's.
        levels
            Signal from the tile's first window on; None where there is none.
        tile, which
            Starts of the tile's windows, and which of them.
        strand
            One strand or both.
        """
        bases = codes.unfold(0, WINDOW, 1)
        signal = None if levels is None else to_device(levels, self._device).unfold(0, WINDOW, 1)
        starts = to_device(tile[which], self._device)
        out = torch.empty((self.n_models, len(which), BINS_PER_WINDOW), device=self._device)
        for lo in range(0, len(which), self._batch):
            some = starts[lo : lo + self._batch]
            x = self._encode(
                bases[some], signal[some - int(tile[0])] if signal is not None else torch.zeros((), device=self._device)
            )
            flipped = self._reverse_complement(x) if strand == "mean" else None
            for m, network in enumerate(self._networks):
                scores = network(x)
                if flipped is not None:
                    scores = (scores + network(flipped).flip(1)) / 2
                out[m, lo : lo + self._batch] = scores
        return out

    def _reverse_complement(self, x: torch.Tensor) -> torch.Tensor:
        return x.flip(3).index_select(1, self._complement).contiguous(memory_format=torch.channels_last)


def _cut(starts: np.ndarray, n_models: int) -> list[np.ndarray]:
    """Cut sorted starts of windows into tiles that are small enough."""
    most = min(max(_SCORES_PER_TILE // n_models, 1), _LARGEST_TILE)
    tiles = []
    lo = 0
    while lo < len(starts):
        reach = int(np.searchsorted(starts, starts[lo] + _LONGEST_TILE - WINDOW, side="right"))
        hi = min(lo + most, max(reach, lo + 1))
        tiles.append(starts[lo:hi])
        lo = hi
    return tiles
