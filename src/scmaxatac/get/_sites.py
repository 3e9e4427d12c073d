"""Called binding sites."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._docs import shared_docs
from scmaxatac.genome import Genes
from scmaxatac.get._results import Results, find_results
from scmaxatac.results._annotation import Annotation, genes_if_any
from scmaxatac.scores._gene_weights import site_centres


@shared_docs
def sites(
    data: Any,
    *,
    tf: str | Iterable[str] | None = None,
    group: str | Iterable[str] | None = None,
    min_score: float | None = None,
    genes: Annotation | bool = False,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> pd.DataFrame:
    """Binding sites that were called, of some or all TFs and groups.

    Parameters
    ----------
    data
        {results}
    tf
        One TF or several; by default all.
    group
        One group or several; by default all.
    min_score
        Smallest score of a site. Sites below the threshold that they were called with are not stored;
        :func:`scmaxatac.tl.call_sites` calls them with another.
    genes
        Whether to add the gene whose transcription start site is nearest. ``True`` takes the annotation of the run's
        genome; a GTF file, :class:`~scmaxatac.Genes` or a genome with annotation is taken instead.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a site: chrom (categorical), start, end (0-based, half-open), group, tf (categorical; the categories are the
    ones that were asked for, also where they have no sites), score. With `genes` also gene and tss_distance: bp from
    the gene's start site to the site's centre, negative upstream and positive downstream of it on the gene's strand
    (Int64); both are missing on chromosomes without genes.

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such TF or group among them.
    FileNotFoundError
        If there is no such GTF file, or that of the run's genome is gone.
    ValueError
        If the run's genome had no annotation, or the genes are on chromosomes of other names (1 for chr1).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sites = sma.get.sites(mdata, tf="CTCF", group="B")
    >>> sites.columns.tolist()
    ['chrom', 'start', 'end', 'group', 'tf', 'score']
    >>> sma.get.sites(mdata, tf="SPI1", group="Mono", genes=True)["gene"].isin(["CD14", "SPI1"]).any()
    True
    """
    results = find_results(data, key, mod)
    frame = read_sites(results, tf, group, min_score)
    known = genes_if_any(genes, results.params, frame["chrom"].cat.categories)
    return frame if known is None else _with_genes(frame, known)


def _with_genes(frame: pd.DataFrame, genes: Genes) -> pd.DataFrame:
    gene, distance = genes.nearest(frame["chrom"].to_numpy(), site_centres(frame))
    names = pd.Series(genes.table["gene"].to_numpy(dtype=object)[gene]).mask(gene < 0)
    return frame.assign(gene=names, tss_distance=pd.Series(distance, dtype="Int64").mask(gene < 0))


def read_sites(
    results: Results, tf: str | Iterable[str] | None, group: str | Iterable[str] | None, min_score: float | None = None
) -> pd.DataFrame:
    """Read what :func:`sites` gives, of a run that was found."""
    frame = results.table(_keys.SITES)
    frame["chrom"] = frame["chrom"].astype("category")
    keep = np.ones(len(frame), dtype=bool)
    for column, names in (("group", results.pick_groups(group)), ("tf", results.pick_tfs(tf))):
        frame[column] = frame[column].astype("category").cat.set_categories(names)
        keep &= frame[column].notna().to_numpy()
    if min_score is not None:
        keep &= frame["score"].to_numpy() >= min_score
    return frame.loc[keep, ["chrom", "start", "end", "group", "tf", "score"]].reset_index(drop=True)
