"""Gene models below tracks."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scmaxatac.genome import Genes
from scmaxatac.plotting._base import GREY, SMALL, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GENE_ROW = 0.24
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
    name's left end). Protein-coding and long genes come first; ``attrs["n_left_out"]`` genes fit in none of six rows.
    """
    bp_per_inch = (end - start) / width
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_ROWS)]
    rows, n_left_out = [], 0
    here = genes.overlapping(chrom, start, end)
    table = genes.table.iloc[here].assign(at_row=here)
    first = np.lexsort([table["start"] - table["end"], table["biotype"] != "protein_coding"])
    for gene in table.iloc[first].itertuples():
        left, right = max(gene.start, start), min(gene.end, end)
        room = text_width([f"{gene.gene} >"], SMALL) * bp_per_inch
        name_at = max(min((left + right - room) / 2, end - room), start)
        low, high = min(left, name_at), max(right, name_at + room) + _GAP * bp_per_inch
        row = next((r for r in range(_ROWS) if all(high <= a or b <= low for a, b in taken[r])), None)
        if row is None:
            n_left_out += 1
            continue
        taken[row].append((low, high))
        pairs = [(max(s, start), min(e, end)) for s, e in zip(*genes.exons(gene.at_row), strict=True)]
        pairs = [pair for pair in pairs if pair[1] > pair[0]]
        rows.append((gene.gene, gene.strand, left, right, pairs, row, name_at))
    placed = pd.DataFrame(rows, columns=["gene", "strand", "start", "end", "exons", "row", "name_at"])
    placed.attrs["n_left_out"] = n_left_out
    return placed


def genes_height(genes: pd.DataFrame) -> float:
    """Height in inches of as many rows as :func:`gene_rows` placed genes in."""
    return float(_GENE_ROW * (genes["row"].max() + 1 if len(genes) else 1))


def draw_genes(ax: "Axes", genes: pd.DataFrame) -> None:
    """Draw introns as lines, exons as boxes, and names with an arrow that points downstream."""
    n_rows = genes["row"].max() + 1 if len(genes) else 1
    ax.set_ylim(-n_rows, 0)
    ax.set_yticks([])
    ax.spines[["top", "left", "right"]].set_visible(False)
    ax.patch.set_visible(False)
    if genes.empty:
        ax.text(0, 0.5, "no genes here", transform=ax.transAxes, fontsize=SMALL, color=GREY, va="center")
    if n_left_out := genes.attrs.get("n_left_out"):
        ax.text(1.005, 0, f"+{n_left_out}", transform=ax.transAxes, fontsize=SMALL - 0.5, color=GREY, va="bottom")
    for gene in genes.itertuples():
        middle = -gene.row - 0.25
        ax.plot([gene.start, gene.end], [middle, middle], color=_COLOUR, linewidth=0.8, solid_capstyle="butt")
        boxes = [(s, e - s) for s, e in gene.exons]
        ax.broken_barh(boxes, (middle - 0.13, 0.26), facecolors=_COLOUR, edgecolor=_COLOUR, linewidth=0.3)
        name = {"+": f"{gene.gene} >", "-": f"< {gene.gene}"}.get(gene.strand, gene.gene)
        ax.text(gene.name_at, -gene.row - 0.92, name, fontsize=SMALL - 0.5, style="italic", color=_COLOUR, va="bottom")
