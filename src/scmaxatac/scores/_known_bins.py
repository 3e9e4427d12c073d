"""Bins whose sequence is known."""

from scmaxatac._constants import BIN
from scmaxatac.genome._known_sequence import Runs, is_unknown
from scmaxatac.scores._bin_scores import BinScores


def known_bins(tile: BinScores, runs: Runs, bin_size: int = BIN) -> BinScores:
    """Bins of a tile, of `bin_size` bp, that have a known base."""
    unknown = is_unknown(runs, tile.bins * bin_size, bin_size)
    return BinScores(tile.bins[~unknown], tile.scores[:, ~unknown]) if unknown.any() else tile
