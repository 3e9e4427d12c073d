"""Signal, scores and sites along the genome."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.genome._interval_table import Table
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._place import find_place, gene_of
from scmaxatac.plotting._strips import read_strips
from scmaxatac.plotting._track_data import collect_tracks
from scmaxatac.plotting._track_figure import Arrangement, check_arrangement, draw_tracks
from scmaxatac.results._annotation import Annotation, genes_if_any
from scmaxatac.results._read_tracks import chrom_sizes
from scmaxatac.results._reader import read_results
from scmaxatac.sequence._variants_in_region import variants_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@shared_docs
@checked_arguments
def tracks(
    data: Any,
    region: Any,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    layout: Arrangement = "groups",
    signal: bool = True,
    sites: bool = True,
    genes: Annotation | bool | None = None,
    intervals: Mapping[str, Table] | None = None,
    variants: str | PathLike[str] | pd.DataFrame | None = None,
    highlight: Table | None = None,
    flank: int = 5_000,
    key: str = KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw each group's ATAC signal, TF scores and called sites over a region.

    All signals share one range, so groups can be compared by eye. Scores are drawn from 0 to 1, with the threshold of
    the group and TF as a dashed line. Sites are bars below the scores. They are drawn at least 0.2% of the region wide,
    to be seen. Where nothing was predicted tracks of scores are hatched: an empty track means low scores. A factor has
    the colour of its place among the run's, so that it is the same in all figures.

    Parameters
    ----------
    data
        {results}
    region
        Region such as ``"chr22:18,712,000-18,730,000"`` or ``"chr22:18.7M-18.8M"`` (0-based, half-open), the name of a
        gene, or a row of a table with chrom, start and end, such as ``sites.iloc[0]``.
    tfs
        TFs in order, at most six; by default all, or of many the six with most sites in the region.
    groups
        Groups in order; by default all that were predicted.
    layout
        ``"groups"`` puts the tracks of a group together, ``"tfs"`` those of a factor; ``"overlay"`` draws all groups
        over each other, a track a factor.
    signal
        Whether to draw the ATAC signal. It has the colours of the groups where the object knows them
        (``uns["<groupby>_colors"]``, as scanpy's plots leave them).
    sites
        Whether to mark called sites.
    genes
        Genes to draw below: a GTF file, :class:`~scmaxatac.Genes` or a genome with annotation. By default those of the
        annotation that the run's genome had, if it had one; ``False`` for none. Where there are more than fit into six
        rows, protein-coding and long ones are drawn, and the number of the others stands beside them.
    intervals
        Further rows of bars below the tracks: ``{name: intervals}``, each a table with chrom, start and end or a BED
        file, such as peaks, ChIP-seq or a blacklist.
    variants
        Variants to mark in a row of their own: a VCF file, or a table with chrom, pos (1-based, as in VCF), ref, alt
        and, if there is one, id, such as :func:`scmaxatac.get.variants` gives. Those that there is room for are named.
    highlight
        Intervals to shade: a region as text, several, a table or a BED file.
    flank
        Bases to show on either side of a gene or a row; a region is drawn as it is.
    key
        {key}
    mod
        {mod}
    figsize
        {figsize}
    ax
        {panels_ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    {figure}

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such TF, group or gene.
    ValueError
        If the region is not understood or was not predicted, if there are more than six `tfs`, if genes or variants are
        on chromosomes of other names (1 for chr1), a row of `intervals` or `highlight` holds no interval, or one of
        `variants` no variant.
    FileNotFoundError
        If the run's files are not where they were written, or there is no such GTF, BED or VCF file.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> figure = sma.pl.tracks(mdata, "chr5:100,000-120,000", tfs=["CTCF", "SPI1"])
    >>> figure.savefig("tracks.png")  # doctest: +SKIP

    A gene and its surroundings, all groups over each other:

    >>> figure = sma.pl.tracks(mdata, "CD19", genes=sma.datasets.toy().annotation, layout="overlay", flank=10_000)
    """
    check_save(save)
    check_arrangement(layout)
    check_number("flank", flank, low=0, whole=True)
    results = read_results(data, key, mod)
    known_genes = genes_if_any(genes, results.params)
    place = find_place(region, known_genes, flank, chrom_sizes(results))
    strips = read_strips(intervals, place, "intervals")
    marks = None if variants is None else variants_in(variants, place)
    shaded = None if highlight is None else read_strips({"highlight": highlight}, place, "highlight")["highlight"]
    found = collect_tracks(results, data, mod, place, tfs=tfs, groups=groups, signal=signal, gene=gene_of(region))
    figure = draw_tracks(
        found,
        layout,
        genes=known_genes,
        strips=strips,
        variants=marks,
        highlight=shaded,
        sites=sites,
        figsize=figsize,
        ax=ax,
    )
    return finish(figure, ax=ax, show=show, save=save)
