"""Variants as marks along the genome."""

from os import PathLike
from typing import TYPE_CHECKING

import pandas as pd

from scmaxatac.genome._chrom_styles import other_style
from scmaxatac.io._vcf import read_vcf
from scmaxatac.plotting._base import SMALL, WARNING, text_width
from scmaxatac.plotting._labels import shortened
from scmaxatac.sequence._variant_records import records_of_frame, records_of_vcf

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VARIANTS = "variants"
"""Name of their row."""

_LONGEST_ALLELE, _LONGEST = 9, 24
_GAP = 0.05  # inches between a mark and a name, and between names
_COLUMNS = ["chrom", "pos", "ref", "alt"]


def read_marks(variants: str | PathLike[str] | pd.DataFrame, place: tuple[str, int, int]) -> pd.DataFrame:
    """Read variants and keep those in the part of the genome that is shown.

    Parameters
    ----------
    variants
        A VCF file, or a table with chrom, pos (1-based), ref, alt and perhaps id; of rows that are one variant, as in
        tables with a row a factor, the first counts.
    place
        Chromosome, start and end.

    Returns
    -------
    start (0-based) and name, sorted.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no VCF, a row of the table is no variant, or the chromosomes are named in another style.
    """
    chrom, start, end = place
    if isinstance(variants, pd.DataFrame):
        by_lower = {str(name).lower().lstrip("#"): name for name in variants}
        known = [by_lower[name] for name in _COLUMNS if name in by_lower]
        records = list(records_of_frame(variants.drop_duplicates(known)))
        chroms = {record.chrom for record in records}
    else:
        chroms = set()

        def wanted(contig: str, first: int, _: int) -> bool:
            chroms.add(contig)
            return contig == chrom and start <= first < end

        records = list(records_of_vcf(read_vcf(variants, wanted=wanted)))
    if chrom not in chroms and (other := other_style(chrom)) in chroms:
        raise ValueError(f"variants: {other!r} there is {chrom!r} in the region that is shown; rename the chromosomes")
    rows = [
        (record.start, _name(record.name, record.ref, record.alt))
        for record in records
        if record.chrom == chrom and start <= record.start < end
    ]
    return pd.DataFrame(rows, columns=["start", "name"]).sort_values("start", kind="stable", ignore_index=True)


def draw_marks(panel: "Axes", marks: pd.DataFrame, limits: tuple[int, int], width: float) -> None:
    """Draw variants as lines, in a row with a name, and name those that there is room for, from the left.

    Parameters
    ----------
    panel
        Where.
    marks
        What :func:`read_marks` gave.
    limits
        Start and end of what is shown.
    width
        Width of the panel in inches.
    """
    panel.set_xlim(*limits)
    panel.set_ylim(0, 1)
    panel.set_yticks([])
    panel.spines[:].set_visible(False)
    panel.patch.set_visible(False)
    panel.tick_params(bottom=False, labelbottom=False)
    panel.text(-0.08 / width, 0.5, VARIANTS, fontsize=SMALL, transform=panel.transAxes, ha="right", va="center")
    panel.vlines(marks["start"] + 0.5, 0.1, 0.9, color=WARNING, linewidth=1.2)
    per_inch = (limits[1] - limits[0]) / width
    ends = [*marks["start"], limits[1]][1:]
    for start, name, following in zip(marks["start"], marks["name"], ends, strict=True):
        if start + (text_width([name], SMALL) + 2 * _GAP) * per_inch <= following:
            panel.annotate(
                name, (start + 0.5, 0.5), xytext=(72 * _GAP, 0), textcoords="offset points", fontsize=SMALL, va="center"
            )


def _name(name: str, ref: str, alt: str) -> str:
    alleles = ">".join(shortened(one, _LONGEST_ALLELE) for one in (ref, alt))
    return alleles if name == "." else f"{shortened(name, _LONGEST)} {alleles}"
