"""Variants and haplotypes: how much of the network's bare rate is left, and what sharing windows saves in a cohort.

Variants: ClinVar's benign records in the sequence that the chr22 data cover, scored with published weights and real
signal. The bare rate is that of the engine alone on the very same windows, in the same blocks, one by one; alleles
share what their windows have in common, and so may be faster. Cohort: 300 phased
people on 1 Mb of chromosome 20, with a planted signal, as the data have none. The naive way scores every window of
every haplotype; it is measured on a few haplotypes, which also have to score the same, and extrapolated to all.

    python benchmarks/variants.py [--quick]
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from _chr22 import Chr22
from _common import ROUNDS, data_dir, machine, options, ratio, table, take_turns, timed

from scmaxatac import Genome, settings
from scmaxatac.genome import Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.io._vcf import read_vcf
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.predict._run import Run
from scmaxatac.sequence._haplotype_scores import score_haplotypes
from scmaxatac.sequence._phased import PhasedAlleles, phase_alleles
from scmaxatac.sequence._variant_records import records_of_vcf
from scmaxatac.sequence._variant_scores import score_alleles
from scmaxatac.sequence._variant_table import make_variants

TFS = ("CTCF", "SPI1")
SHARE = 0.01
"""Of the regions, that are predicted before variants are scored."""


class Recorder:
    """An engine that keeps what it was asked for."""

    def __init__(self, engine) -> None:
        self._engine, self.grid, self.n_outputs = engine, engine.grid, engine.n_outputs
        self.blocks: list[tuple[np.ndarray, np.ndarray]] = []

    def predict(self, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Score windows."""
        self.blocks.append((codes, signal))
        return self._engine.predict(codes, signal)


class PlantedSignal:
    """Peaks every few kb on a low level."""

    def __init__(self, length: int) -> None:
        rng = np.random.default_rng(0)
        self.sizes = {"20": length}
        self._values = np.zeros(length, dtype=np.float32)
        for center in np.cumsum(rng.integers(2_000, 6_000, length // 4_000)):
            width = int(rng.integers(150, 500))
            self._values[max(center - width, 0) : center + width] = rng.gamma(2, 0.3)

    def values(self, chrom: str, start: int = 0, end: int | None = None) -> np.ndarray:
        """Signal of every base."""
        return self._values[start:end].copy()

    def windows(self, chrom: str, starts: np.ndarray, width: int = 1024) -> np.ndarray:
        """Signal of windows."""
        return np.lib.stride_tricks.sliding_window_view(self._values, width)[starts]


def variants(data: Path, n: int, rounds: int) -> None:
    """Score variants and print their rate."""
    chr22 = Chr22(data)
    models = chr22.models(TFS)
    records = read_vcf(data / "chr22" / "clinvar_hg38_chr22_benign.vcf.gz")
    covered = Intervals.from_frame(chr22.regions)
    starts = window_starts(chr22.genome, "chr22")
    inside = [record for record in records_of_vcf(records) if covers(covered, record)]
    found = make_variants(inside, chr22.genome, starts={"chr22": starts})
    print(f"\nClinVar: {len(inside):,} benign alleles in the covered sequence, left out: {found.left_out or 'none'}.")
    alleles = [found.alleles[i] for i in np.unique(np.linspace(0, len(found) - 1, n).astype(int))]
    with tempfile.TemporaryDirectory() as folder:
        chr22.predict(models, regions=chr22.fewer_regions(SHARE), out_dir=folder)
        run = Run.open(folder)
        engine, signal = run.engine(), run.signal("g00")
        signal.values("chr22", 0, 1)
    codes = chr22.genome.codes("chr22")
    recorder = Recorder(engine)
    score_alleles(recorder, codes, [signal], "chr22", starts, alleles)
    n_windows = sum(len(block) for block, _ in recorder.blocks)
    peers = {
        "bare network": timed(lambda: [engine.predict(*block) for block in recorder.blocks]),
        "variants": timed(lambda: score_alleles(engine, codes, [signal], "chr22", starts, alleles)),
    }
    seconds = take_turns(peers, rounds)
    rows = [
        (name, len(alleles), n_windows, float(np.median(each)), len(alleles) * len(TFS) / float(np.median(each)),
         ratio(seconds["bare network"], each))
        for name, each in seconds.items()
    ]  # fmt: skip
    print(f"{len(TFS)} factors, median of {rounds} rounds.\n")
    print(table(["", "variants", "windows", "seconds", "variants x factors/s", "of the bare rate"], rows))


def covers(covered: Intervals, record) -> bool:
    """Whether all bases around a record are in the sequence."""
    at = np.searchsorted(covered.starts("chr22"), record.start, side="right") - 1
    return at >= 0 and record.start + len(record.ref) <= covered.ends("chr22")[at]


def cohort(data: Path, n_bases: int, n_naive: int) -> None:
    """Score a cohort and print what it took, and what the naive way would."""
    genome = Genome(data / "haplotypes" / "hg19_20_1Mb.fa.gz")
    codes = genome.codes("20")
    known = np.flatnonzero(codes < 4)
    first, end = int(known[0]), min(int(known[-1]) + 1, int(known[0]) + n_bases)
    starts = window_starts(genome, "20")
    starts = starts[(starts >= first) & (starts + 1024 <= end)]
    records = read_vcf(
        data / "haplotypes" / "panel300_20_1Mb.phased.vcf.gz",
        samples=None,
        wanted=lambda _, start, stop: stop > first and start < end + 64 * 1024,
    )
    phased = phase_alleles(records, genome)[0]["20"]
    signal = PlantedSignal(len(codes))
    engine = make_engine(Chr22(data).models(TFS[:1]), device="cpu")
    n_haplotypes = phased.carried.shape[1]
    chosen = np.unique(np.linspace(0, n_haplotypes - 1, n_naive).astype(int))
    together = []
    n_windows = n_distinct = 0
    begin = time.perf_counter()
    for tile in score_haplotypes(engine, codes, signal, "20", starts, phased):
        together.append(tile.scores[:, chosen])
        n_windows, n_distinct = n_windows + tile.n_windows, n_distinct + tile.n_distinct
    seconds = time.perf_counter() - begin
    far, naive = 0.0, []
    joined = np.concatenate(together, axis=2)
    for i, haplotype in enumerate(chosen.tolist()):
        one = PhasedAlleles(phased.alleles, phased.carried[:, [haplotype]])
        begin = time.perf_counter()
        alone = [tile.scores for tile in score_haplotypes(engine, codes, signal, "20", starts, one)]
        naive.append(time.perf_counter() - begin)
        far = max(far, float(np.nanmax(np.abs(np.concatenate(alone, axis=2)[:, 0] - joined[:, i]))))
    every = float(np.mean(naive)) * n_haplotypes
    rows = [
        ("distinct windows once", n_distinct, seconds, 1.0),
        (f"every window (extrapolated from {len(chosen)} haplotypes)", n_windows, every, every / seconds),
    ]
    print(
        f"\nCohort: {n_haplotypes} haplotypes with {len(phased.alleles):,} alleles, {len(starts):,} windows of each, "
        f"{TFS[0]}.\n"
    )
    print(table(["", "windows", "seconds", "times the cost"], rows))
    print(
        f"\n{n_windows / n_distinct:.1f} windows a distinct one; scores of {len(chosen)} haplotypes alone differ by "
        f"{far:.1e}."
    )


def main() -> None:
    """Measure and print the tables."""
    args = options(__doc__)
    settings.progress = False
    data = data_dir()
    print(machine())
    variants(data, 40 if args.quick else 400, 1 if args.quick else ROUNDS)
    cohort(data, 30_000 if args.quick else 1_000_000, 2 if args.quick else 4)


if __name__ == "__main__":
    main()
