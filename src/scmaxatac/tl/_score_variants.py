"""What variants do to binding."""

from collections.abc import Iterable
from os import PathLike
from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.genome._genome import Genome
from scmaxatac.nn._predict import check_strand
from scmaxatac.nn.engines._options import Strand
from scmaxatac.predict._predicted_genome import check_genome
from scmaxatac.predict._run import Run
from scmaxatac.predict._run_variants import N_VALUES, check_size, read_variants, variant_params
from scmaxatac.predict._run_variants import score_variants as score
from scmaxatac.predict._variant_null import N_TESTS, null_params, read_null, variant_tests
from scmaxatac.results._reader import find_results
from scmaxatac.results._run_folder import run_folder
from scmaxatac.results._schema import VARIANT_PARAMS, VARIANT_SCORES, VARIANT_TESTS, VARIANTS
from scmaxatac.results._schema_docs import slots_text
from scmaxatac.results._slots import merge_slots


@shared_docs(slots=slots_text("tl.score_variants"))
@checked_arguments
def score_variants(
    data: Any,
    variants: str | PathLike[str] | pd.DataFrame,
    *,
    genome: Genome | None = None,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    strand: Strand | None = None,
    outside_regions: bool = False,
    null: str | PathLike[str] | pd.DataFrame | None = None,
    frequency: str = "AF",
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Score what each variant alone does to binding, in every group and for every factor.

    The networks, the signals, the windows and the strand are those of the prediction, so the reference scores are the
    ones that :func:`predict_tfbs` gives. Each window that holds a variant is written out with the alternative allele
    and scored again; what an insertion or a deletion moves is moved, in sequence and signal. The effect is the change
    in logit, ``log(s / (1 - s))`` of scores cut to 1e-4 and 1 - 1e-4, of each allele's own largest bin within 250 bp,
    as mean over the windows that hold the variant.

    The ATAC signal is held as it was measured (a deletion drops its bases, an insertion interpolates between its
    neighbours), so effects through accessibility are missed. Effects are on binding, not on expression.

    Parameters
    ----------
    data
        Object that was predicted.
    variants
        VCF file (plain, gzip or bgzip; genotypes are not read), or a table with the columns chrom, pos (1-based, as in
        VCF), ref, alt and, if there is one, id. Each alternative allele counts for itself. Alleles are trimmed and
        moved left, so those that mean the same are written the same.
    genome
        The genome that was predicted: the same sequence and blacklist.
    tfs
        {tfs}
    groups
        {groups}
    strand
        ``"forward"``, or ``"mean"`` of both strands; by default as in the prediction. Reference scores are those of the
        prediction only on its own.
    outside_regions
        Whether windows outside the regions of the prediction are scored too. Otherwise variants there are left out.
    null
        Common variants, file or table as `variants`, that stand for no effect. They are scored too, and each effect
        gets a two-sided p-value: its rank among the effects of the common variants of the same class of region
        (promoter, within 1 kb of a transcription start site; elsewhere in a gene; neither, where the genome has an
        annotation; in or outside the regions of the prediction), the same third of their reference scores and, where
        the frequency is known, the same third of their frequencies. A variant that is common itself is not compared
        with itself.
    frequency
        Field of INFO, or column, that holds the frequency of each alternative allele; only used with `null`.
    key
        {key}
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. The object gets, with ``key="tfbs"``, in place of variants that were scored before:

    {slots}

    :func:`scmaxatac.get.variants` gives them as one table.

    Warns
    -----
    UserWarning
        If alleles are left out: how many and why. Reasons are contigs and reference alleles that the genome does not
        have, symbolic alleles, unknown sequence, alleles that are longer than a window, chromosomes that were not
        predicted, and places without a window. If variants are repeated: how many; each has rows of its own. If there
        are too few common variants for p-values below 0.05: for how many effects.

    Raises
    ------
    KeyError
        If nothing was predicted under `key`, or there is no such factor or group.
    FileNotFoundError
        If there is no such file, or the folder of the run is gone.
    ValueError
        If the genome is not the one that was predicted, a file or table can't be read or is empty, more than a fifth
        of the reference alleles (of fewer than 20, more than half) are not the genome's, no variant can be scored, the
        scores are larger than ``settings.max_scores_mb``, or the object can't be written to.

    References
    ----------
    Tan et al. 2015, Bioinformatics 31:2202 (normal form of alleles); Phipson and Smyth 2010, Stat Appl Genet Mol Biol
    9:39 (p-values from ranks).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> variants = toy.variants.query("chrom == 'chr5' and effect == 'makes'")
    >>> sma.tl.score_variants(mdata, variants, genome=toy.genome, tfs="GATA3", groups="CD4/T")
    >>> gained = sma.get.variants(mdata).query("status == 'gained'")
    >>> bool((gained["effect"] > 1).all()), gained["kind"].iloc[0]
    (True, 'insertion')
    """
    if strand is not None:
        check_strand(strand)
    if copy:
        data = copied(data)
    adata = unwrap(data, mod)
    check_storable(data, key, mod=mod)
    results = find_results(data, key, mod)
    chosen_tfs, chosen_groups = results.pick_tfs(tfs), results.pick_groups(groups)
    run = Run.open(run_folder(results.params))
    genome = check_genome(run, genome, results.params["genome"])
    share = "" if null is None else frequency
    found = read_variants(variants, run, genome, outside_regions=outside_regions, frequency=share)
    common = None if null is None else read_null(null, run, genome, outside_regions=outside_regions, frequency=share)
    n_all, n_groups, n_tfs = len(found.variants), len(chosen_groups), len(chosen_tfs)
    n_scored = n_all + (len(common.variants) if common else 0)
    n_values = n_scored * N_VALUES + (n_all * N_TESTS if common else 0)
    check_size(f"{n_scored:,} variants in {n_groups} groups for {n_tfs} factors", n_values * n_groups * n_tfs)
    options: dict[str, Any] = {"groups": chosen_groups, "tfs": chosen_tfs, "strand": strand}
    table, scores = score(run, genome, found, **options)
    tests = None
    if common is not None:
        tests = variant_tests(run, genome, found, scores, common, score(run, genome, common, **options)[1])
    params = variant_params(found, **options | {"strand": strand or run.spec.strand}, outside_regions=outside_regions)
    params["null"] = None if common is None else null_params(common)
    slots = {
        VARIANTS.name: table,
        VARIANT_SCORES.name: scores,
        VARIANT_TESTS.name: tests,
        VARIANT_PARAMS.name: params,
    }
    merge_slots(adata, slots, key)
    return data if copy else None
