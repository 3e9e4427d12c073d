"""Called binding sites."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.genome import Genes
from scmaxatac.results._annotation import Annotation, genes_if_any
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import read_results
from scmaxatac.results._schema import SITES
from scmaxatac.results._schema_docs import columns_text
from scmaxatac.scores._gene_weights import site_centres


@shared_docs(columns=columns_text(SITES))
@checked_arguments
def sites(
    data: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
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
    tfs
        {tfs}
    groups
        {groups}
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
    A row a site; the categories of group and tf are the ones that were asked for, also where they have no sites:

    {columns}

    and with `genes`, both missing on chromosomes without genes:

    gene : text
        Gene whose transcription start site is nearest to the site's centre.
    tss_distance : Int64, bp
        Distance of the centre from that start site, negative upstream and positive downstream on the gene's strand.

    {warns_and_raises}
        If genes are asked for and the run's genome had no annotation, or the genes' chromosomes have other names.
    FileNotFoundError
        If there is no such GTF file, or that of the run's genome is gone.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sites = sma.get.sites(mdata, tfs="CTCF", groups="B")
    >>> sites.columns.tolist()
    ['chrom', 'start', 'end', 'group', 'tf', 'score']
    >>> near = sma.get.sites(mdata, tfs="SPI1", groups="Mono", genes=True)
    >>> near.columns[-2:].tolist()
    ['gene', 'tss_distance']
    >>> promoters = near[near["tss_distance"].between(-1000, 200)]
    """
    check_number("min_score", min_score, optional=True)
    results = read_results(data, key, mod)
    frame = read_sites(results, tfs, groups, min_score)
    known = genes_if_any(genes, results.params)
    return frame if known is None else _with_genes(frame, known)


def _with_genes(frame: pd.DataFrame, genes: Genes) -> pd.DataFrame:
    gene, distance = genes.nearest(frame["chrom"].to_numpy(), site_centres(frame))
    names = pd.Series(genes.table["gene"].to_numpy(dtype=object)[gene]).mask(gene < 0)
    return frame.assign(gene=names, tss_distance=pd.Series(distance, dtype="Int64").mask(gene < 0))
