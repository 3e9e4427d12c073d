"""Variants scored as a run scored its bins: its networks, signals, windows and strand."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._settings import settings
from scmaxatac._types import Float32s
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._windows import window_starts
from scmaxatac.io._files import checksum
from scmaxatac.io._vcf import read_vcf
from scmaxatac.nn.engines._options import Strand
from scmaxatac.predict._run import Run
from scmaxatac.sequence._variant_scores import score_alleles
from scmaxatac.sequence._variant_table import Variants, make_variants, records_of_frame, records_of_vcf

N_VALUES = 3
"""Scores of an allele: reference, alternative, effect."""

REFERENCE, EFFECT = 0, 2
"""Places of two of them."""


class RunVariants(NamedTuple):
    """Variants that a run can score, the windows that they are scored in, and their file with its checksum."""

    variants: Variants
    starts: Mapping[str, np.ndarray]
    source: str
    sha256: str


def windows_of_run(run: Run, genome: Genome, *, outside_regions: bool) -> dict[str, np.ndarray]:
    """Starts of the windows of every chromosome of a run; with `outside_regions` of whole chromosomes."""
    spec = run.spec
    if not outside_regions:
        return {chrom: run.window_starts(genome, chrom) for chrom in spec.chroms}
    return {chrom: window_starts(genome, chrom, step=spec.step, grid=spec.grid) for chrom in spec.chroms}


def read_variants(
    variants: str | PathLike[str] | pd.DataFrame,
    run: Run,
    genome: Genome,
    *,
    outside_regions: bool,
    frequency: str = "",
    what: str = "variants",
) -> RunVariants:
    """Read variants, and leave out those that the run can't score.

    Parameters
    ----------
    variants
        VCF file, or table with chrom, pos, ref and alt.
    run
        The run.
    genome
        Its genome.
    outside_regions
        Whether windows outside the regions of the run count.
    frequency
        Column, or field of INFO, with the frequencies of the alternative alleles; none are read by default.
    what
        What they are, for messages.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If file or table can't be read, are empty or don't fit the genome, or no variant can be scored.

    Warns
    -----
    UserWarning
        If alleles are left out, or are there more than once.
    """
    starts = windows_of_run(run, genome, outside_regions=outside_regions)
    if isinstance(variants, pd.DataFrame):
        records, source, n_records = records_of_frame(variants, frequency=frequency), "table", len(variants)
        sha256 = ""
    else:
        file = read_vcf(variants, frequency=frequency)
        records, source, n_records = records_of_vcf(file), str(file.path), len(file)
        sha256 = checksum(file.path)
    if not n_records:
        raise ValueError(f"there are no {what}: the {source if source == 'table' else f'file {source}'} is empty")
    alleles = "alleles" if what == "variants" else f"alleles of the {what}"
    found = make_variants(records, genome, window=run.spec.grid.window, starts=starts, what=alleles)
    repeated = found.table.duplicated(["chrom", "pos", "ref", "alt"]).to_numpy()
    if repeated.any():
        first = found.table.iloc[int(repeated.argmax())]
        warn(
            f"{repeated.sum()} of {len(repeated)} {alleles} are there already, in normal form, the first "
            f"{first['chrom']}:{first['pos']} {first['ref']}>{first['alt']}; each has rows of its own"
        )
    return RunVariants(found, starts, source, sha256)


def check_size(what: str, n_scores: int) -> None:
    """Raise a ValueError if so many scores are larger than ``settings.max_scores_mb``."""
    megabytes = n_scores * 4 / 1e6
    if megabytes > settings.max_scores_mb:
        raise ValueError(
            f"the scores of {what} take {megabytes:,.0f} MB, more than settings.max_scores_mb "
            f"({settings.max_scores_mb:g}); ask for less at a time, or raise it"
        )


def score_variants(
    run: Run,
    genome: Genome,
    found: RunVariants,
    *,
    groups: Sequence[str],
    tfs: Sequence[str],
    strand: Strand | None = None,
) -> tuple[pd.DataFrame, Float32s]:
    """Score variants.

    Parameters
    ----------
    run
        The run.
    genome
        Its genome.
    found
        The variants.
    groups, tfs
        Groups and factors, in the order of the result.
    strand
        Forward strand or mean of both; by default as in the run.

    Returns
    -------
    Table of the variants, and (variants, groups, TFs, 3) scores: reference, alternative, effect.
    """
    from tqdm.auto import tqdm

    variants = found.variants
    engine = run.engine(tfs)
    outputs = [tf for model in run.models_of(tfs) for tf in model.tfs]
    chosen = [outputs.index(tf) for tf in tfs]
    signals = [run.signal(group) for group in groups]
    chroms = variants.table["chrom"].to_numpy()
    n_windows = np.zeros(len(variants), dtype=np.int64)
    scores = np.full((len(variants), len(groups), len(tfs), N_VALUES), np.nan, dtype=np.float32)
    with tqdm(total=len(variants), unit="variant", unit_scale=True, disable=not settings.progress) as bar:
        for chrom in dict.fromkeys(chroms):
            rows = np.flatnonzero(chroms == chrom)
            of_chrom = score_alleles(
                engine,
                genome.codes(chrom),
                signals,
                chrom,
                found.starts[chrom],
                [variants.alleles[i] for i in rows],
                strand=strand or run.spec.strand,
                progress=bar.update,
            )
            n_windows[rows] = of_chrom.n_windows
            for i, values in enumerate((of_chrom.reference, of_chrom.alternative, of_chrom.effect)):
                scores[rows, :, :, i] = values[:, :, chosen]
    table = variants.table.assign(n_windows=n_windows)
    table["chrom"] = pd.Categorical(table["chrom"], categories=run.spec.chroms)
    table["kind"] = pd.Categorical(table["kind"])
    return table, scores


def variant_params(
    found: RunVariants, *, groups: Sequence[str], tfs: Sequence[str], strand: Strand, outside_regions: bool
) -> dict[str, Any]:
    """Parameters as :data:`~scmaxatac.results._schema.VARIANT_PARAMS` declares them."""
    return {
        "source": found.source,
        "sha256": found.sha256,
        "groups": list(groups),
        "tfs": list(tfs),
        "strand": strand,
        "outside_regions": outside_regions,
        "left_out": found.variants.left_out,
        "signal": "held as it is: effects through accessibility are missed",
    }
