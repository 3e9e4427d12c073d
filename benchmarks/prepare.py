"""Fragments to signal: ours against the bedtools pipeline of the original.

Ours reads the fragment file, sorts the insertions of all groups, finds the 99th percentile and writes the insertions
that predictions read; "with bigWigs" also writes the signal as a bigWig. The pipeline goes through BED, bedtools
(slop, intersect -v, genomecov), bedGraph and bigWig, with pyBigWig in place of bedGraphToBigWig, and ends with the
bigWig of every base that the original's prediction reads. The signals of both are compared. Larger files, with
fragments on all chromosomes, are read by ours alone.

    python benchmarks/prepare.py [--quick] [--fragments 5000000 [50000000 ...]]
"""

import gzip
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _bedtools import bedtools_pipeline
from _common import ROUNDS, data_dir, machine, options, ratio, table
from _synthetic import HG38, write_fragments

N_CELLS, N_GROUPS = 5_000, 20
COMPARED = ("chr20", "chr21", "chr22")
"""Chromosomes of the synthetic comparison: writing every base of hg38 would take the pipeline's last step an hour."""


def ours(
    fragments: Path, blacklist: Path, sizes: dict[str, int], groups: list[str], folder: Path, tracks: bool
) -> dict:
    """Run ours in this process; seconds of every step."""
    from scmaxatac import Genome
    from scmaxatac.atac._insertions import collect_insertions
    from scmaxatac.atac._signal import Signal
    from scmaxatac.fragments._fragment_file import FragmentFile
    from scmaxatac.io._bigwig import BigWigWriter
    from scmaxatac.results._score_store import ScoreStore
    from scmaxatac.results._stored_signal import write_signal

    genome = Genome.from_sizes(sizes, blacklist=blacklist)
    names = list(pd.unique(_barcodes(fragments)))
    seconds, start = {}, time.perf_counter()
    source = FragmentFile(fragments, names)
    code = np.arange(len(names)) * len(groups) // len(names)
    insertions = collect_insertions([(source, code)], groups, genome)
    seconds["read and sort"] = time.perf_counter() - start
    store = ScoreStore(folder / "run", groups=groups, tfs=["-"], sizes=sizes, fingerprints={})
    start = time.perf_counter()
    signals = {group: Signal.from_insertions(insertions, group, genome, list(sizes)) for group in groups}
    seconds["99th percentile"] = time.perf_counter() - start
    start = time.perf_counter()
    for group, signal in signals.items():
        for chrom in sizes:
            write_signal(store, group, chrom, signal)
    seconds["write insertions"] = time.perf_counter() - start
    start = time.perf_counter()
    for i, signal in enumerate(signals.values() if tracks else ()):
        with BigWigWriter(folder / f"{i}.bw", sizes) as writer:
            for chrom in sizes:
                runs = signal.runs(chrom)
                if len(runs[0]):
                    writer.add_runs(chrom, *runs)
    seconds["bigWigs"] = time.perf_counter() - start
    return {
        "seconds": seconds,
        "n": int(insertions.n_fragments.sum()),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def _barcodes(fragments: Path) -> list[str]:
    """Barcodes of a file; known beforehand in practice, so not timed."""
    known = fragments.with_suffix(".barcodes")
    if not known.is_file():
        with gzip.open(fragments, "rt") as lines:
            found = dict.fromkeys(line.split("\t")[3].strip() for line in lines if not line.startswith("#"))
        known.write_text("\n".join(found))
    return known.read_text().split("\n")


def in_process(*args: object) -> dict:
    """Run ours in a process of its own, whose peak memory is then its own."""
    code = f"import json, prepare; print(json.dumps(prepare.ours(*prepare.decode({json.dumps(encode(args))!r}))))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=Path(__file__).parent, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def encode(args: tuple) -> list:
    """Arguments as JSON takes them."""
    return [{"path": str(arg)} if isinstance(arg, Path) else arg for arg in args]


def decode(text: str) -> list:
    """Undo :func:`encode`."""
    return [Path(arg["path"]) if isinstance(arg, dict) and list(arg) == ["path"] else arg for arg in json.loads(text)]


def farthest(ours_path: Path, theirs: Path, sizes: dict[str, int]) -> float:
    """Largest relative difference between the two signals."""
    import pyBigWig

    worst = 0.0
    with pyBigWig.open(str(ours_path)) as a, pyBigWig.open(str(theirs)) as b:
        for chrom, size in sizes.items():
            for start in range(0, size, 1 << 24):
                stretch = (chrom, start, min(start + (1 << 24), size))
                x, y = (np.nan_to_num(handle.values(*stretch, numpy=True)) for handle in (a, b))
                worst = max(worst, float(np.max(np.abs(x - y) / np.maximum(np.abs(y), 1e-6), initial=0)))
    return worst


def compare(
    name: str, fragments: Path, sizes: dict[str, int], blacklist: Path, n_groups: int, rounds: int, *, peer: bool = True
) -> list[str]:
    """Tables of one data set; peers take turns, one group for the comparison."""
    rows, lines = [], []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        grouped = [in_process(fragments, blacklist, sizes, [f"g{i}" for i in range(n_groups)], folder, False)
                   for _ in range(rounds)]  # fmt: skip
        total = statistics.median(sum(run["seconds"].values()) for run in grouped)
        read = statistics.median(run["seconds"]["read and sort"] for run in grouped)
        n = grouped[0]["n"]
        lines.append(
            f"\n**{name}**: {n:,} fragments, {n_groups} groups: {total:.3g} s in all, {read:.3g} s of them reading and "
            f"sorting ({n / read / 1e6:.2f} M fragments/s); peak memory {max(r['peak'] for r in grouped):.2f} GB.\n"
        )
        if not peer or shutil.which("bedtools") is None:
            return [*lines, *([] if not peer else ["Not compared: bedtools is not installed."])]
        mine, pipe = [], []
        for _ in range(rounds):
            mine.append(in_process(fragments, blacklist, sizes, ["all"], folder, True)["seconds"])
            seconds, scaled = bedtools_pipeline(fragments, sizes, blacklist, folder)
            pipe.append(seconds)
        lines.append(f"Largest relative difference of the signals: {farthest(folder / '0.bw', scaled, sizes):.1e} (the "
                     "pipeline prints six digits).\n")  # fmt: skip
    no_track = [sum(run.values()) - run["bigWigs"] for run in mine]
    last = "min-max to bigWig"
    whole, sparse = ([sum(run.values()) - left for run, left in zip(pipe, lefts, strict=True)]
                     for lefts in ([0] * len(pipe), [run[last] for run in pipe]))  # fmt: skip
    rows = [
        ("pipeline", statistics.median(whole), "", ""),
        ("pipeline without its last step", statistics.median(sparse), "", ""),
        ("ours, ready to predict", statistics.median(no_track), ratio(whole, no_track), ratio(sparse, no_track)),
        ("ours, with bigWigs", statistics.median(sum(m.values()) for m in mine),
         ratio(whole, [sum(m.values()) for m in mine]), ratio(sparse, [sum(m.values()) for m in mine])),
    ]  # fmt: skip
    lines.append(table(["one group", "seconds", "times faster", "than without the last step"], rows))
    steps = [(f"pipeline: {s}", statistics.median(run[s] for run in pipe)) for s in pipe[0]]
    steps += [(f"ours: {s}", statistics.median(run[s] for run in mine)) for s in mine[0]]
    return [*lines, "", table(["step", "seconds"], steps)]


def main() -> None:
    """Measure and print the tables."""
    args = options(__doc__, fragments={"type": int, "nargs": "*", "default": [5_000_000]})
    data = data_dir()
    blacklist = data / "maxatac" / "hg38_maxatac_blacklist.bed"
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        real = Path(place) / "chr22.tsv.gz"
        shutil.copyfile(data / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz", real)
        chr22 = {"chr22": HG38["chr22"]}
        print(*compare("chr22, real", real, chr22, blacklist, 1, 1 if args.quick else ROUNDS), sep="\n")
        sizes = {chrom: HG38[chrom] for chrom in COMPARED}
        for n, kept, peer in [
            (100_000 if args.quick else 1_000_000, {c: HG38[c] for c in COMPARED[1:]} if args.quick else sizes, True),
            *((n, HG38, False) for n in ([] if args.quick else args.fragments)),
        ]:
            path = Path(place) / f"{n}.tsv.gz"
            names = write_fragments(path, n, N_CELLS, kept)
            path.with_suffix(".barcodes").write_text("\n".join(names))
            name = f"{len(kept)} chromosomes, synthetic"
            print(
                *compare(name, path, kept, blacklist, N_GROUPS, 1 if args.quick or not peer else 2, peer=peer), sep="\n"
            )
            path.unlink()


if __name__ == "__main__":
    main()
