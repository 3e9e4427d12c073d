"""What variants do to binding: broken motifs against neighbouring bases, and ClinVar's pathogenic against benign ones.

Scores variants on the chr22 data with the published networks of CTCF and SPI1. First, single bases that break matches
of each factor's motif, each against another base near by that does not touch the motif. Then ClinVar's records in the
sequence that the data cover, all and single bases alone. Takes a minute or two on two cores.

Usage: python experiments/variants.py [--check] [--threads 2]
"""

import tempfile
import time

import anndata as ad
import numpy as np
import pandas as pd
from _chr22 import CHROM, MOTIFS, Chr22
from _report import data_dir, options, publish
from matplotlib.figure import Figure

import scmaxatac as sma
from scmaxatac.evaluate._motif_hits import motif_hits
from scmaxatac.genome import Intervals
from scmaxatac.io._motifs import read_motifs
from scmaxatac.io._vcf import read_vcf

FACTORS = ("CTCF", "SPI1")
P_VALUE = 1e-5
N_HITS = 100
"""Matches of each motif, drawn from all."""

NEAR = (25, 120)
"""Distance of the other base from the middle of the motif, in bp."""

ACTIVE = 0.1
"""Score from which on an allele counts as active."""

LARGE = 1.0
"""Size of an effect, in log odds."""

BLOCK = 30_000
N_DRAWS = 1_000
SETS = {"broken": "motif broken", "nearby": "another base near by", "pathogenic": "pathogenic", "benign": "benign"}


def main() -> None:
    """Score, compare, write the table and the figure."""
    args = options(__doc__)
    sma.settings.progress = False
    data = data_dir()
    chr22 = Chr22(data)
    covered = Intervals.from_frame(chr22.covered)
    broken = break_motifs(chr22, covered)
    clinvar = read_clinvar(data, covered)
    with tempfile.TemporaryDirectory() as folder:
        adata = chr22.adata
        sma.tl.predict_tfbs(
            adata, "all", models=chr22.models(), tfs=FACTORS, genome=chr22.genome, fragments=chr22.fragments,
            regions=chr22.covered.iloc[:1], out_dir=folder, min_fragments=1, chroms=CHROM,
        )  # fmt: skip
        of_motifs, _ = score(adata, chr22, broken)
        of_clinvar, seconds = score(adata, chr22, clinvar)
    left_out = sma.get.variants(adata)["id"].nunique()
    rows = [*motif_rows(of_motifs), *clinvar_rows(of_clinvar)]
    table = pd.DataFrame(rows)
    publish(
        "variants",
        table,
        draw(table),
        keys=["part", "factor", "alleles"],
        tolerance={"mean_size": 0.01, "large": 0.01, "auroc": 0.02, "low": 0.04, "high": 0.04, "gained": 1, "lost": 1},
        check=args.check,
        note=f"ClinVar's {len(clinvar):,} alleles in the covered sequence, of which {left_out:,} were scored for two "
        f"factors and none had another reference allele, took {seconds:.0f} s.",
    )


def score(adata: ad.AnnData, chr22: Chr22, variants: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Scores of variants, a row a variant and factor, with the columns of the input; and seconds."""
    variants = variants.assign(id=[f"v{i}" for i in range(len(variants))])
    begin = time.perf_counter()
    sma.tl.score_variants(adata, variants, genome=chr22.genome, outside_regions=True)
    seconds = time.perf_counter() - begin
    table = sma.get.variants(adata)
    more = variants.set_index("id").drop(columns=["chrom", "pos", "ref", "alt"])
    return table.join(more, on="id"), seconds


def break_motifs(chr22: Chr22, covered: Intervals) -> pd.DataFrame:
    """For each drawn match of a motif the base whose loss costs it most, and a base near by that is in no match."""
    codes, rng = chr22.genome.codes(CHROM), np.random.default_rng(0)
    rows = []
    for motif in (motif for motif in read_motifs(MOTIFS) if motif.tf in FACTORS):
        shares = (motif.counts + 0.25) / (motif.counts + 0.25).sum(axis=1, keepdims=True)
        hits = motif_hits(codes, covered.starts(CHROM), covered.ends(CHROM), [shares], P_VALUE)
        order = np.argsort(hits.start, kind="stable")
        occupied = np.zeros(len(codes), dtype=bool)
        for i in order:
            occupied[hits.start[i] : hits.end[i]] = True
        for pair, i in enumerate(rng.permutation(order)[:N_HITS]):
            start, end = int(hits.start[i]), int(hits.end[i])
            bits = np.log2(shares[::-1, ::-1] if hits.reverse[i] else shares)
            loss = bits[np.arange(len(bits)), codes[start:end]] - bits.min(axis=1)
            at = int(loss.argmax())
            rows.append(_row(codes, start + at, int(bits[at].argmin()), motif.tf, "broken", pair))
            near = (start + end) // 2 + rng.choice([-1, 1]) * int(rng.integers(*NEAR))
            while occupied[near] or codes[near] > 3:
                near = (start + end) // 2 + rng.choice([-1, 1]) * int(rng.integers(*NEAR))
            other = int((codes[near] + rng.integers(1, 4)) % 4)
            rows.append(_row(codes, near, other, motif.tf, "nearby", pair))
    return pd.DataFrame(rows)


def _row(codes: np.ndarray, at: int, base: int, factor: str, alleles: str, pair: int) -> dict[str, object]:
    letters = {"ref": "ACGT"[codes[at]], "alt": "ACGT"[base]}
    return {"chrom": CHROM, "pos": at + 1} | letters | {"motif": factor, "alleles": alleles, "pair": pair}


def read_clinvar(data, covered: Intervals) -> pd.DataFrame:
    """ClinVar's alleles in the covered sequence."""
    rows = []
    for name in ("benign", "pathogenic"):
        found = read_vcf(data / CHROM / f"clinvar_hg38_chr22_{name}.vcf.gz")
        starts, ends = covered.starts(CHROM), covered.ends(CHROM)
        at = np.searchsorted(starts, found.start, side="right") - 1
        last = found.start + [len(ref) for ref in found.ref]
        for i in np.flatnonzero((at >= 0) & (last <= ends[np.maximum(at, 0)])):
            row = {"chrom": CHROM, "pos": found.start[i] + 1, "ref": found.ref[i], "alleles": name}
            rows += [row | {"alt": alt} for alt in found.alts[i]]
    return pd.DataFrame(rows)


def motif_rows(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows on the motifs: of the factor itself, and of all other factors together, where an allele is active."""
    rows = []
    for motif in dict.fromkeys(table["motif"]):
        mine = table[table["motif"] == motif]
        own = mine[mine["tf"] == motif]
        active = own.groupby("pair")["active"].max() >= ACTIVE
        rows += compare("motif, all", motif, own, "broken", "nearby", -own["effect"])
        own = own[own["pair"].map(active)]
        if len(own):
            rows += compare(f"motif, score of {ACTIVE} or more", motif, own, "broken", "nearby", -own["effect"])
    return rows


def clinvar_rows(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows on ClinVar's records, all and single bases alone: more of the pathogenic ones are indels."""
    rows = []
    for factor in table["tf"].cat.categories:
        own = table[table["tf"] == factor]
        rows += compare("ClinVar, all", factor, own, "pathogenic", "benign", own["effect"].abs())
        own = own[own["kind"] == "SNV"]
        rows += compare("ClinVar, single bases", factor, own, "pathogenic", "benign", own["effect"].abs())
    return rows


def compare(
    part: str, factor: str, table: pd.DataFrame, first: str, second: str, values: pd.Series
) -> list[dict[str, object]]:
    """A row a set of alleles; the first has the probability that a value of it is larger than one of the second."""
    is_first = (table["alleles"] == first).to_numpy()
    values = values.to_numpy(float)
    blocks = pd.factorize(table["pos"] // BLOCK)[0]
    low, high = _interval(values, is_first, blocks)
    rows = []
    for name in (first, second):
        own = table[table["alleles"] == name]
        size = own["effect"].abs()
        rows.append(
            {
                "part": part,
                "factor": factor,
                "alleles": SETS[name],
                "n": len(own),
                "mean_size": size.mean(),
                "large": (size >= LARGE).mean(),
                "gained": int((own["status"] == "gained").sum()),
                "lost": int((own["status"] == "lost").sum()),
                "auroc": _auroc(values, is_first) if name == first else np.nan,
                "low": low if name == first else np.nan,
                "high": high if name == first else np.nan,
            }
        )
    return rows


def _auroc(values: np.ndarray, is_first: np.ndarray) -> float:
    ranks = pd.Series(values).rank().to_numpy()
    n, m = is_first.sum(), (~is_first).sum()
    return float((ranks[is_first].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def _interval(values: np.ndarray, is_first: np.ndarray, blocks: np.ndarray) -> tuple[float, float]:
    """95% interval over draws of whole blocks."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(blocks == block) for block in range(blocks.max() + 1)]
    found = []
    for _ in range(N_DRAWS):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        found.append(_auroc(values[rows], is_first[rows]))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the probabilities with their intervals, a panel a part."""
    rows = table.dropna(subset=["auroc"])
    parts = list(dict.fromkeys(rows["part"]))
    factors = list(dict.fromkeys(rows["factor"]))
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    for panel, part in zip(np.atleast_1d(figure.subplots(1, len(parts), sharey=True)), parts, strict=True):
        mine = rows[rows["part"] == part]
        place = [factors.index(factor) for factor in mine["factor"]]
        bars = [mine["auroc"] - mine["low"], mine["high"] - mine["auroc"]]
        panel.errorbar(mine["auroc"], place, xerr=np.clip(bars, 0, None), fmt="o", color="#0072B2", markersize=4)
        panel.axvline(0.5, color="#6E6E6E", linewidth=0.8, linestyle=":")
        panel.set(xlim=(0, 1), title=part)
        panel.title.set_fontsize(8)
        panel.set_yticks(range(len(factors)), factors, fontsize=8)
        panel.set_ylim(len(factors) - 0.5, -0.5)
        panel.tick_params(axis="x", labelsize=8)
    figure.supxlabel("AUROC: broken against near by (loss), pathogenic against benign (size of the effect)", fontsize=8)
    return figure


if __name__ == "__main__":
    main()
