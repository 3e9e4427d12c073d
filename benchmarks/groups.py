"""Several groups in one call of `predict_tfbs` against a call for each group.

"PBMC" are the 13 cell types of a multiome data set of 10,000 PBMC on the surroundings (200 kb) of 51 genes, all of
them together and each alone. "Sparse" are 323,000 fragments in 20 groups over a simulated genome of 20 Mb, whole
chromosomes: as dense as 50 million fragments in 20 groups on hg38. Two thirds of the fragments lie in peaks, whose
heights are exponentially distributed, the rest anywhere; groups are equally large, or the largest has 109 times the
fragments of the smallest, as in PBMC. Three groups are predicted alone, and stand for all of them: what one alone costs
does not depend on its fragments. Sequences are random; the network is the published one of CTCF. "Predicted" are the
windows that are left when those without signal count once for all groups. Every score that is kept is compared between
the runs. CPU seconds are those of the process, so that neighbours on the machine matter less.

A run of one group shares work as well: windows that overlap have pieces in common. "Of single runs" is against such
runs, "of every window by itself" against runs of one group that score each window alone, as all did when the targets
were set: 60% for PBMC, 25% for the sparse ones.

The last table counts how far the sparse settings could come with exact scores, in multiply-adds of the networks alone:
"as it is", and "what changes", if every layer were computed anew only at the positions that signal can change. Such
positions have to be gathered, which has a price, measured on the layers behind the stem. Reading, averaging and storing
come on top of all.

    python benchmarks/groups.py [--quick] [--backend openvino]
"""

import logging
import re
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from _common import data_dir, machine, options, table
from _group_work import one_by_one, price_of_choosing, work

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.genome._windows import PUBLISHED_GRID
from scmaxatac.models import load_many
from scmaxatac.predict._run import Run

TFS = ["CTCF"]
N_GROUPS = 20
SIZES = {"chr1": 9_000_000, "chr2": 6_500_000, "chr3": 4_500_000}
N_FRAGMENTS = 323_000
BASES_PER_PEAK = 25_000
PEAK_SHARE = 2 / 3
FALL = 109 ** (-1 / (N_GROUPS - 1))


class Said(logging.Handler):
    """Keeps the seconds that were estimated before a run, and the share of the windows that are predicted."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: float | None = None
        self.share = 1.0

    def emit(self, record: logging.LogRecord) -> None:
        """Look for both in what is logged."""
        message = record.getMessage()
        if found := re.search(r"about (\d+) s on this machine", message):
            self.seconds = float(found[1])
        if found := re.search(r"(\d+) windows in \d+ tasks, (\d+) to predict", message):
            self.share = int(found[2]) / int(found[1])


class Data:
    """Fragments of groups, and a genome of random bases.

    Parameters
    ----------
    frame
        chrom, start, end and group of every fragment, sorted.
    sizes
        Lengths of the chromosomes.
    regions
        What is predicted.
    folder
        Folder for files.
    """

    def __init__(self, frame: pd.DataFrame, sizes: dict[str, int], regions: object, folder: Path) -> None:
        self.regions, self.frame, self.sizes = regions, frame, sizes
        self.groups = sorted(frame["group"].unique())
        self._fragments = folder / "fragments.tsv"
        frame.assign(count=1).to_csv(self._fragments, sep="\t", header=False, index=False)
        rng = np.random.default_rng(0)
        codes = {chrom: rng.integers(0, 4, size, dtype=np.uint8) for chrom, size in sizes.items()}
        self._genome = sma.Genome.from_codes(codes)
        self._models = load_many(data_dir() / "maxatac" / "models", TFS)

    def predict(self, groups: Sequence[str], out_dir: Path, backend: str) -> np.ndarray:
        """Predict some groups; seconds and CPU seconds that it took."""
        obs = pd.DataFrame({"group": list(groups)}, index=list(groups))
        adata = ad.AnnData(np.zeros((len(obs), 1), np.float32), obs=obs)
        start = _now()
        sma.tl.predict_tfbs(
            adata, "group", models=self._models, genome=self._genome, fragments=self._fragments, regions=self.regions,
            device="cpu", backend=backend, min_cells=1, min_fragments=1, out_dir=out_dir,
        )  # fmt: skip
        return _now() - start


def _now() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def pbmc(folder: Path, quick: bool) -> Data:
    """Cell types of PBMC on their loci; each chromosome ends behind its last locus."""
    source = data_dir() / "pbmc10k"
    types = pd.read_csv(source / "barcode_celltype.tsv", sep="\t").set_index("barcode")["celltype"]
    loci = pd.read_csv(source / "loci.bed", sep="\t", header=None, names=["chrom", "start", "end"])
    loci = loci.sort_values(["chrom", "start"]).head(3 if quick else None)
    columns = ["chrom", "start", "end", "barcode"]
    frame = pd.read_csv(
        source / "pbmc10ktiny_50loci.fragments.tsv.gz", sep="\t", header=None, usecols=[0, 1, 2, 3], names=columns
    )
    frame["group"] = frame.pop("barcode").map(types)
    frame = frame[frame["chrom"].isin(loci["chrom"]) & frame["group"].notna()]
    frame = frame.sort_values(["chrom", "start", "end"], ignore_index=True)
    furthest = pd.concat([loci, frame]).groupby("chrom")["end"].max()
    return Data(frame, {chrom: int(end) + 1_000 for chrom, end in furthest.items()}, loci, folder)


def sparse(folder: Path, quick: bool, fall: float) -> Data:
    """Few fragments in many groups; each group has `fall` times the fragments of the one before."""
    rng = np.random.default_rng(1)
    shrink = 20 if quick else 1
    sizes = {chrom: size // shrink for chrom, size in SIZES.items()}
    share = fall ** np.arange(N_GROUPS)
    parts = []
    for chrom, size in sizes.items():
        peaks = rng.integers(1_000, size - 1_000, size // BASES_PER_PEAK)
        height = rng.exponential(size=len(peaks))
        n = round(N_FRAGMENTS / shrink * size / sum(sizes.values()))
        in_peak = rng.random(n) < PEAK_SHARE
        start = rng.integers(0, size - 1_000, n)
        at = rng.choice(peaks, in_peak.sum(), p=height / height.sum())
        start[in_peak] = np.clip(at + rng.normal(0, 200, in_peak.sum()).astype(int), 0, size - 1_000)
        end = start + np.minimum(25 + rng.exponential(150, n).astype(int), 999)
        group = rng.choice(N_GROUPS, n, p=share / share.sum())
        parts.append(pd.DataFrame({"chrom": chrom, "start": start, "end": end, "group": group}))
    frame = pd.concat(parts).sort_values(["chrom", "start", "end"], ignore_index=True)
    frame["group"] = frame["group"].map("g{:02d}".format)
    return Data(frame, sizes, "genome", folder)


def largest_difference(one: Run, other: Run) -> float:
    """Largest difference of kept scores over the groups of the second run; bins that only one has count whole."""
    differences = [0.0]
    for group in other.spec.groups:
        for tf in other.spec.tfs:
            for chrom in other.spec.chroms:
                (starts, scores), (expected_starts, expected) = (
                    run.store.read(group, tf, chrom) for run in (one, other)
                )
                if np.array_equal(starts, expected_starts):
                    differences.append(float(np.abs(scores - expected).max(initial=0.0)))
                else:
                    differences.append(1.0)
    return max(differences)


def measure(name: str, data: Data, alone: Sequence[str], backend: str) -> tuple[object, ...]:
    """Predict all groups together and some alone; a row of the table."""
    said = Said()
    logging.getLogger("scmaxatac").addHandler(said)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        together = data.predict(data.groups, folder / "together", backend)
        share, guess = said.share, "-" if said.seconds is None else f"{said.seconds / together[0]:.0%}"
        single, difference = np.zeros(2), 0.0
        for i, group in enumerate(alone):
            single += data.predict([group], folder / str(i), backend)
            difference = max(difference, largest_difference(Run.open(folder / "together"), Run.open(folder / str(i))))
        with one_by_one(every_window=True):
            every_window = data.predict(alone[:1], folder / "every window", backend) * len(data.groups)
    logging.getLogger("scmaxatac").removeHandler(said)
    single *= len(data.groups) / len(alone)
    seconds, cpu = together / single
    return (
        name,
        len(data.groups),
        f"{share:.0%}",
        float(every_window[1]),
        float(single[1]),
        float(together[1]),
        f"{together[1] / every_window[1]:.0%}",
        f"{cpu:.0%}",
        f"{seconds:.0%}",
        difference,
        guess,
    )


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__, backend={"default": "auto", "help": "engine; default: the one that predict_tfbs takes"})
    settings.progress = False
    warnings.simplefilter("ignore")
    logging.getLogger("scmaxatac").setLevel(logging.INFO)
    print(machine() + "\n")
    rows, counted = [], []
    price = price_of_choosing(3 if args.quick else 30)
    with tempfile.TemporaryDirectory() as place:
        settings.cache_dir = Path(place) / "cache"
        cases = {
            "PBMC": lambda folder: pbmc(folder, args.quick),
            "sparse, unequal groups": lambda folder: sparse(folder, args.quick, FALL),
            "sparse, equal groups": lambda folder: sparse(folder, args.quick, 1.0),
        }
        for name, make in cases.items():
            folder = Path(place) / name
            folder.mkdir()
            data = make(folder)
            if not rows:
                data.predict(data.groups[:1], folder / "warm", args.backend)  # compiles kernels, encodes the genome
            alone = data.groups if name == "PBMC" else [data.groups[i] for i in (0, 9, 19)]
            rows.append(measure(name, data, alone, args.backend))
            if name != "PBMC":
                shares = work(data.frame, data.sizes, PUBLISHED_GRID.step, price)
                counted.append((name, *(f"{share:.1%}" for share in shares)))
    columns = [
        "", "groups", "predicted", "every window by itself, CPU s", "single runs, CPU s", "together, CPU s",
        "of every window by itself", "of single runs", "of their time", "largest difference", "estimate / time",
    ]  # fmt: skip
    print(table(columns, rows))
    print(f"\nA position that is gathered costs {price:.2g} times one of a whole convolution.\n")
    print(table(["multiply-adds of single runs", "as it is", "what changes", "what changes, at that price"], counted))


if __name__ == "__main__":
    main()
