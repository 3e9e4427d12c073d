"""What an inference engine is: many windows, several networks, one pass over the windows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.genome._windows import Grid
from scmaxatac.nn._pieces import WindowPieces
from scmaxatac.nn._spec import NetworkSpec
from scmaxatac.nn._stem import Stem
from scmaxatac.nn.engines._options import Strand
from scmaxatac.scores._bin_scores import BinScores


class Network(Protocol):
    """A network that an engine can run, such as :class:`~scmaxatac.zoo.TFModel`."""

    @property
    def spec(self) -> NetworkSpec:
        """Its geometry."""
        ...

    @property
    def weights(self) -> Mapping[str, np.ndarray]:
        """float32 arrays, named and shaped as ``spec.shapes`` says."""
        ...


class Engine(Protocol):
    """Scores windows with several networks of the same windows and bins.

    Attributes
    ----------
    n_outputs
        Outputs of all networks together.
    grid
        Widths of windows and bins.
    """

    n_outputs: int
    grid: Grid

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows.

        Parameters
        ----------
        codes
            (n, window) uint8: 0 to 3 are A, C, G, T, everything else is unknown.
        signal
            (n, window) float32.

        Returns
        -------
        (outputs, n, bins of a window) float32: the outputs of the first network, then those of the next.
        """
        ...


@runtime_checkable
class StemEngine(Engine, Protocol):
    """An engine that can run the first blocks of its networks once a place; see :mod:`scmaxatac.nn._stem`."""

    def find_stem(self, piece: int) -> Stem | None:
        """Stem for pieces of a length in bp; None where it saves nothing."""
        ...

    def predict_pieces(self, stem: Stem, pieces: WindowPieces) -> np.ndarray:
        """Score windows that are put together from pieces; (outputs, windows, bins of a window) float32."""
        ...


@runtime_checkable
class ChromosomeEngine(Engine, Protocol):
    """An engine that also cuts the windows and averages the bins itself, where it keeps the chromosome."""

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
        ...
