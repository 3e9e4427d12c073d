"""Intervals of the genome to read."""

from collections.abc import Mapping

from scmaxatac.io._regions import parse_region


def intervals_to_read(region: str | None, sizes: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """List what to read: the region, cut to its chromosome, or all chromosomes."""
    if region is None:
        return [(chrom, 0, size) for chrom, size in sizes.items()]
    chrom, start, end = parse_region(region)
    if chrom not in sizes:
        raise ValueError(f"{chrom!r} was not predicted; the results hold {', '.join(sizes) or 'no chromosome'}")
    if start >= sizes[chrom]:
        raise ValueError(f"region {region!r} lies beyond the end of {chrom}, {sizes[chrom]:,} bp")
    return [(chrom, start, min(end, sizes[chrom]))]
