"""Target genes of transcription factors, as a network."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger, warn
from scmaxatac._text import abbreviate
from scmaxatac.containers._expression import group_expression
from scmaxatac.containers._storable import check_storable
from scmaxatac.results._annotation import Annotation, genes_of_run
from scmaxatac.results._entries import check_entry, write_entry
from scmaxatac.results._entry import NETWORK
from scmaxatac.results._provenance import made_from
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import Results, find_results
from scmaxatac.scores._gene_weights import Reach
from scmaxatac.scores._target_network import (
    TargetNames,
    correlation,
    edges,
    merge_same_targets,
    normalized,
    target_weights,
)

_WINDOWS = {"tss": 100_000, "gene_body": 5_000}
_FEWEST_GROUPS = 3  # of two points the correlation is 1 or -1


@shared_docs
@checked_arguments
def to_network(
    data: Any,
    *,
    genes: Annotation | None = None,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    per_group: bool = False,
    method: Literal["tss", "gene_body"] = "tss",
    window: int | None = None,
    decay: float = 10_000,
    min_correlation: float | None = None,
    rna: str | None = None,
    binary: bool = False,
    normalize: bool = False,
    merge_degenerate: bool = False,
    store: bool = False,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Target genes of each factor, as the network of ``source``, ``target`` and ``weight`` that decoupler takes.

    The weight of a factor on a gene is the sum over the factor's sites near the gene of ``score * exp(-distance /
    decay)``, where the distance is that of the site's centre to the transcription start site. With
    ``method="gene_body"``, as the authors of maxATAC make priors for the Inferelator, it is the sum of the scores of
    the sites in the gene or within 5 kb of it.

    A site says that a factor may bind near a gene, not what it does there: all weights are positive, and the sign of
    the effect is unknown. So an activity that is computed with this network is one of the targets: high where they are
    expressed, which for a repressor is where it is absent.

    Parameters
    ----------
    data
        {results}
    genes
        Genes: a GTF file, :class:`~scmaxatac.Genes` (for example ``genome.genes.of_biotype("protein_coding")``) or a
        genome with annotation. By default those of the annotation that the run's genome had.
    tfs
        TFs; by default all that were predicted.
    groups
        Groups whose sites count; by default all that were predicted.
    per_group
        Make a network for each group. Otherwise there is one, of the union of the groups' sites: those that overlap are
        one site with the largest of their scores.
    method
        ``"tss"`` or ``"gene_body"``.
    window
        Largest distance in bp of a site's centre: from the start site 100 kb by default, from the gene's body 5 kb.
    decay
        Distance in bp over which the weight of a site falls to 1/e (10 kb); not used by ``"gene_body"``.
    min_correlation
        Keep pairs whose weight and the gene's expression have at least this Pearson correlation over the groups, of
        which at least three are needed. Genes that were not measured, and pairs that do not vary, are left out.
    rna
        Modality with the expression, for `min_correlation`: counts, which are pooled over the cells of a group, or
        log-normalised values, which are averaged. By default the one called ``"rna"`` or ``"gex"``.
    binary
        Set all weights to 1.
    normalize
        Divide the weights of each factor by the root of the sum of their squares; after `binary`.
    merge_degenerate
        Make one factor, named ``"A/B"``, of those that have the same targets, with the mean of their weights.
        Regressions on several factors at once, such as ``decoupler.mt.mlm``, cannot tell these apart.
    store
        Keep the network in ``uns[key + "_network"]`` as well, where :func:`scmaxatac.get.network` finds it.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a pair, each once: source (TF), target (name of the gene), weight; with `per_group` first the group, and each
    pair once in a group. Sorted by group, factor and falling weight. Genes that share a name are one target with the
    largest of their weights.

    Warns
    -----
    UserWarning
        If factors have no target.

    Raises
    ------
    KeyError
        If there are no results under `key`, no such TF or group, or no modality `rna`.
    FileNotFoundError
        If there is no such GTF file, or that of the run's genome is gone.
    ValueError
        If there is no annotation, its chromosomes have other names (1 for chr1), no factor has a target, `window`,
        `decay` or `method` has no meaning, `min_correlation` is asked for without RNA or with fewer than three groups,
        or the object can't be written to.

    References
    ----------
    Weights that fall with the distance: Wang S, Sun H, Ma J, et al. Target analysis by integration of transcriptome and
    ChIP-seq data with BETA. Nat Protoc 2013;8:2502-2515. Networks: Badia-i-Mompel P, Vélez Santiago J, Braunger J, et
    al. decoupleR: ensemble of computational methods to infer biological activities from omics data. Bioinform Adv
    2022;2:vbac016.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> network = sma.tl.to_network(mdata, tfs=["SPI1", "GATA3"])
    >>> network.columns.tolist()
    ['source', 'target', 'weight']
    >>> bool(network.duplicated(["source", "target"]).any())
    False

    With decoupler, ``decoupler.mt.ulm(mdata["rna"], network)`` gives the activity of each factor's targets in a cell.
    """
    check_number("window", window, low=0, optional=True)
    check_number("decay", decay)
    check_number("min_correlation", min_correlation, optional=True)
    reach = _reach(method, window, decay)
    results = find_results(data, key, mod)
    if store:
        check_entry([results.adata], NETWORK, NETWORK.beside(key))
        check_storable(data, key, mod=mod)
    tf_names, group_names = results.pick_tfs(tfs), results.pick_groups(groups)
    sites = read_sites(results, tf_names, group_names)
    targets = TargetNames(genes_of_run(genes, results.params))
    of_group = partial(_weights_of_groups, sites, group_names, tf_names, targets=targets, reach=reach)
    keep = None
    if min_correlation is not None:
        expression = _expression(data, results, group_names, rna, targets.names)
        measured = [group_names[i] for i in np.flatnonzero(expression.notna().any(axis=1))]
        weights_of = (weights for group, weights in of_group() if group in measured)
        keep = correlation(weights_of, expression.loc[measured].to_numpy()) >= min_correlation
    if per_group:
        networks = of_group()
    else:
        networks = iter([("", target_weights(sites, tf_names, targets, reach, merged=len(group_names) > 1))])
    without, tables = set(tf_names), []
    for group, weights in networks:
        if keep is not None:
            weights[~keep] = 0
        without -= {tf_names[i] for i in np.flatnonzero(weights.any(axis=1))}
        weights, names = merge_same_targets(weights, tf_names) if merge_degenerate else (weights, tf_names)
        weights = (weights != 0).astype(float) if binary else weights
        table = edges(normalized(weights) if normalize else weights, names, targets.names)
        tables.append(table.assign(group=group)[["group", *table.columns]] if per_group else table)
    network = pd.concat(tables, ignore_index=True)
    _check(network, [tf for tf in tf_names if tf in without], reach, min_correlation)
    if store:
        params = {
            "made_from": made_from(results), "genes": targets.genes.source, "tfs": tf_names, "groups": group_names,
            "method": method, **reach._asdict(), "min_correlation": min_correlation, "binary": binary,
            "normalize": normalize, "merge_degenerate": merge_degenerate,
        }  # fmt: skip
        write_entry([results.adata], NETWORK, NETWORK.beside(key), {"edges": network}, params)
    return network


def _reach(method: str, window: int | None, decay: float) -> Reach:
    if method not in _WINDOWS:
        raise ValueError(f"method is {method!r}; it has to be 'tss' or 'gene_body'")
    window = _WINDOWS[method] if window is None else window
    if not window >= 0:
        raise ValueError(f"window is {window}; it has to be a distance in bp from 0")
    if not decay > 0:
        raise ValueError(f"decay is {decay}; it has to be a distance in bp above 0")
    return Reach(int(window), None if method == "gene_body" else decay, method == "gene_body")


def _weights_of_groups(
    sites: pd.DataFrame, groups: Sequence[str], tfs: Sequence[str], *, targets: TargetNames, reach: Reach
) -> Iterator[tuple[str, np.ndarray]]:
    """Each group with its weights, (TFs, names), one after the other as together they may be large."""
    for group in groups:
        yield group, target_weights(sites[sites["group"] == group], tfs, targets, reach)


def _expression(data: Any, results: Results, groups: Sequence[str], rna: str | None, names: np.ndarray) -> pd.DataFrame:
    """Expression of the targets, groups x names, NaN for genes that were not measured."""
    expression = group_expression(data, results.params["groupby"], groups, rna)
    measured = int(expression.notna().any(axis=1).sum())
    if measured < _FEWEST_GROUPS:
        raise ValueError(
            f"{measured} groups have cells with expression; min_correlation needs at least {_FEWEST_GROUPS}, and means "
            "little below ten"
        )
    expression = expression.loc[:, ~expression.columns.duplicated()].reindex(columns=names)
    unknown = expression.columns[expression.isna().all()]
    if len(unknown) == len(names):
        raise ValueError(
            f"none of the genes of the annotation ({abbreviate(names)}) is among those of the RNA modality; both have "
            "to use the same names"
        )
    if len(unknown):
        warn(
            f"{len(unknown):,} of {len(names):,} genes are not in the RNA modality and left out: {abbreviate(unknown)}"
        )
    return expression


def _check(network: pd.DataFrame, without: Sequence[str], reach: Reach, min_correlation: float | None) -> None:
    place = "of a gene" if reach.body else "of a transcription start site"
    why = f"no site within {reach.window:,} bp {place}"
    if min_correlation is not None:
        why += f" whose gene's expression has a correlation of {min_correlation} with it"
    if network.empty:
        raise ValueError(f"no factor has a target: {why}")
    if without:
        warn(f"{len(without)} factors have no target, {why}: {abbreviate(without)}")
    logger.info(
        "%d pairs of %d factors and %d genes", len(network), network["source"].nunique(), network["target"].nunique()
    )
