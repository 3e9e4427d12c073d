"""Fragments to signal the way the original does it: cut sites as BED, bedtools, bigWigs, min-max with pyBigWig."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig

FLANK = 20
LIBRARY_SIZE = 20_000_000
PERCENTILE = 99


def bedtools_pipeline(
    fragments: Path, sizes: Mapping[str, int], blacklist: Path, folder: Path, *, every_base: bool = True
) -> tuple[dict[str, float], Path]:
    """Run the pipeline; seconds of every step, and the last bigWig.

    The last step, which writes every base of every chromosome, can be left out (``every_base=False``).
    """
    chrom_sizes = folder / "chrom.sizes"
    chrom_sizes.write_text("".join(f"{chrom}\t{size}\n" for chrom, size in sizes.items()))
    cuts, bedgraph, raw, scaled = (folder / name for name in ("cuts.bed", "raw.bedgraph", "raw.bw", "signal.bw"))
    seconds: dict[str, float] = {}

    def step(name: str, call: Callable[[], object]) -> object:
        start = time.perf_counter()
        result = call()
        seconds[name] = time.perf_counter() - start
        return result

    n_cuts = step("cut sites to BED (pandas)", lambda: _write_cut_sites(fragments, sizes, cuts))
    command = (
        f"sort -k1,1 {cuts} | bedtools slop -i - -g {chrom_sizes} -b {FLANK} "
        f"| bedtools intersect -v -a - -b {blacklist} "
        f"| bedtools genomecov -i - -g {chrom_sizes} -bg -scale {LIBRARY_SIZE / n_cuts} "
        f"| sort -k1,1 -k2,2n > {bedgraph}"
    )
    environment = {**os.environ, "LC_ALL": "C"}
    step(
        "sort, slop, intersect, genomecov, sort",
        lambda: subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, env=environment),
    )
    step("bedGraph to bigWig", lambda: _to_bigwig(bedgraph, raw, sizes))
    low, high, blocked = step("99th percentile", lambda: _range(raw, sizes, blacklist))
    if every_base:
        step("min-max to bigWig", lambda: _normalize(raw, scaled, sizes, low, high, blocked))
    return seconds, scaled


def _write_cut_sites(fragments: Path, sizes: Mapping[str, int], cuts: Path) -> int:
    frame = pd.read_csv(
        fragments, sep="\t", comment="#", header=None, usecols=[0, 1, 2, 3], names=["chrom", "start", "end", "name"]
    )
    frame = frame[frame["chrom"].isin(list(sizes))]
    left = frame.assign(end=frame["start"] + 1)
    right = frame.assign(start=frame["end"] - 1)
    both = pd.concat([left, right])
    both.to_csv(cuts, sep="\t", header=False, index=False)
    return len(both)


def _to_bigwig(bedgraph: Path, path: Path, sizes: Mapping[str, int]) -> None:
    """Stand in for bedGraphToBigWig, which is not packaged."""
    present: list[str] = []
    with pyBigWig.open(str(path), "w") as out:
        out.addHeader(sorted(sizes.items()))
        for chunk in pd.read_csv(bedgraph, sep="\t", header=None, names=list("cseV"), chunksize=1 << 20):
            for chrom, rows in chunk.groupby("c", sort=False):
                present.append(chrom)
                out.addEntries(
                    [chrom] * len(rows),
                    rows["s"].tolist(),
                    ends=rows["e"].tolist(),
                    values=rows["V"].astype(float).tolist(),
                )


def _range(raw: Path, sizes: Mapping[str, int], blacklist: Path) -> tuple[float, float, dict[str, Sequence]]:
    blocked: dict[str, Sequence] = {chrom: [] for chrom in sizes}
    for line in blacklist.read_text().splitlines():
        chrom, start, end = line.split("\t")[:3]
        if chrom in blocked:
            blocked[chrom].append((int(start), int(end)))
    covered, low = [], np.inf
    with pyBigWig.open(str(raw)) as handle:
        for chrom, size in sizes.items():
            values = np.nan_to_num(handle.values(chrom, 0, size, numpy=True))
            allowed = _allowed(size, blocked[chrom])
            low = min(low, float(values[allowed].min()))
            covered.append(values[allowed & (values > 0)])
    return low, float(np.percentile(np.concatenate(covered), PERCENTILE)), blocked


def _normalize(
    raw: Path, path: Path, sizes: Mapping[str, int], low: float, high: float, blocked: Mapping[str, Sequence]
) -> None:
    """Write every base, as the original does."""
    with pyBigWig.open(str(raw)) as handle, pyBigWig.open(str(path), "w") as out:
        out.addHeader(list(sizes.items()))
        for chrom, size in sizes.items():
            values = (np.nan_to_num(handle.values(chrom, 0, size, numpy=True)) - low) / (high - low)
            values[~_allowed(size, blocked[chrom])] = 0
            out.addEntries(chrom, 0, values=values.astype(np.float32), span=1, step=1)


def _allowed(size: int, blocked: Sequence) -> np.ndarray:
    allowed = np.ones(size, dtype=bool)
    for start, end in blocked:
        allowed[start:end] = False
    return allowed
