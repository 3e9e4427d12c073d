"""Inference where the chromosome lies: windows are cut, encoded, scored and averaged on a GPU."""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import numpy as np
import torch

from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._bases import COMPLEMENT
from scmaxatac.nn.engines._cuda_bins import CudaBins
from scmaxatac.nn.engines._cuda_codes import CudaCodes, memory_for_codes
from scmaxatac.nn.engines._cuda_copies import AsyncHostCopy, to_device
from scmaxatac.nn.engines._options import Precision, Strand
from scmaxatac.nn.engines._protocol import Network
from scmaxatac.nn.engines._torch import TorchEngine, exact_convolutions
from scmaxatac.scores._bin_scores import BinScores

_SCORES_PER_TILE = 1 << 21
"""Windows times outputs whose scores are held at once: 0.25 GB."""

_LARGEST_TILE = 1 << 17
"""Windows in a tile at most."""

_LONGEST_TILE = 1 << 26
"""Bases in a tile at most, four bytes of signal each. Every base is copied once, however many windows it lies in."""


class CudaEngine(TorchEngine):
    """Networks that read windows of a chromosome on their device; only scores of bins come back.

    The codes of a chromosome stay there for the groups that follow. Its signal comes in tiles, each made and copied
    while the device still works on the one before.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        *,
        device: torch.device,
        precision: Precision = "float32",
        batch_size: int | None = None,
    ) -> None:
        super().__init__(networks, device=device, precision=precision, batch_size=batch_size)
        self._codes = CudaCodes(device, memory_for_codes(device))
        self._lock = Lock()
        self._complement = torch.from_numpy(COMPLEMENT[: self._channels].astype(np.int64)).to(device)

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
        grid = self.grid
        bins = [CudaBins(self.n_outputs, self._device, grid) for _ in signals]
        tiles = _split_tiles(np.asarray(starts, dtype=np.int64), self.n_outputs, grid.window)
        running: tuple[int, int, np.ndarray, AsyncHostCopy] | None = None

        def finish(g: int, n_windows: int, finished: np.ndarray, scores: AsyncHostCopy) -> tuple[int, BinScores]:
            array = scores.wait()
            if progress is not None:
                progress(n_windows)
            return g, BinScores(finished, array)

        for i, tile in enumerate(tiles):
            upto = int(tiles[i + 1][0]) // grid.bin if i + 1 < len(tiles) else None
            loud = np.stack([signal.has_signal(chrom, tile, grid.window) for signal in signals])
            silent = np.flatnonzero(~loud.all(axis=0))
            shared: torch.Tensor | None = None  # scores of the silent windows
            for g, signal in enumerate(signals):
                mine, others = np.flatnonzero(loud[g]), np.flatnonzero(~loud[g])
                levels = signal.values(chrom, int(tile[0]), int(tile[-1]) + grid.window) if len(mine) else None
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
                    finished, means = bins[g].add(tile // grid.bin, scores, upto)
                    started = g, n_windows, finished, AsyncHostCopy(means)
                if running is not None:
                    yield finish(*running)
                running = started
        if running is not None:
            yield finish(*running)

    def _score(
        self, codes: torch.Tensor, levels: np.ndarray | None, tile: np.ndarray, which: np.ndarray, strand: Strand
    ) -> torch.Tensor:
        """Score some windows of a tile; (outputs, n, bins) float32.

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
        bases = codes.unfold(0, self.grid.window, 1)
        signal = None if levels is None else to_device(levels, self._device).unfold(0, self.grid.window, 1)
        starts = to_device(tile[which], self._device)
        out = torch.empty((self.n_outputs, len(which), self.grid.bins_per_window), device=self._device)
        for lo in range(0, len(which), self._batch):
            some = starts[lo : lo + self._batch]
            x = self._encode(
                bases[some], signal[some - int(tile[0])] if signal is not None else torch.zeros((), device=self._device)
            )
            flipped = self._reverse_complement(x) if strand == "mean" else None
            row = 0
            for network in self._networks:
                scores = network(x)
                if flipped is not None:
                    scores = (scores + network(flipped).flip(2)) / 2
                out[row : row + scores.shape[1], lo : lo + self._batch] = scores.swapaxes(0, 1)
                row += scores.shape[1]
        return out

    def _reverse_complement(self, x: torch.Tensor) -> torch.Tensor:
        return x.flip(3).index_select(1, self._complement).contiguous(memory_format=torch.channels_last)


def _split_tiles(starts: np.ndarray, n_outputs: int, window: int) -> list[np.ndarray]:
    """Split sorted starts of windows into tiles that are small enough."""
    most = min(max(_SCORES_PER_TILE // n_outputs, 1), _LARGEST_TILE)
    tiles = []
    lo = 0
    while lo < len(starts):
        reach = int(np.searchsorted(starts, starts[lo] + _LONGEST_TILE - window, side="right"))
        hi = min(lo + most, max(reach, lo + 1))
        tiles.append(starts[lo:hi])
        lo = hi
    return tiles
