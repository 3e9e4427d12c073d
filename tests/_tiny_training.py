"""Inputs of training that take a second: four cell types with random signals and peaks."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from scmaxatac.io._bed import write_bed
from scmaxatac.io._bigwig import BigWigWriter

SIZES = {"chr1": 50_000, "chr2": 30_000, "chr3": 9_000}
TINY = {
    "chroms_train": "chr1",
    "chroms_valid": "chr2",
    "batch_size": 8,
    "batches_per_epoch": 2,
    "epochs": 2,
    "accelerator": "cpu",
}


OPTIONS = {
    "pan_cell": True,
    "random_ratio": 0.0,
    "reverse_complement": True,
    "jitter": 0,
    "signal_scaling": None,
    "batch_size": 8,
    "batches_per_epoch": 2,
    "max_validation": 100,
}
"""What batches are made with, below the level of ``tl.train``."""


@contextmanager
def one_thread():
    """Have torch add up in the same order in all runs that are compared."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def make_codes():
    rng = np.random.default_rng(0)
    return {chrom: rng.integers(0, 4, size).astype(np.uint8) for chrom, size in SIZES.items()}


def make_table(folder: Path) -> pd.DataFrame:
    """Write signals and peaks of four cell types to a folder; paths are relative to it."""
    rng = np.random.default_rng(1)
    rows = []
    for i, (name, role) in enumerate([("B", "train"), ("CD4/T", "train"), ("Mono", "validation"), ("NK", "test")]):
        with BigWigWriter(folder / f"signal{i}.bw", SIZES) as writer:
            for chrom, size in SIZES.items():
                writer.add_fixed(chrom, 0, rng.random(size // 16).astype(np.float32), span=16, step=16)
        starts = [(chrom, start) for chrom in ("chr1", "chr2") for start in range(900, SIZES[chrom] - 1_500, 900)]
        peaks = pd.DataFrame(
            [(c, s, s + 300) for c, s in starts if rng.random() < 0.8], columns=["chrom", "start", "end"]
        )
        write_bed(folder / f"peaks{i}.bed", peaks)
        write_bed(
            folder / f"chip{i}.bed", peaks[::3].assign(start=lambda t: t["start"] + 70, end=lambda t: t["end"] - 70)
        )
        rows.append((name, f"signal{i}.bw", f"peaks{i}.bed", f"chip{i}.bed", role))
    return pd.DataFrame(rows, columns=["name", "signal", "atac_peaks", "chip_peaks", "role"])


def write_table(folder: Path) -> Path:
    """Write the table of :func:`make_table` beside its files, as users do."""
    path = folder / "table.tsv"
    make_table(folder).to_csv(path, sep="\t", index=False)
    return path
