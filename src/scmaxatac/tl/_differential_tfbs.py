"""Differences of binding between groups of cells."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from os import PathLike
from typing import Any, Literal

import numpy as np

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.atac._options import PseudobulkOptions
from scmaxatac.atac._read_pseudobulks import check_options, scope_of
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import pooled_group_labels, split_objects, unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.fragments._read_groups import FragmentPaths
from scmaxatac.genome._genome import Genome
from scmaxatac.io._output import output_folder
from scmaxatac.models import load_many
from scmaxatac.models._load_many import Models
from scmaxatac.nn.engines._options import Backend, EngineOptions, Precision, Strand
from scmaxatac.predict._comparisons import build_comparison, plan_comparisons
from scmaxatac.predict._differential_run import run_differential
from scmaxatac.predict._executor import check_executor
from scmaxatac.predict._prediction import default_folder
from scmaxatac.predict._preset import AveragingOptions, Preset
from scmaxatac.predict._regions import Regions
from scmaxatac.predict._rules import Rules, Thresholds
from scmaxatac.predict._run_inputs import RunInputs
from scmaxatac.predict._samples import parts_of_groups, read_samples, sample_values
from scmaxatac.predict._unit_scores import Unit, check_unit
from scmaxatac.results._entries import check_entry, write_entry
from scmaxatac.results._entry import DIFFERENTIAL, FACTORS, SAMPLES, UNITS
from scmaxatac.scores._log_odds import CLIP


@shared_docs
@checked_arguments
def differential_tfbs(
    data: Any,
    groupby: str | Sequence[str],
    *,
    genome: Genome | None = None,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    mod: str = "atac",
    group: str | None = None,
    reference: str | None = None,
    replicate_key: str | None = None,
    paired: bool | None = None,
    covariates: str | Sequence[str] = (),
    unit: Unit = "bins",
    fdr: float = 0.05,
    null: bool = True,
    tfs: str | Iterable[str] | None = None,
    models: Models = None,
    regions: Regions = "auto",
    chroms: Iterable[str] | None = None,
    signal_chroms: Iterable[str] | None = None,
    threshold: Thresholds = "f1",
    preset: Preset | None = None,
    strand: Strand | None = None,
    step: int | None = None,
    include_flanks: bool = False,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    max_fragments: int | Literal["match"] | None = None,
    rng: np.random.Generator | int | None = 0,
    device: str = "auto",
    backend: Backend = "auto",
    precision: Precision = "float32",
    batch_size: int | None = None,
    out_dir: str | PathLike[str] | None = None,
    executor: Executor | None = None,
    key_added: str = DIFFERENTIAL.name,
    copy: bool = False,
) -> Any:
    """Compare where factors bind in two groups of cells, with donors as replicates.

    Each replicate of each group is predicted apart, all thinned to one number of fragments, because scores rise with
    depth. What is compared are log odds of scores, ``log(s / (1 - s))`` of s cut to 1e-4 and 1 - 1e-4, in the union of
    the samples' sites, as far as half as many samples as the smaller arm has, of either arm, call them. Each unit gets
    a moderated t (variances of units borrow from one another, with a trend on accessibility), each factor the p-value
    of Simes over its units; factors are selected by Benjamini and Hochberg, and units within the R selected of m
    factors at ``fdr * R / m`` (Benjamini and Bogomolov). Beside it stand each factor's level, the number of sites that
    are gained and lost, and what the same steps find where nothing differs.

    Parameters
    ----------
    data
        {data}
    groupby
        {groupby}
    genome
        {genome}
    fragments
        {fragments}
    sample_key
        {sample_key}
    barcode_key
        {barcode_key}
    mod
        {mod}

    Parameters: comparison
    ----------------------
    group, reference
        Groups to compare. Without `reference` the group is compared with the mean of all others, without `group` every
        group with the reference, without both every group with the rest. Of several columns
        (``["cell_type", "condition"]``) also two values of the last one, which are then compared within each value of
        the others.
    replicate_key
        Column of ``obs`` that holds the donor. Without it, or with a single donor in an arm, nothing can be tested:
        there are effects, gained and lost sites, and technical intervals, and no p-values.
    paired
        Whether the donor is a fixed effect, which needs donors in both arms. By default it is one if every donor is in
        both.
    covariates
        Columns of ``obs``, such as batch or sex, with one value a replicate. What are all numbers enters as such, all
        else as categories.
    unit
        What is tested: ``"bins"`` of 200 bp that overlap a site, or the merged ``"sites"``.
    fdr
        False discovery rate at which factors, and units within them, are selected.
    null
        Whether samples are split into halves, for the null and the technical intervals. It costs up to twice the
        windows, and may halve the common depth.

    Parameters: models, regions and thresholds
    ------------------------------------------
    tfs
        As in :func:`predict_tfbs`.
    models, regions
        As in :func:`predict_tfbs`.
    chroms
        {chroms}
    signal_chroms
        {signal_chroms}
    threshold
        Which bins are sites, as in :func:`predict_tfbs`.
    preset, strand, step, include_flanks
        How windows are averaged and whether bins beside regions can be sites, as in :func:`predict_tfbs`.

    Parameters: depth
    -----------------
    min_cells, min_fragments
        Samples with fewer are left out, with a warning.
    max_fragments
        All samples are thinned to the fragments of the smallest (``"match"``, which is what happens without it), or to
        this many if that is fewer.
    rng
        {rng}

    Parameters: running and output
    ------------------------------
    device, backend, precision, batch_size, out_dir, executor
        How the networks are run and where the scores of bins are kept, as in :func:`predict_tfbs`.
    key_added
        Name under which results are stored: ``uns[key_added]``.
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. Every object gets, with ``key_added="differential"``:

    ``uns["differential"]["factors"]``
        A row a comparison and factor, in the order of the rank (:func:`scmaxatac.get.differential`):

        * comparison, tf, n_units;
        * effect, low, high, effect_p: mean difference of the log odds over the units, with 95% interval between
          replicates and the p-value of the same moderated t, which is below 0.05 where the interval leaves out 0;
        * gained, lost, shared: units that are sites in at least half of the replicates of the group alone, of the
          reference alone, of both;
        * significant, p, q: units at the false discovery rate, Simes' p-value and its q-value over factors. They ask
          whether any unit differs, so they need not agree with the interval of the mean: a small shift of all units
          moves the mean and leaves no unit significant, a few units can differ while the mean stays;
        * level, level_t, level_p, level_q: difference in the accessibility of the factor's sites, less that of regions
          of the same accessibility and GC content (chromVAR's deviations, from all fragments: -0.1 is 10% fewer), and
          its moderated t;
        * rank, by the level in standard deviations of such regions over its standard error plus the median of the
          factors' standard errors, so that none comes first because it happens to vary little;
        * null_effect, null_gained, null_lost, null_significant: what two halves of each of the comparison's samples
          differ by, the effect in size without sign; the last is the share of units with p < 0.05, which is 0.05 where
          tests are right. Where every group has replicates, the samples of one group alone are split, that whose
          smallest replicate is the deepest: these are NaN in comparisons without it, and there are none where halves
          would be too small (which is a warning). The last is NaN where a single sample was split.

    ``uns["differential"]["units"]``
        A row a unit: comparison, tf, chrom, start, end (0-based, half-open), score_group, score_reference (of the mean
        log odds), effect, state, low, high, t, p and q (NaN where the factor was not selected).
    ``uns["differential"]["samples"]``
        A row a sample: sample, group, replicate, n_cells, n_fragments, n_fragments_used.
    ``uns["differential"]["parameters"]``
        Parameters as JSON; for each comparison its design, degrees of freedom, and the smallest p-value that permuting
        labels could give.

    Without replicates low, high, t, p, q and what follows from them are missing, and there are technical_low and
    technical_high: the interval of what drawing other fragments of the same cells would give, which says nothing about
    other donors.

    Warns
    -----
    UserWarning
        If samples are left out, a group can't be tested or compared, donors are in one arm only, a covariate says
        nothing, a factor has no site in any sample, halves are too shallow, or as :func:`predict_tfbs` warns.

    Raises
    ------
    KeyError
        If there is no such group, column or factor.
    ValueError
        If there are fewer than two groups with samples, pairing is impossible, a covariate has no single value in a
        sample or can't be told from the groups (the message names it), or as :func:`predict_tfbs` raises.

    References
    ----------
    Smyth 2004, Stat Appl Genet Mol Biol 3(1):3 (moderated t). Benjamini and Bogomolov 2014, J R Stat Soc B
    76(1):297-318 (selected families). Schep et al. 2017, Nat Methods 14:975 (deviations). Tusher et al. 2001, Proc Natl
    Acad Sci USA 98(9):5116-5121 (rank). Neufeld et al. 2024, Biostatistics 25(1):270-287 (count splitting).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy(n_donors=3)
    >>> sma.tl.differential_tfbs(
    ...     toy.adata, ["cell_type", "condition"], group="stim", reference="ctrl", replicate_key="donor", tfs="GATA3",
    ...     genome=toy.genome, models="demo", regions=toy.peaks[toy.peaks["chrom"] == "chr5"].head(60), chroms="chr5",
    ...     min_fragments=1000, null=False,
    ... )
    >>> table = sma.get.differential(toy.adata, comparisons="CD4/T: stim vs ctrl")
    >>> bool(table["lost"].iloc[0] > table["gained"].iloc[0])
    True
    """
    check_number("fdr", fdr)
    check_executor(executor)
    check_number("step", step, whole=True, optional=True)
    check_number("batch_size", batch_size, low=1, whole=True, optional=True)
    check_unit(unit)
    if not 0 < fdr < 1:
        raise ValueError(f"fdr is {fdr}; it has to lie between 0 and 1")
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    if replicate_key is None and (paired or covariates):
        raise ValueError("paired and covariates need replicates; name the column of donors as replicate_key=")
    scope = scope_of(data, genome, chroms, signal_chroms)
    if max_fragments == "match":
        max_fragments = None
    depth = min_fragments if max_fragments is None else max_fragments
    options = PseudobulkOptions(
        groupby, fragments, sample_key, barcode_key, replicate_key, mod, min_cells, min_fragments, depth, rng
    )
    check_options(data, options)
    rules = Rules.parse(threshold)
    if copy:
        data = copied(data)
    objects = [unwrap(member, mod) for _, member in split_objects(data)]
    members = [member for _, member in split_objects(data)]
    check_entry(objects, DIFFERENTIAL, key_added)
    check_storable(data, key_added, mod=mod)
    names = pooled_group_labels(members, groupby, mod)[1]
    planned = plan_comparisons(names, parts_of_groups(members, groupby, mod), group, reference)
    inputs = RunInputs.prepare(
        data,
        load_many(models, tfs),
        scope,
        regions,
        objects=objects,
        named=tfs is not None,
        averaging=AveragingOptions(preset, step, strand),
        engine=EngineOptions(backend, device, precision, batch_size),
        rules=rules,
        min_stored_score=CLIP,
    )
    folder = output_folder(default_folder() if out_dir is None else out_dir)
    involved = list(dict.fromkeys(name for arms in planned for name in (arms.group, *arms.references)))
    samples = read_samples(options.groups_of(data), involved, options, scope, halves=null, max_fragments=max_fragments)
    values = sample_values(members, groupby, replicate_key, covariates, samples.table, mod)
    built = [build_comparison(arms, samples.table, paired=paired, covariates=values) for arms in planned]
    comparisons = [comparison for comparison in built if comparison is not None]
    if not comparisons:
        raise ValueError("no comparison is left; lower min_cells or min_fragments")
    found = run_differential(
        inputs,
        samples,
        comparisons,
        rules=rules,
        unit=unit,
        level=fdr,
        out_dir=folder,
        include_flanks=include_flanks,
        executor=executor,
    )
    tables = {FACTORS: found.factors, UNITS: found.units, SAMPLES: samples.table.reset_index()}
    params = (
        found.params
        | options.params
        | {
            "unit": unit,
            "fdr": fdr,
            "threshold": threshold,
            "covariates": covariates,
            "thinned_to": samples.bulks.thinned_to,
            "regions": str(regions) if isinstance(regions, str | PathLike) else "table",
            "comparisons": {comparison.arms.name: comparison.params for comparison in comparisons},
        }
    )
    write_entry(objects, DIFFERENTIAL, key_added, tables, params)
    return data if copy else None
