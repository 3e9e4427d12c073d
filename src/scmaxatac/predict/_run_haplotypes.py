"""Haplotypes scored as a run scored its bins: its networks, signals, grid of windows and strand."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._settings import settings
from scmaxatac._text import abbreviate
from scmaxatac._types import Float32s
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.io._vcf import VcfRecords, read_vcf
from scmaxatac.nn.engines._options import Strand
from scmaxatac.predict._run import Run
from scmaxatac.sequence._haplotype_scores import score_haplotypes
from scmaxatac.sequence._phased import PhasedAlleles

_MARGIN = 64
"""Windows beside the regions whose variants are read: what is deleted lets windows reach further."""

OF_SAMPLE = 2
"""Haplotypes of a sample."""


class HaplotypeScores(NamedTuple):
    """Scores of haplotypes.

    Attributes
    ----------
    layers
        Of each factor, (haplotypes, bins) float32.
    n_windows, n_distinct
        Windows of all haplotypes, and how many were scored.
    """

    layers: dict[str, Float32s]
    n_windows: int
    n_distinct: int


def rows_of(samples: Sequence[str], groups: Sequence[str] | Mapping[str, str]) -> pd.DataFrame:
    """A row a haplotype and group: sample, haplotype (1 and 2), group.

    Parameters
    ----------
    samples
        The samples.
    groups
        Groups that each of them is scored with, or the group of each sample.
    """
    rows = [
        (sample, haplotype, group)
        for sample in samples
        for group in ([groups[sample]] if isinstance(groups, Mapping) else groups)
        for haplotype in range(1, OF_SAMPLE + 1)
    ]
    table = pd.DataFrame(rows, columns=["sample", "haplotype", "group"])
    table.index = pd.Index([f"{sample}|{haplotype}|{group}" for sample, haplotype, group in rows], dtype=object)
    return table


def read_genotypes(
    path: str | PathLike[str], regions: pd.DataFrame, genome: Genome, samples: Sequence[str] | None, window: int
) -> VcfRecords:
    """Read the records in and near regions.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If there is no such sample.
    ValueError
        If the file has no samples or no contig of the genome, or can't be read.

    Warns
    -----
    UserWarning
        If no variant lies there.
    """
    first = regions.groupby("chrom", observed=True)["start"].min() - _MARGIN * window
    last = regions.groupby("chrom", observed=True)["end"].max() + _MARGIN * window
    hull = {str(chrom): (int(first[chrom]), int(last[chrom])) for chrom in first.index}
    seen: dict[str, None] = {}

    def wanted(chrom: str, start: int, end: int) -> bool:
        seen[chrom] = None
        return chrom in hull and start < hull[chrom][1] and end > hull[chrom][0]

    records = read_vcf(path, samples=samples, wanted=wanted)
    if not records.samples:
        raise ValueError(f"{records.path} has no samples, so there are no haplotypes")
    if seen and not any(chrom in genome.sizes for chrom in seen):
        raise ValueError(
            f"the contigs of {records.path} ({abbreviate(seen)}) do not match those of {genome.source} "
            f"({abbreviate(genome.chroms)}); use the genome that the variants were called on, with the same contig "
            "names (chr1, not 1)"
        )
    if not len(records):
        warn(f"no variant of {records.path} lies in the regions, so all haplotypes are the reference")
    return records


def bins_of(regions: pd.DataFrame, genome: Genome, chroms: Sequence[str], bin_size: int) -> pd.DataFrame:
    """Whole bins that overlap regions: chrom (category), start, end (0-based, half-open); sorted."""
    merged = Intervals.from_frame(regions[["chrom", "start", "end"]].astype({"chrom": str}))
    parts = []
    for chrom in chroms:
        first, end = merged.starts(chrom) // bin_size, -(-merged.ends(chrom) // bin_size)
        end = np.minimum(end, genome.sizes[chrom] // bin_size)
        each = [np.arange(*bounds) for bounds in zip(first.tolist(), end.tolist(), strict=True)]
        bins = np.unique(np.concatenate([*each, np.zeros(0, dtype=np.int64)])).astype(np.int64)
        parts.append(pd.DataFrame({"chrom": chrom, "start": bins * bin_size, "end": (bins + 1) * bin_size}))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(chrom=pd.Categorical(table["chrom"], categories=list(chroms)))


def carried_alleles(
    phased: Mapping[str, PhasedAlleles], samples: Sequence[str], obs: pd.DataFrame, bins: pd.DataFrame
) -> tuple[pd.DataFrame, np.ndarray]:
    """Alleles in the bins of a result, and which of its haplotypes carry them.

    Parameters
    ----------
    phased, samples, obs, bins
        As :func:`score_samples` takes them.

    Returns
    -------
    Table of the alleles, trimmed: chrom, start, end (0-based, half-open; an insertion is put before `start`, where it
    also ends), ref, alt; and (haplotypes, alleles) bool.
    """
    intervals, columns = Intervals.from_frame(bins.astype({"chrom": str})), _columns(samples, obs)
    rows: list[tuple[str, int, int, str, str]] = []
    carried = [np.zeros((len(obs), 0), dtype=bool)]
    for chrom, of_chrom in phased.items():
        starts = np.array([allele.start for allele in of_chrom.alleles], dtype=np.int64)
        ends = np.array([max(allele.end, allele.start + 1) for allele in of_chrom.alleles], dtype=np.int64)
        here = np.flatnonzero(intervals.overlaps(chrom, starts, ends))
        rows += [(chrom, one.start, one.end, one.ref, one.alt) for one in (of_chrom.alleles[i] for i in here)]
        carried.append(of_chrom.carried[here][:, columns].T)
    table = pd.DataFrame(rows, columns=["chrom", "start", "end", "ref", "alt"])
    return table.astype({"start": np.int64, "end": np.int64}), np.concatenate(carried, axis=1)


def score_samples(
    run: Run,
    genome: Genome,
    phased: Mapping[str, PhasedAlleles],
    samples: Sequence[str],
    obs: pd.DataFrame,
    bins: pd.DataFrame,
    *,
    tfs: Sequence[str],
    strand: Strand | None = None,
) -> HaplotypeScores:
    """Score the haplotypes of samples.

    Parameters
    ----------
    run
        The run.
    genome
        Its genome.
    phased
        Alleles by chromosome, whose haplotypes are the first and second of each sample.
    samples
        The samples.
    obs
        Rows of the result, as :func:`rows_of` gives them.
    bins
        Columns of the result, as :func:`bins_of` gives them.
    tfs
        Factors.
    strand
        Forward strand or mean of both; by default as in the run.
    """
    from tqdm.auto import tqdm

    spec, grid = run.spec, run.spec.grid
    engine = run.engine(tfs)
    outputs = [tf for model in run.models_of(tfs) for tf in model.tfs]
    layers = {tf: np.full((len(obs), len(bins)), np.nan, dtype=np.float32) for tf in tfs}
    row_groups, column = obs["group"].to_numpy(), _columns(samples, obs)
    intervals = Intervals.from_frame(bins.astype({"chrom": str}))
    n_windows = n_distinct = 0
    groups = list(dict.fromkeys(row_groups))
    chroms = [chrom for chrom in spec.chroms if (bins["chrom"] == chrom).any()]
    starts = {chrom: window_starts(genome, chrom, step=spec.step, regions=intervals, grid=grid) for chrom in chroms}
    total = sum(map(len, starts.values())) * len(groups)
    with tqdm(total=total, unit="window", unit_scale=True, disable=not settings.progress) as bar:
        for chrom in chroms:
            codes = genome.codes(chrom)
            columns = np.flatnonzero((bins["chrom"] == chrom).to_numpy())
            numbers = bins["start"].to_numpy()[columns] // grid.bin
            known = _known(codes, numbers, grid.bin)
            alleles = phased.get(chrom, PhasedAlleles((), np.zeros((0, len(samples) * OF_SAMPLE), dtype=bool)))
            for group in groups:
                rows = np.flatnonzero(row_groups == group)
                mine = PhasedAlleles(alleles.alleles, alleles.carried[:, column[rows]])
                tiles = score_haplotypes(
                    engine,
                    codes,
                    run.signal(group),
                    chrom,
                    starts[chrom],
                    mine,
                    strand=strand or spec.strand,
                    progress=bar.update,
                )
                for tile in tiles:
                    n_windows, n_distinct = n_windows + tile.n_windows, n_distinct + tile.n_distinct
                    there = (numbers >= tile.first_bin) & (numbers < tile.first_bin + tile.scores.shape[2]) & known
                    scores = tile.scores[:, :, numbers[there] - tile.first_bin]
                    for tf, layer in layers.items():
                        layer[np.ix_(rows, columns[there])] = scores[outputs.index(tf)]
    return HaplotypeScores(layers, n_windows, n_distinct)


def _columns(samples: Sequence[str], obs: pd.DataFrame) -> np.ndarray:
    """Which of the samples' haplotypes each row of the result is; (rows,) int64."""
    place = {sample: i for i, sample in enumerate(samples)}
    columns: np.ndarray = obs["sample"].map(place).to_numpy(np.int64) * OF_SAMPLE + obs["haplotype"].to_numpy(np.int64)
    return columns - 1


def _known(codes: np.ndarray, bins: np.ndarray, bin_size: int) -> np.ndarray:
    """Which bins have a known base in the reference."""
    bases = codes[: len(codes) // bin_size * bin_size].reshape(-1, bin_size)
    known: np.ndarray = (bases[bins] < 4).any(axis=1)
    return known
