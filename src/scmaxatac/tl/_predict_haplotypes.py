"""Binding on the haplotypes of donors."""

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.genome._genome import Genome
from scmaxatac.io._regions import format_regions
from scmaxatac.nn._predict import check_strand
from scmaxatac.nn.engines._options import Strand
from scmaxatac.predict._predicted_genome import check_genome
from scmaxatac.predict._regions import Regions, resolve_regions
from scmaxatac.predict._run import Run
from scmaxatac.predict._run_haplotypes import (
    bins_of,
    carried_alleles,
    read_genotypes,
    rows_of,
    score_samples,
    scored_starts,
)
from scmaxatac.predict._run_variants import check_size
from scmaxatac.results._reader import read_results
from scmaxatac.results._run_folder import run_folder
from scmaxatac.sequence._compare_haplotypes import ALLELES, PARAMS
from scmaxatac.sequence._phased import Unphased, check_unphased, phase_alleles

if TYPE_CHECKING:
    from anndata import AnnData


@shared_docs
@checked_arguments
def predict_haplotypes(
    data: Any,
    vcf: str | PathLike[str],
    *,
    regions: Regions,
    genome: Genome | None = None,
    samples: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | Mapping[str, str] | None = None,
    tfs: str | Iterable[str] | None = None,
    unphased: Unphased = "error",
    strand: Strand | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> "AnnData":
    """Predict binding on both haplotypes of samples, with all of their alleles at once.

    The networks, signals and strand are those of a prediction. Each window begins at the same base of the reference as
    without alleles, has the haplotype's bases, indels among them, and the signal that these carry along: a base in the
    reference, or in the place of one, keeps its signal, and between added bases it is interpolated. Scores are given in
    the bins of the reference, each base of a bin with the score of the haplotype's bin that it lies in. What haplotypes
    share is scored once, so the time follows their diversity, not their number.

    The signal is that of a group, not of a haplotype: effects through accessibility are missed, unless each sample has
    a group of its own.

    Parameters
    ----------
    data
        Object that was predicted.
    vcf
        VCF file (plain, gzip or bgzip) with phased genotypes. Only records that a scored window holds count.
    regions
        Where to predict, such as ``"chr5:100,000-200,000"`` (0-based, half-open), a list of these, a BED file or a
        table with chrom, start and end. All windows that overlap them are scored.
    genome
        The genome that was predicted: the same sequence and blacklist.
    samples
        One sample or several; by default all of the file, or of `groups`.
    groups
        One group or several whose signal every sample is scored with; or ``{sample: group}``, each sample with the
        signal of its own cells. By default all groups that were predicted.
    tfs
        {tfs}
    unphased
        What a heterozygous genotype without phase counts as: an ``"error"``, or the ``"reference"`` or the
        ``"alternative"`` allele on both haplotypes.
    strand
        ``"forward"``, or ``"mean"`` of both strands; by default as in the prediction.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    AnnData, haplotypes x bins: ``layers[tf]`` (float32; NaN without a window, where the reference is unknown, or where
    the haplotype lacks the bin), their mean in ``X`` (0 for NaN); ``obs`` with sample, haplotype (1 or 2, in the order
    of the genotype) and group; ``var`` with chrom, start and end (0-based, half-open);
    ``uns["alleles"]``, the alleles in these bins: chrom, start, end (0-based, half-open), ref, alt, trimmed;
    ``obsm["alleles"]``, which haplotype carries which of them (bool), for classes of haplotypes by an allele;
    ``uns["haplotypes"]``, JSON with thresholds, what was left out, and the numbers of windows and of distinct ones.

    Warns
    -----
    UserWarning
        If alleles are left out, genotypes are missing (the reference is taken) or haploid (both haplotypes get the one
        allele, so they are the same), alleles of a haplotype overlap (the
        first is taken), or no variant lies in the regions: how many.

    Raises
    ------
    KeyError
        If nothing was predicted under `key`, or there is no such factor, group or sample.
    FileNotFoundError
        If there is no such file, or the folder of the run is gone.
    ValueError
        If the genome is not the one that was predicted, the file has no samples, can't be read or is of another
        assembly, a genotype is not phased, regions can't be read, or the scores are larger than
        ``settings.max_scores_mb``.

    References
    ----------
    Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863, Fig 7.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> haplotypes = sma.tl.predict_haplotypes(
    ...     mdata, toy.vcf, regions="chr5:100,000-140,000", genome=toy.genome, groups="B", tfs="CTCF"
    ... )
    >>> haplotypes.obs_names.tolist()
    ['donor1|1|B', 'donor1|2|B', 'donor2|1|B', 'donor2|2|B']
    """
    from anndata import AnnData

    check_unphased(unphased)
    if strand is not None:
        check_strand(strand)
    results = read_results(data, key, mod)
    chosen = results.pick_tfs(tfs)
    own = {str(sample): str(group) for sample, group in groups.items()} if isinstance(groups, Mapping) else None
    names = results.pick_groups(groups if own is None else list(own.values()))
    run = Run.open(run_folder(results.params))
    genome = check_genome(run, genome, results.params["genome"])
    spec = run.spec
    where = resolve_regions([], regions, genome, spec.chroms)
    if where is None:
        raise ValueError("regions='genome' is too much to hold for every haplotype; name regions")
    wanted = [samples] if isinstance(samples, str) else None if samples is None else list(samples)
    if own is not None:
        wanted = list(own) if wanted is None else wanted
        if missing := [sample for sample in wanted if sample not in own]:
            raise KeyError(f"groups names no group for sample {missing[0]!r}; it has {', '.join(own)}")
    bins = bins_of(where, genome, spec.chroms, spec.grid.bin)
    starts = scored_starts(run, genome, bins)
    records = read_genotypes(vcf, starts, genome, wanted, spec.grid.window)
    obs = rows_of(records.samples, own or names)
    check_size(
        f"{len(obs)} haplotypes in {len(bins):,} bins for {len(chosen)} factors", len(obs) * len(bins) * len(chosen)
    )
    phased, left_out = phase_alleles(records, genome, unphased=unphased, window=spec.grid.window)
    scored = score_samples(run, genome, phased, records.samples, obs, bins, starts, tfs=chosen, strand=strand)
    bins.index = format_regions(bins)
    mean = np.mean([np.nan_to_num(layer) for layer in scored.layers.values()], axis=0, dtype=np.float32)
    params = {
        "vcf": str(records.path),
        "unphased": unphased,
        "strand": strand or spec.strand,
        "left_out": left_out,
        "n_windows": scored.n_windows,
        "n_distinct": scored.n_distinct,
        "thresholds": {tf: results.params["thresholds"][tf] for tf in chosen},
        "signal": "held as it is: effects through accessibility are missed",
    }
    alleles, carried = carried_alleles(phased, records.samples, obs, bins)
    alleles.index = alleles.index.astype(str)
    return AnnData(
        X=mean,
        obs=obs,
        var=bins,
        layers=scored.layers,
        obsm={ALLELES: carried},
        uns={PARAMS: json.dumps(params, sort_keys=True), ALLELES: alleles},
    )
