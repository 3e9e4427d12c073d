"""The part of the genome that a plot shows: a region, the surroundings of a gene, or those of a row of a table."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scmaxatac.genome import Genes
from scmaxatac.genome._interval_table import read_intervals
from scmaxatac.io._regions import looks_like_region, parse_region

_HOW = 'give a region such as "chr22:18,712,000-18,730,000", a gene, or a row of a table with chrom, start and end'


def find_place(
    place: Any, genes: Genes | None, flank: int, sizes: Mapping[str, int] | None = None
) -> tuple[str, int, int]:
    """Chromosome, start and end (0-based, half-open) of what is to be shown.

    Parameters
    ----------
    place
        A region as text, taken as it is; the name of a gene; or a row of a table of intervals (a Series, a tuple of
        ``itertuples``, a mapping).
    genes
        Genes among which a name is looked up.
    flank
        Bases to add on either side of a gene or a row.
    sizes
        Lengths of the chromosomes that were predicted: what is asked for is cut at their ends.

    Raises
    ------
    KeyError
        If there is no gene of this name.
    ValueError
        If a text is neither a region nor the name of a gene, genes are not known, a row holds no interval, or what is
        asked for begins after its chromosome's end.
    """
    chrom, start, end = _asked_for(place, genes, flank, sizes or {})
    size = (sizes or {}).get(chrom)
    if size is not None and start >= size:
        raise ValueError(f"region '{chrom}:{start:,}-{end:,}' lies beyond the end of {chrom}, {size:,} bp")
    return chrom, start, end if size is None else min(end, size)


def _asked_for(place: Any, genes: Genes | None, flank: int, sizes: Mapping[str, int]) -> tuple[str, int, int]:
    if isinstance(place, str):
        if looks_like_region(place):
            return parse_region(place)
        if place in sizes:
            raise ValueError(f"{place!r} is a chromosome; for all of it give '{place}:0-{sizes[place]:,}'")
        if genes is None:
            raise ValueError(
                f"region {place!r} is not understood: {_HOW}. For genes give genes=, a GTF file, or predict with a "
                "genome that has an annotation"
            )
        return parse_region(genes.region(place, flank=flank))
    row = place._asdict() if hasattr(place, "_asdict") else place
    if isinstance(row, pd.DataFrame):
        raise ValueError(f"region is a table of {len(row):,} rows; give one of them, such as table.iloc[0]")
    if not isinstance(row, Mapping | pd.Series):
        raise ValueError(f"region is a {type(place).__name__}; {_HOW}")
    interval = read_intervals(pd.DataFrame([dict(row)]), "region").iloc[0]
    return str(interval["chrom"]), max(int(interval["start"]) - flank, 0), int(interval["end"]) + flank


def gene_of(place: Any) -> str | None:
    """Name of the gene by which a place that was found was asked for; None of a region or a row."""
    return place if isinstance(place, str) and not looks_like_region(place) else None
