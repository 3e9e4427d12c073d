"""Gene models below tracks."""

from typing import TYPE_CHECKING

import pandas as pd

from scmaxatac.genome import Genes
from scmaxatac.plotting._base import GREY, SMALL, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GENE_ROW = 0.24
"""Height of a row of genes in inches."""

_COLOUR = "#2B3A55"
_ROWS = 6
_GAP = 0.12


def gene_rows(genes: Genes, chrom: str, start: int, end: int, width: float) -> pd.DataFrame:
    """Place genes in rows such that neither genes nor their names overlap.

    Parameters
    ----------
    genes
        Genes of the annotation.
    chrom
        Chromosome of the region.
    start, end
        The region, 0-based, half-open.
    width
        Width of the panel in inches.

    Returns
    -------
    A row a gene: gene, strand, start, end (cut to the region), exons (list of pairs), row, name_at (position of the
    name's left end). Genes that fit in none of six rows are left out.
    """
    bp_per_inch = (end - start) / width
    free = [float("-inf")] * _ROWS
    rows = []
    here = genes.overlapping(chrom, start, end)
    for index, gene in zip(here, genes.table.iloc[here].itertuples(), strict=True):
        left, right = max(gene.start, start), min(gene.end, end)
        room = text_width([f"{gene.gene} >"], SMALL) * bp_per_inch
        name_at = max(min((left + right - room) / 2, end - room), start)
        taken = min(left, name_at), max(right, name_at + room) + _GAP * bp_per_inch
        row = next((r for r in range(_ROWS) if free[r] <= taken[0]), None)
        if row is None:
            continue
        free[row] = taken[1]
        pairs = [(max(s, start), min(e, end)) for s, e in zip(*genes.exons(index), strict=True)]
        pairs = [pair for pair in pairs if pair[1] > pair[0]]
        rows.append((gene.gene, gene.strand, left, right, pairs, row, name_at))
    return pd.DataFrame(rows, columns=["gene", "strand", "start", "end", "exons", "row", "name_at"])


def draw_genes(ax: "Axes", genes: pd.DataFrame) -> None:
    """Draw introns as lines, exons as boxes, and names with an arrow that points downstream."""
    n_rows = genes["row"].max() + 1 if len(genes) else 1
    ax.set_ylim(-n_rows, 0)
    ax.set_yticks([])
    ax.spines[["top", "left", "right"]].set_visible(False)
    ax.patch.set_visible(False)
    if genes.empty:
        ax.text(0, 0.5, "no genes here", transform=ax.transAxes, fontsize=SMALL, color=GREY, va="center")
    for gene in genes.itertuples():
        middle = -gene.row - 0.25
        ax.plot([gene.start, gene.end], [middle, middle], color=_COLOUR, linewidth=0.8, solid_capstyle="butt")
        boxes = [(s, e - s) for s, e in gene.exons]
        ax.broken_barh(boxes, (middle - 0.13, 0.26), facecolors=_COLOUR, edgecolor=_COLOUR, linewidth=0.3)
        name = {"+": f"{gene.gene} >", "-": f"< {gene.gene}"}.get(gene.strand, gene.gene)
        ax.text(gene.name_at, -gene.row - 0.92, name, fontsize=SMALL - 0.5, style="italic", color=_COLOUR, va="bottom")
