"""Synthetic fragments and genomes of hg38's size, written fast."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np

HG38 = {
    "chr1": 248_956_422, "chr2": 242_193_529, "chr3": 198_295_559, "chr4": 190_214_555, "chr5": 181_538_259,
    "chr6": 170_805_979, "chr7": 159_345_973, "chr8": 145_138_636, "chr9": 138_394_717, "chr10": 133_797_422,
    "chr11": 135_086_622, "chr12": 133_275_309, "chr13": 114_364_328, "chr14": 107_043_718, "chr15": 101_991_189,
    "chr16": 90_338_345, "chr17": 83_257_441, "chr18": 80_373_285, "chr19": 58_617_616, "chr20": 64_444_167,
    "chr21": 46_709_983, "chr22": 50_818_468, "chrX": 156_040_895,
}  # fmt: skip
"""Lengths of the chromosomes of hg38 (GRCh38), in bp."""

PEAK_SHARE = 0.4
BASES_PER_PEAK = 25_000
PEAK_WIDTH = 200.0
MEAN_LENGTH = 150.0
MIN_LENGTH = 25


def barcodes(n: int) -> np.ndarray:
    """Different barcodes as 10x Genomics writes them."""
    letters = np.array(list("ACGT"))
    digits = (np.arange(n)[:, None] >> (2 * np.arange(16))) & 3
    return np.array(["".join(row) + "-1" for row in letters[digits]])


def write_fragments(path: Path, n: int, n_cells: int, sizes: Mapping[str, int], *, seed: int = 0) -> np.ndarray:
    """Write a sorted, compressed fragment file: 40% in peaks, the rest anywhere; returns the barcodes."""
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(seed)
    names = pa.array(barcodes(n_cells))
    total = sum(sizes.values())
    form = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    with gzip.open(path, "wb", compresslevel=1) as out:
        for chrom, size in sizes.items():
            start, end = _fragments(rng, round(n * size / total), size)
            cell = rng.integers(0, n_cells, len(start), dtype=np.int32)
            columns = [
                pa.DictionaryArray.from_arrays(
                    np.zeros(len(start), dtype=np.int32), pa.array([chrom])
                ).dictionary_decode(),
                pa.array(start),
                pa.array(end),
                names.take(pa.array(cell)),
                pa.array(rng.integers(1, 5, len(start), dtype=np.int32)),
            ]
            csv.write_csv(pa.table(columns, names=list("abcde")), out, form)
    return np.asarray(names)


def _fragments(rng: np.random.Generator, n: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    peaks = rng.integers(1000, size - 1000, max(size // BASES_PER_PEAK, 1))
    in_peak = rng.random(n) < PEAK_SHARE
    start = rng.integers(0, size - 1000, n)
    start[in_peak] = rng.choice(peaks, in_peak.sum()) + rng.normal(0, PEAK_WIDTH, in_peak.sum()).astype(np.int64)
    start = np.sort(np.clip(start, 0, size - 1000))
    length = MIN_LENGTH + rng.exponential(MEAN_LENGTH, n).astype(np.int64)
    return start.astype(np.int32), np.minimum(start + np.minimum(length, 999), size).astype(np.int32)


def write_genome(path: Path, sizes: Mapping[str, int], *, seed: int = 0) -> None:
    """Write a FASTA of random bases, a line a chromosome."""
    rng = np.random.default_rng(seed)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    with open(path, "wb") as out:
        for chrom, size in sizes.items():
            out.write(f">{chrom}\n".encode())
            for start in range(0, size, 1 << 24):
                out.write(letters[rng.integers(0, 4, min(1 << 24, size - start), dtype=np.uint8)].tobytes())
            out.write(b"\n")
