"""Genes of the toy data: their promoters are accessible regions of the clusters that express them."""

import numpy as np
import pandas as pd

from scmaxatac.datasets._cells import HOUSEKEEPING, MARKERS
from scmaxatac.datasets._regions import KINDS
from scmaxatac.datasets._sequence import CHROM_SIZES
from scmaxatac.datasets._sites import EXPRESSED

_LENGTH = (9.0, 0.6)  # mean and standard deviation of the logarithm of a gene's length in bp
_FEWEST_BASES = 2_000
_FIRST_EXON, _EXON = 250, (80, 300)
_MOST_EXONS = 9
_TSS_SPREAD = 60  # standard deviation of a start site's distance to the region's centre in bp


def simulate_genes(regions: pd.DataFrame, rng: np.random.Generator) -> str:
    """Draw a gene for each one of the RNA modality and write them as GENCODE does.

    Parameters
    ----------
    regions
        As :func:`~scmaxatac.datasets._regions.simulate_regions` gives them.
    rng
        Generator of random numbers.

    Returns
    -------
    Text of a GTF file: a gene, a transcript and its exons (1-based, closed), sorted by chromosome and start.
    """
    free = regions.assign(taken=False)
    rows = []
    for name, kind in _kinds().items():
        candidates = free.index[(free["kind"] == kind) & ~free["taken"]]
        region = int(rng.choice(candidates))
        free.loc[region, "taken"] = True
        chrom, tss = str(free.at[region, "chrom"]), int(free.at[region, "center"] + rng.normal(0, _TSS_SPREAD))
        length = max(int(rng.lognormal(*_LENGTH)), _FEWEST_BASES)
        plus = bool(rng.random() < 0.5)
        start, end = (tss, tss + length) if plus else (tss + 1 - length, tss + 1)
        start, end = max(start, 0), min(end, CHROM_SIZES[chrom])
        rows.append((chrom, start, end, "+" if plus else "-", name, _exons(start, end, plus, rng)))
    order = {chrom: i for i, chrom in enumerate(CHROM_SIZES)}
    rows.sort(key=lambda row: (order[row[0]], row[1]))
    return "##description: simulated genes\n##format: gtf\n" + "".join(
        _lines(number, *row) for number, row in enumerate(rows, 1)
    )


def _kinds() -> dict[str, str]:
    """Kind of the region that holds each gene's promoter."""
    of = {tuple(is_open): kind for kind, is_open in KINDS.items()}
    kinds = {tf: of[tuple(int(shown) for shown in expressed)] for tf, expressed in EXPRESSED.items()}
    kinds |= {gene: cluster for cluster, genes in MARKERS.items() for gene in genes}
    return kinds | dict.fromkeys(HOUSEKEEPING, "shared")


def _exons(start: int, end: int, plus: bool, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Draw exons from the start site on: starts and ends, sorted."""
    n = int(rng.integers(2, _MOST_EXONS + 1))
    room = (end - start - _FIRST_EXON) // (n - 1)
    sizes = np.minimum(rng.integers(*_EXON, n - 1), room // 2)
    lefts = start + _FIRST_EXON + np.arange(1, n) * room - sizes
    exons = [(start, start + _FIRST_EXON), *zip(lefts.tolist(), (lefts + sizes).tolist(), strict=True)]
    return exons if plus else sorted((start + end - e, start + end - s) for s, e in exons)


def _lines(number: int, chrom: str, start: int, end: int, strand: str, name: str, exons: list[tuple[int, int]]) -> str:
    gene = f'gene_id "ENSG{number:011d}.1"; gene_type "protein_coding"; gene_name "{name}";'
    transcript = f'{gene[: gene.index(";") + 1]} transcript_id "ENST{number:011d}.1";{gene[gene.index(";") + 1 :]}'
    features = [("gene", start, end, gene), ("transcript", start, end, transcript)]
    features += [("exon", s, e, transcript) for s, e in exons]
    return "".join(f"{chrom}\ttoy\t{kind}\t{s + 1}\t{e}\t.\t{strand}\t.\t{text}\n" for kind, s, e, text in features)
