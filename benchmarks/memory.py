"""Peak memory of a run on a genome of hg38's size, with random bases and synthetic fragments.

Every case runs in a process of its own; its peak is the resident set as the system counts it, the pages of the
memory-mapped genome included. Regions are few and spread over all chromosomes, so that the run ends; what they leave
out are two cases of dense windows: the whole of chr1 with one group and many networks, and 4 Mb of it with many groups
and networks. Their scores are drawn from those of real networks instead of computed (the engine's own memory does not
depend on the number of windows).

    python benchmarks/memory.py [--quick]
"""

import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from _common import data_dir, machine, options, table
from _synthetic import HG38, barcodes, write_fragments, write_genome

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.genome._windows import Grid
from scmaxatac.models import TFModel, load_many
from scmaxatac.predict import _run

N_CELLS = 5_000
LIMIT_GB = 6.0


class Drawn:
    """Stands in for an engine: scores are pieces of real scores."""

    grid = Grid()

    def __init__(self, n_outputs: int) -> None:
        self.n_outputs = n_outputs
        folder = data_dir() / "golden" / "predict"
        self._pool = np.concatenate([np.load(folder / f"{tf}.npz")["score"] for tf in ("CTCF", "SPI1", "ELF1")])
        self._rng = np.random.default_rng(0)

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Scores, (outputs, n, 32)."""
        out = np.empty((self.n_outputs, len(codes), 32), dtype=np.float32)
        for one in out:
            start = self._rng.integers(0, len(self._pool) - one.size) if one.size < len(self._pool) else 0
            one[:] = np.resize(self._pool[start:], one.shape)
        return out


def many_models(n: int) -> list[TFModel]:
    """Repeat the published models under other names until there are enough."""
    real = load_many(data_dir() / "maxatac" / "models", None)
    return [real[i % len(real)].renamed(f"{real[i % len(real)].tf}_{i}") for i in range(n)]


def encode(folder: Path, sizes: dict[str, int], quick: bool) -> None:
    """Read the FASTA for the first time."""
    sma.Genome(folder / "genome.fa")


def sparse(folder: Path, sizes: dict[str, int], quick: bool) -> None:
    """Predict on all chromosomes, in few regions, with real networks."""
    groups, networks, per_chrom = (3, 2, 3) if quick else (20, 10, 12)
    rng = np.random.default_rng(0)
    chrom = np.repeat(list(sizes), per_chrom)
    start = np.concatenate([np.sort(rng.integers(0, size - 1000, per_chrom)) for size in sizes.values()])
    regions = pd.DataFrame({"chrom": chrom, "start": start, "end": start + 500})
    _predict(folder, groups, networks, regions=regions)


def matched(folder: Path, sizes: dict[str, int], quick: bool) -> None:
    """Predict with thresholds by rank, for which a sample of the whole genome is scored as well."""
    start = [size * 3 // 4 + 2_000 * i for size in sizes.values() for i in range(3)]  # off the blacklisted short arms
    regions = pd.DataFrame({"chrom": np.repeat(list(sizes), 3), "start": start, "end": np.add(start, 500)})
    _predict(folder, 1, 2, regions=regions, threshold="matched")


def chr1(folder: Path, sizes: dict[str, int], quick: bool) -> None:
    """Predict a whole chromosome, all its windows."""
    networks = 8 if quick else 127
    _run.make_engine = lambda networks, **_: Drawn(len(networks))
    _predict(folder, 1, networks, regions="genome", chroms=next(iter(sizes)))


def together(folder: Path, sizes: dict[str, int], quick: bool) -> None:
    """Predict several tasks of a chromosome with many groups and networks."""
    groups, networks = (3, 8) if quick else (20, 127)
    chrom = next(iter(sizes))
    start = sizes[chrom] * 3 // 4
    regions = pd.DataFrame({"chrom": [chrom], "start": [start], "end": [start + 4_000_000]})
    _run.make_engine = lambda weights, **_: Drawn(len(weights))
    _predict(folder, groups, networks, regions=regions)


def _predict(folder: Path, n_groups: int, n_networks: int, **more: object) -> None:
    names = barcodes(N_CELLS)
    obs = pd.DataFrame({"group": [f"g{i % n_groups:02d}" for i in range(N_CELLS)]}, index=names)
    adata = ad.AnnData(np.zeros((N_CELLS, 1), np.float32), obs=obs)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        sma.tl.predict_tfbs(
            adata,
            "group",
            genome=sma.Genome(folder / "genome.fa", blacklist=data_dir() / "maxatac" / "hg38_maxatac_blacklist.bed"),
            fragments=folder / "fragments.tsv.gz",
            models=many_models(n_networks),
            device="cpu",
            min_fragments=1,
            out_dir=out,
            **more,
        )


CASES: dict[str, Callable[[Path, dict[str, int], bool], None]] = {
    "encode": encode,
    "sparse": sparse,
    "matched": matched,
    "chr1": chr1,
    "together": together,
}
NAMES = {
    "imports": "nothing but the imports",
    "encode": "encoding the genome, once",
    "sparse": "all chromosomes, 20 groups, 10 networks, 276 regions",
    "matched": "all chromosomes, 1 group, 2 networks, thresholds by rank",
    "chr1": "the whole of chr1, 1 group, 127 networks",
    "together": "4 Mb of chr1, 20 groups, 127 networks",
}


def main() -> None:
    """Measure and print the table."""
    args = options(
        __doc__,
        case={"help": "run one case in this process"},
        folder={"type": Path, "help": "where genome and fragments are"},
        fragments={"type": int, "default": 20_000_000},
    )
    sizes = {chrom: HG38[chrom] for chrom in (("chr21", "chr22") if args.quick else HG38)}
    if args.case:
        _run_case(args.case, args.folder, sizes, args.quick)
        return
    print(machine())
    n = 200_000 if args.quick else args.fragments
    rows = []
    with tempfile.TemporaryDirectory() as place:
        write_genome(Path(place) / "genome.fa", sizes)
        write_fragments(Path(place) / "fragments.tsv.gz", n, N_CELLS, sizes)
        for case in ("imports", *CASES):
            command = [sys.executable, __file__, "--case", case, "--folder", place, *(["--quick"] * args.quick)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            peak, seconds = map(float, done.stdout.split()[-2:])
            rows.append((NAMES[case], peak, f"{peak / LIMIT_GB:.0%}", seconds))
    print(f"{sum(sizes.values()) / 1e9:.2f} Gb in {len(sizes)} chromosomes, {n:,} fragments of {N_CELLS:,} cells.\n")
    print(table(["", "peak, GB", f"of {LIMIT_GB:g} GB", "seconds"], rows))


def _run_case(case: str, folder: Path, sizes: dict[str, int], quick: bool) -> None:
    warnings.simplefilter("ignore")
    settings.progress = False
    settings.cache_dir = folder / "cache"
    start = time.perf_counter()
    if case == "imports":
        many_models(1)
    else:
        CASES[case](folder, sizes, quick)
    print(peak_gb(), time.perf_counter() - start)


def peak_gb() -> float:
    """Peak of the resident set of this process, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


if __name__ == "__main__":
    main()
