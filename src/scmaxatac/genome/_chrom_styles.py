"""Names of chromosomes in different styles: chr1, 1, NC_000001.11."""

from collections.abc import Iterable

from scmaxatac._text import abbreviate


def check_styles(chroms: Iterable[str], others: Iterable[str], source: str, other_source: str) -> None:
    """Raise a ValueError if two lists of chromosomes have none in common; it shows how either names them."""
    here, there = list(chroms), list(others)
    if not here or not there or set(here) & set(there):
        return
    pairs = [(chrom, other_style(chrom)) for chrom in here if other_style(chrom) in there]
    style = f": {pairs[0][0]!r} there is {pairs[0][1]!r} here" if pairs else ""
    raise ValueError(
        f"genes of {source} are on {abbreviate(here)}, none of which {other_source} has ({abbreviate(there)}){style}. "
        "Give a GTF file of the same assembly with the same names of chromosomes (chr1 as GENCODE and UCSC, 1 as "
        "Ensembl, NC_000001.11 as RefSeq), or rename them in its first column"
    )


def other_style(chrom: str) -> str:
    """Name of a chromosome with ``chr`` for one without, and the other way round."""
    return chrom[3:] if chrom.startswith("chr") else f"chr{chrom}"
