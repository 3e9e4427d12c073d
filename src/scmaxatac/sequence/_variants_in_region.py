"""Variants of a file or a table that lie in a part of the genome."""

from os import PathLike

import pandas as pd

from scmaxatac.genome._chrom_styles import other_style
from scmaxatac.io._vcf import read_vcf
from scmaxatac.sequence._variant_records import records_of_frame, records_of_vcf

_COLUMNS = ["chrom", "pos", "ref", "alt"]


def variants_in(variants: str | PathLike[str] | pd.DataFrame, place: tuple[str, int, int]) -> pd.DataFrame:
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
    start (0-based), name (``"."`` without one), ref and alt; sorted.

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
        (record.start, record.name, record.ref, record.alt)
        for record in records
        if record.chrom == chrom and start <= record.start < end
    ]
    return pd.DataFrame(rows, columns=["start", "name", "ref", "alt"]).sort_values(
        "start", kind="stable", ignore_index=True
    )
