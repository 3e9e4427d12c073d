"""Average ChIP-seq signal of other cell types, the baseline that knows no cell type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
from scmaxatac._text import abbreviate
from scmaxatac.atac._bigwig_signal import check_lengths
from scmaxatac.evaluate._average_chip import largest_mean_arcsinh, share_with_peak
from scmaxatac.evaluate._read_scores import check_not_mixed
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, is_bigwig
from scmaxatac.genome._intervals_on_genome import as_intervals
from scmaxatac.io._bigwig import BigWigWriter, read_bigwig, sizes_with_values
from scmaxatac.io._output import output_file

_BLOCK = 4_000_000
"""Bases that are averaged at once."""


@shared_docs
@checked_arguments
def average_chip(
    signals: Sequence[Table] | Mapping[str, Table],
    *,
    genome: Genome,
    chroms: Iterable[str] | None = None,
    bin_size: int = CALIBRATION_BIN,
    path: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Average a transcription factor's ChIP-seq over cell types, as a prediction for another one.

    The baseline of Cazares et al. 2023. From bigWigs: the mean over the cell types of arcsinh(signal p-value) at every
    base, and the largest of it in each bin. From peaks: the share of the cell types that have a peak in the bin. Give
    the training cell types only, not the one to be predicted.

    Parameters
    ----------
    signals
        One for each cell type: bigWigs of the signal p-value (-log10, as ENCODE gives it), or BED files or tables of
        peaks (chrom, start, end; 0-based, half-open). A list or ``{cell type: signal}``.
    genome
        {genome}
        It needs no sequence.
    chroms
        Chromosomes to average; by default those of the genome that any of the signals has values or peaks on.
    bin_size
        Width of a bin in bp. The last bin of a chromosome is left out if it is not whole.
    path
        bigWig to write the bins to.

    Returns
    -------
    A row for every bin above 0: chrom (categorical), start, end (0-based, half-open), score (float32); `scores` for
    :func:`benchmark`.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    KeyError
        If a chromosome is not in the genome.
    ValueError
        If there are no signals, bigWigs and peaks are mixed, one of the signals shares no chromosome with the genome or
        reaches past an end there, a bigWig has another length for a chromosome that is averaged, a table lacks a
        column, or the bigWig can't be written to its folder.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> chip = {group: rows for group, rows in toy.chip_peaks.query("tf == 'CTCF'").groupby("group")}
    >>> average = sma.tl.average_chip([chip["B"], chip["Mono"]], genome=toy.genome, chroms="chr5")
    >>> sorted(float(score) for score in average["score"].unique())
    [0.5, 1.0]
    >>> table = sma.tl.benchmark(average, chip["CD4/T"], genome=toy.genome, block_size=20_000)
    >>> bool(table.loc["pooled", "average_precision"] > 0.5)
    True
    """
    check_number("bin_size", bin_size, low=1, whole=True)
    if not isinstance(signals, Sequence | Mapping) or isinstance(signals, str) or not len(signals):
        raise ValueError("signals has to be a list or {cell type: signal} of at least one cell type")
    numbered = {f"cell type {i + 1}": track for i, track in enumerate(signals)}
    tracks: Mapping[str, Table] = signals if isinstance(signals, Mapping) else numbered
    kinds = {is_bigwig(track) for track in tracks.values()}
    if len(kinds) > 1:
        raise ValueError("signals are bigWigs as well as peaks; their averages are of different kinds, so give one")
    for name, track in tracks.items():
        check_not_mixed(track, f"signals of {name}", "tf", "group")
    target = None if path is None else output_file(path)
    average = _from_bigwigs if kinds == {True} else _from_peaks
    chosen, bins = average(tracks, genome, chroms, bin_size)
    parts = [(c, np.flatnonzero(values), values[values != 0]) for c, values in enumerate(bins)]
    number = np.concatenate([part[1] for part in parts])
    table = pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(np.repeat([p[0] for p in parts], [len(p[1]) for p in parts]), chosen),
            "start": number * bin_size,
            "end": (number + 1) * bin_size,
            "score": np.concatenate([part[2] for part in parts]),
        }
    )
    if target is not None:
        with BigWigWriter(target, genome.sizes) as writer:
            for chrom, rows in table.groupby("chrom", observed=True):
                writer.add_runs(str(chrom), *(rows[name].to_numpy() for name in ("start", "end", "score")))
    return table


def _from_bigwigs(
    files: Mapping[str, Table], genome: Genome, chroms: Iterable[str] | None, bin_size: int
) -> tuple[list[str], Iterator[np.ndarray]]:
    sizes = [(str(file), sizes_with_values(str(file))) for file in files.values()]
    for file, known in sizes:
        if not any(chrom in genome.sizes for chrom in known):
            raise ValueError(
                f"signals of {file} are on {abbreviate(known) or 'no chromosome'}, none of which {genome.source} has "
                f"({abbreviate(genome.chroms)})"
            )
    chosen = _choose([chrom for _, known in sizes for chrom in known], genome, chroms)
    for file, known in sizes:
        check_lengths(file, known, genome, [chrom for chrom in chosen if chrom in known])
    per_block = max(_BLOCK // bin_size, 1)

    def bins() -> Iterator[np.ndarray]:
        for chrom in chosen:
            having = [file for file, known in sizes if chrom in known]
            n_bins = genome.sizes[chrom] // bin_size
            out = np.zeros(n_bins, dtype=np.float32)
            for first in range(0, n_bins if having else 0, per_block):
                n = min(per_block, n_bins - first)
                start = first * bin_size
                tracks = [read_bigwig(file, chrom, start, start + n * bin_size) for file in having]
                mean = largest_mean_arcsinh(tracks, start, n, bin_size)
                out[first : first + n] = mean * np.float32(len(having) / len(files))
            yield out

    return chosen, bins()


def _from_peaks(
    tables: Mapping[str, Table], genome: Genome, chroms: Iterable[str] | None, bin_size: int
) -> tuple[list[str], Iterator[np.ndarray]]:
    peaks = [as_intervals(table, f"peaks of {name}", genome) for name, table in tables.items()]
    chosen = _choose([chrom for known in peaks for chrom in known.chroms], genome, chroms)
    bins = (share_with_peak(peaks, chrom, genome.sizes[chrom] // bin_size, bin_size) for chrom in chosen)
    return chosen, bins


def _choose(present: Sequence[str], genome: Genome, chroms: Iterable[str] | None) -> list[str]:
    """Chromosomes to average, in the order of the genome."""
    wanted = set(present if chroms is None else genome.select_chroms(chroms))
    if not wanted:
        raise ValueError("none of the signals has a peak; name the chromosomes to average, where all bins are then 0")
    return [chrom for chrom in genome.chroms if chrom in wanted]
