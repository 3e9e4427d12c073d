"""An atlas: 200,000 cells in 40 groups on a simulated genome of hg38's sizes, and a column that holds no groups.

One process does it all, one step after the other: pseudobulks, a bigWig of the signal of each group, scores of one
network in 10,000 regions spread over all chromosomes, and scores of the cells in these regions. The peak is the
resident set as the system counts it, up to the end of each step, the pages of the memory-mapped genome included. A
column with a value for every other cell has to be refused before anything is read. With `--drawn` scores are drawn from
those of real networks instead of computed; peaks are those of all but the network then, and the seconds its cost apart.

    python benchmarks/atlas.py [--quick] [--drawn] [--fragments 40000000] [--regions 10000]
"""

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
from memory import LIMIT_GB, Drawn, peak_gb
from scipy import sparse

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.predict import _run

N_CELLS, N_GROUPS = 200_000, 40
WIDTH = 500
"""Of a region, in bp."""


def main() -> None:
    """Measure and print the table."""
    args = options(
        __doc__,
        drawn={"action": "store_true", "help": "draw scores instead of computing them"},
        fragments={"type": int, "default": 40_000_000},
        regions={"type": int, "default": 10_000},
    )
    warnings.simplefilter("ignore")
    settings.progress = False
    sizes = {chrom: HG38[chrom] for chrom in (("chr21", "chr22") if args.quick else HG38)}
    n_cells, n = (20_000, 2_000_000) if args.quick else (N_CELLS, args.fragments)
    n_regions = 200 if args.quick else args.regions
    print(machine() + "\n")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        settings.cache_dir = folder / "cache"
        write_genome(folder / "genome.fa", sizes)
        write_fragments(folder / "fragments.tsv.gz", n, n_cells, sizes)
        rows = [(name, *_measured(call)) for name, call in _steps(folder, sizes, n_cells, n_regions, args.drawn)]
    total = sum(seconds for _, seconds, _ in rows)
    print(
        f"{sum(sizes.values()) / 1e9:.2f} Gb in {len(sizes)} chromosomes, {n:,} fragments of {n_cells:,} cells in "
        f"{N_GROUPS} groups, {n_regions:,} regions, scores {'drawn' if args.drawn else 'computed'}.\n"
    )
    shown = [(name, seconds, peak, f"{peak / LIMIT_GB:.0%}") for name, seconds, peak in rows]
    print(table(["", "seconds", "peak so far, GB", f"of {LIMIT_GB:g} GB"], [*shown, ("all", total, "", "")]))


def _steps(
    folder: Path, sizes: dict[str, int], n_cells: int, n_regions: int, drawn: bool
) -> list[tuple[str, Callable[[], object]]]:
    obs = pd.DataFrame(
        {
            "group": pd.Categorical([f"g{i % N_GROUPS:02d}" for i in range(n_cells)]),
            "depth": np.repeat(np.arange(n_cells // 2) * 0.5, 2),
        },
        index=barcodes(n_cells),
    )
    adata = ad.AnnData(sparse.csr_matrix((n_cells, 1), dtype=np.float32), obs=obs)
    data = data_dir()
    model = sma.models.load(data / "maxatac" / "models" / "CTCF")
    regions = _spread(sizes, n_regions)
    blacklist = data / "maxatac" / "hg38_maxatac_blacklist.bed"
    fragments = folder / "fragments.tsv.gz"
    made: dict[str, object] = {}
    if drawn:
        _run.make_engine = lambda networks, **_: Drawn(len(networks))

    def encode() -> None:
        made["genome"] = sma.Genome(folder / "genome.fa", blacklist=blacklist)

    def refuse() -> None:
        try:
            sma.pp.pseudobulk(adata, "depth", genome=made["genome"], fragments=fragments)
        except ValueError as error:
            if "different values" in str(error):
                return
        raise SystemExit("a column that holds no groups was not refused")

    def pool() -> None:
        made["bulks"] = sma.pp.pseudobulk(adata, "group", genome=made["genome"], fragments=fragments)

    def write() -> None:
        sma.pp.tn5_tracks(made.pop("bulks"), out_dir=folder / "tracks")

    def predict() -> None:
        sma.tl.predict_tfbs(
            adata, "group", genome=made["genome"], fragments=fragments, models=model, regions=regions, device="cpu",
            threshold="f1", out_dir=folder / "out",
        )  # fmt: skip

    def score() -> None:
        sma.tl.score_cells(adata, genome=made["genome"], fragments=fragments)

    return [
        ("encoding the genome, once", encode),
        (f"refusing a column of {n_cells // 2:,} values", refuse),
        (f"pseudobulks of {N_GROUPS} groups", pool),
        (f"bigWigs of {N_GROUPS} signals", write),
        (f"scores in {n_regions:,} regions of {N_GROUPS} groups, reading the fragments included", predict),
        (f"scores of {n_cells:,} cells, reading the fragments included", score),
    ]


def _spread(sizes: dict[str, int], n: int) -> pd.DataFrame:
    """Regions at random places, as many on a chromosome as it is long."""
    rng = np.random.default_rng(0)
    total = sum(sizes.values())
    parts = []
    for chrom, size in sizes.items():
        start = np.sort(rng.integers(0, size - 2 * WIDTH, round(n * size / total)))
        parts.append(pd.DataFrame({"chrom": chrom, "start": start, "end": start + WIDTH}))
    return pd.concat(parts, ignore_index=True)


def _measured(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of a call, and the peak of the process after it in GB."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start, peak_gb()


if __name__ == "__main__":
    main()
