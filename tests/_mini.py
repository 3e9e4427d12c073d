"""A tiny data set in every container, and a plain model of the whole prediction to compare with.

A genome of three chromosomes that hold a few dozen windows each and one too short for any, with unknown bases and a
blacklist; three groups of cells (one name has a slash), cells without a group, and barcodes that are no cells.
"""

import gzip
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac import Genome

SIZES = {"chr1": 13_345, "chr2": 9_001, "chr3": 900, "chrX": 7_011}
GROUPS = ("B", "CD4/T", "Mono")
BLACKLIST = pd.DataFrame(
    [("chr1", 0, 100), ("chr1", 6_000, 6_050), ("chrX", 5_900, 6_100)], columns=["chrom", "start", "end"]
)
UNKNOWN = [("chr1", 9_000, 9_700), ("chr2", 0, 300)]
REGIONS = pd.DataFrame(
    [
        ("chr1", 1_000, 1_500), ("chr1", 1_400, 1_933), ("chr1", 3_000, 3_001), ("chr1", 6_010, 6_040),
        ("chr1", 9_100, 9_400), ("chr1", 13_300, 13_345), ("chr1", 13_320, 13_330),
        ("chr2", 4_096, 4_128), ("chr2", 4_500, 5_200), ("chr3", 100, 400), ("chrX", 255, 257), ("chrX", 3_000, 3_700),
    ],
    columns=["chrom", "start", "end"],
)  # fmt: skip
"""Regions that overlap, of one base, on the blacklist, in unknown bases and at a chromosome's end."""


@dataclass(frozen=True)
class Mini:
    """The data set; its parts are made when they are asked for."""

    seed: int = 0

    @cached_property
    def codes(self) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(self.seed)
        codes = {chrom: rng.integers(0, 4, size).astype(np.uint8) for chrom, size in SIZES.items()}
        for chrom, start, end in UNKNOWN:
            codes[chrom][start:end] = 4
        return codes

    @cached_property
    def genome(self) -> Genome:
        return Genome.from_codes(self.codes, blacklist=BLACKLIST)

    @cached_property
    def obs(self) -> pd.DataFrame:
        """Cells: 14 a group, 3 without one; also a batch and the replicate."""
        n = 14
        labels = [*np.repeat(GROUPS, n), None, None, None]
        rng = np.random.default_rng(self.seed + 1)
        names = ["".join(rng.choice(list("ACGT"), 16)) + "-1" for _ in labels]
        order = rng.permutation(len(labels))
        frame = pd.DataFrame(
            {
                "leiden": pd.Categorical(labels, categories=GROUPS),
                "number": pd.array([None if label is None else GROUPS.index(label) for label in labels], "Int64"),
                "batch": np.where(np.arange(len(labels)) % 3 == 0, "s1", "s2"),
            },
            index=names,
        )
        return frame.iloc[order]

    @cached_property
    def fragments(self) -> pd.DataFrame:
        """Fragments chrom, start, end, barcode, sorted as in a file; groups like different places."""
        rng = np.random.default_rng(self.seed + 2)
        rows = []
        strangers = ["".join(rng.choice(list("ACGT"), 16)) + "-1" for _ in range(8)]
        for barcode, group in [*self.obs["leiden"].items(), *((name, None) for name in strangers)]:
            g = GROUPS.index(group) if group in GROUPS else 0
            for _ in range(60):
                chrom = rng.choice(list(SIZES), p=[0.5, 0.25, 0.02, 0.23])
                middle = rng.choice([1_600 + 300 * g, 3_300, 4_700, 6_400]) if rng.random() < 0.7 else 1e9
                start = int(rng.normal(middle, 90)) if middle < SIZES[chrom] - 600 else int(rng.integers(SIZES[chrom]))
                start = max(0, min(start, SIZES[chrom] - 30))
                rows.append((chrom, start, min(SIZES[chrom], start + int(rng.integers(25, 400))), barcode))
        frame = pd.DataFrame(rows, columns=["chrom", "start", "end", "barcode"])
        order = np.lexsort((frame["end"], frame["start"], frame["chrom"].map(list(SIZES).index)))
        return frame.iloc[order].reset_index(drop=True)

    @cached_property
    def sparse_fragments(self) -> pd.DataFrame:
        """Those that lie near the places that some group likes; none of B on chr2."""
        frame = self.fragments
        near = frame["start"].between(1_500, 2_300) | frame["start"].between(4_600, 4_900)
        silent = (frame["chrom"] == "chr2") & (frame["barcode"].map(self.obs["leiden"]) == "B")
        return frame[near & ~silent]

    def write_fragments(self, path: Path, barcodes: list[str] | None = None, *, sparse: bool = False) -> Path:
        """Write a fragment file; of these barcodes only, if given."""
        frame = self.sparse_fragments if sparse else self.fragments
        if barcodes is not None:
            frame = frame[frame["barcode"].isin(barcodes)]
        lines = ["# made up", *("\t".join(map(str, [*row, 1])) for row in frame.itertuples(index=False))]
        path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
        return path

    def adata(self, fragments: Path | None = None) -> ad.AnnData:
        """Cells x regions, as muon would have them."""
        names = [f"{row.chrom}:{row.start}-{row.end}" for row in REGIONS.itertuples()]
        adata = ad.AnnData(
            sparse.csr_matrix((len(self.obs), len(names)), dtype=np.float32),
            obs=self.obs.copy(),
            var=pd.DataFrame(index=names),
        )
        if fragments is not None:
            adata.uns["files"] = {"fragments": str(fragments)}
        return adata

    def snapatac2(self) -> ad.AnnData:
        """Cells with their fragments in SnapATAC2's layout, and no variables."""
        offset = dict(zip(SIZES, np.cumsum([0, *SIZES.values()]), strict=False))
        frame = self.fragments[self.fragments["barcode"].isin(self.obs.index)]
        rows = self.obs.index.get_indexer(frame["barcode"])
        columns = frame["chrom"].map(offset).to_numpy() + frame["start"].to_numpy()
        order = np.lexsort((columns, rows))
        lengths = (frame["end"] - frame["start"]).to_numpy(dtype=np.uint32)[order]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(self.obs)))])
        matrix = sparse.csr_matrix((lengths, columns[order], indptr), shape=(len(self.obs), sum(SIZES.values())))
        adata = ad.AnnData(obs=self.obs.copy())
        adata.obsm["fragment_paired"] = matrix
        adata.uns["reference_sequences"] = pd.DataFrame(
            {"reference_seq_name": list(SIZES), "reference_seq_length": list(SIZES.values())}
        )
        return adata
