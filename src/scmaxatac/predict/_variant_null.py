"""p-values of variants against common ones that are like them."""

from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac._types import Float32s
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.predict._run import Run
from scmaxatac.predict._run_variants import EFFECT, REFERENCE, RunVariants, read_variants
from scmaxatac.stats._matched_null import matched_p_values, thirds
from scmaxatac.stats._multiple_testing import benjamini_hochberg

N_TESTS = 3
"""What a test of an allele gives: p-value, adjusted p-value, size of the null."""

_PROMOTER = 1_000
"""Distance to a transcription start site up to which a variant is a promoter's, in bp."""

_FEW = 39
"""Common variants below which no p-value reaches 0.05."""

_USUAL = "AF"
"""Field of the frequency that is looked for by default."""

_KEY = ["chrom", "pos", "ref", "alt"]


def read_null(
    null: str | PathLike[str] | pd.DataFrame, run: Run, genome: Genome, *, outside_regions: bool, frequency: str
) -> RunVariants:
    """Read the common variants, each allele once.

    Raises and warns as :func:`~scmaxatac.predict._run_variants.read_variants`.
    """
    found = read_variants(
        null, run, genome, outside_regions=outside_regions, frequency=frequency, what="common variants"
    )
    first = np.flatnonzero(~found.variants.table.duplicated(_KEY).to_numpy())
    return found._replace(variants=found.variants.take(first))


def check_frequency(frequency: str, found: RunVariants, null: RunVariants) -> None:
    """Raise a ValueError if a frequency was named that no variant has; the usual one need not be there."""
    if frequency in ("", _USUAL) or any(np.isfinite(one.variants.frequency).any() for one in (found, null)):
        return
    sources = abbreviate(dict.fromkeys((found.source, null.source)))
    raise ValueError(
        f"no variant and no common variant that can be scored has a value of frequency={frequency!r} ({sources}); name "
        "the field of INFO, or the column, with the frequencies of the alternative alleles"
    )


def variant_tests(
    run: Run, genome: Genome, found: RunVariants, scores: Float32s, null: RunVariants, null_scores: Float32s
) -> Float32s:
    """Test the effect of each allele, in every group and for every factor, against those of common alleles like it.

    Alike are alleles of the same class of region, third of the common ones' reference scores for the factor in the
    group and, for alleles whose frequency is known, third of the common ones' frequencies. Classes of regions are
    promoters (within 1 kb of a transcription start site), other places in genes, and the rest, where the genome has an
    annotation; and in and outside the regions of the run, where it has some.

    Parameters
    ----------
    run
        The run.
    genome
        Its genome.
    found, null
        Alleles that are tested, and common ones.
    scores, null_scores
        (alleles, groups, TFs, 3) scores of both.

    Returns
    -------
    (alleles, groups, TFs, 3) p-values, p-values adjusted over the alleles for each factor in each group, and numbers of
    common alleles that each was compared with.

    Warns
    -----
    UserWarning
        If alleles are like so few common ones that no p-value of theirs can reach 0.05: how many.
    """
    region, null_region = (_region_classes(run, genome, one) for one in (found, null))
    share, null_share = found.variants.frequency, null.variants.frequency
    with_share = np.isfinite(share) & np.isfinite(null_share).any()
    third, null_third = thirds(share, null_share), np.where(np.isfinite(null_share), thirds(null_share, null_share), 3)
    own = _places(found.variants.table, null.variants.table)
    out = np.full((*scores.shape[:3], N_TESTS), np.nan, dtype=np.float32)
    for g in range(scores.shape[1]):
        for t in range(scores.shape[2]):
            reference, null_reference = scores[:, g, t, REFERENCE], null_scores[:, g, t, REFERENCE]
            strata = region * 3 + thirds(reference, null_reference)
            null_strata = null_region * 3 + thirds(null_reference, null_reference)
            effect, null_effect = scores[:, g, t, EFFECT], null_scores[:, g, t, EFFECT]
            every = matched_p_values(effect, strata, null_effect, null_strata, own)
            finer = matched_p_values(effect, strata * 4 + third, null_effect, null_strata * 4 + null_third, own)
            p, size = (np.where(with_share, fine, coarse) for fine, coarse in zip(finer, every, strict=True))
            out[:, g, t] = np.stack([p, benjamini_hochberg(p), size], axis=1)
    few = out[..., 2] < _FEW
    if few.any():
        warn(
            f"{few.sum():,} of {few.size:,} effects are compared with fewer than {_FEW} common alleles, so their "
            f"p-values can't reach 0.05 ({(out[..., 2] == 0).sum():,} with none: NaN); give more of them"
        )
    return out


def null_params(null: RunVariants) -> dict[str, Any]:
    """What is noted of the common variants: source, number of alleles, of those with a frequency, and left out."""
    return {
        "source": null.source,
        "n": len(null.variants),
        "n_with_frequency": int(np.isfinite(null.variants.frequency).sum()),
        "left_out": null.variants.left_out,
    }


def _region_classes(run: Run, genome: Genome, found: RunVariants) -> np.ndarray:
    """Class of the region that each allele lies in; (alleles,) int64."""
    table = pd.DataFrame(
        {
            "chrom": found.variants.table["chrom"].to_numpy(),
            "start": [allele.start for allele in found.variants.alleles],
            "end": [max(allele.end, allele.start + 1) for allele in found.variants.alleles],
        }
    )
    classes = np.zeros(len(table), dtype=np.int64)
    if genome.annotation is not None:
        nearest = genome.genes.nearest(table["chrom"].to_numpy(), table["start"].to_numpy())
        near = (nearest.gene >= 0) & (np.abs(nearest.distance) <= _PROMOTER)
        within = Intervals.from_frame(genome.genes.table[["chrom", "start", "end"]]).overlapped(table)
        classes = np.select([near, within], [1, 2], 0)
    if run.regions is not None:
        classes = classes * 2 + run.regions.overlapped(table)
    return classes


def _places(table: pd.DataFrame, among: pd.DataFrame) -> np.ndarray:
    """Row of the same allele in another table, -1 where it has none; (alleles,) int64."""
    rows = pd.Series(np.arange(len(among)), index=pd.MultiIndex.from_frame(among[_KEY]))
    wanted = pd.MultiIndex.from_frame(table[_KEY])
    places: np.ndarray = rows.reindex(wanted).fillna(-1).to_numpy(np.int64)
    return places
