"""bigWigs: how fast they are written and how large they are, in the forms that the settings offer.

Scores are those that the original predicted on chr22, cut into pieces and strung together to the length of a
chromosome, so that they compress as real ones do. The peers are pyBigWig with fixed steps, and "interval records",
pyBigWig with a start and an end with every score, as bigWigs made from bedGraph have them. Bytes a bin times the bins
of hg38 give the size genome-wide; that is an extrapolation from stretches around genes and peaks, and empty stretches
compress better. The original's files have about 700 MB a factor genome-wide.

    python benchmarks/outputs.py [--quick]
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
from _chr22 import Chr22
from _common import ROUNDS, data_dir, machine, options, table, take_turns
from _synthetic import HG38

from scmaxatac import settings
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.predict import _track_files

BIN, PIECE = 32, 1_000
N_TFS, N_GROUPS = 127, 20
TFS = ("CTCF", "SPI1", "ELF1")
KEPT = {"scores from 0.01, 3 decimals": 0.01, "scores from 0.05, 3 decimals": 0.05}
"""What ``save_tracks="sites"`` writes with these as ``settings.min_stored_score``; the first is the default."""

FORMS = {
    "as they are": (None, False),
    "3 decimals": (3, False),
    "2 decimals": (2, False),
    "3 decimals, without zeros": (3, True),
    "2 decimals, without zeros": (2, True),
}


def main() -> None:
    """Measure and print the tables."""
    args = options(__doc__)
    n_bins = 200_000 if args.quick else 1_500_000
    rounds = 2 if args.quick else ROUNDS
    data = data_dir()
    print(machine())
    genome_bins = sum(HG38.values()) // BIN
    sizes, seconds = {}, {}
    for tf in TFS:
        scores = _scores(data / "golden" / "predict" / f"{tf}.npz", n_bins)
        writers: dict[str, Callable[[Path], None]] = {
            "interval records": partial(_intervals, scores),
            "pyBigWig, as they are": partial(_fixed_steps, scores),
            **{form: partial(_as_set, scores, *options) for form, options in FORMS.items()},
            **{form: partial(_kept, scores, least) for form, least in KEPT.items()},
        }
        peers = {(tf, form): partial(_write, write, sizes, (tf, form)) for form, write in writers.items()}
        seconds |= take_turns(peers, rounds)
    rate = _prediction_rate(data, 0.3 if args.quick else 3.0)
    rows = []
    for (tf, form), took in seconds.items():
        written = n_bins / statistics.median(took)
        size = sizes[tf, form] / n_bins
        rows.append((f"{tf}, {form}", written / 1e6, written / rate, size, size * genome_bins / 1e6,
                     f"{sizes[tf, form] / sizes[tf, 'interval records']:.0%}"))  # fmt: skip
    print(f"One process writes; prediction makes {rate:,.0f} bins/s a network here.\n")
    columns = ["", "M bins/s", "times the rate of prediction", "bytes a bin", "MB genome-wide", "of interval records"]
    print(table(columns, rows))
    print(f"\nScores of {N_TFS} factors in {N_GROUPS} groups, whole genome, at the mean of these factors:\n")
    rows = []
    for form in ("as they are", "3 decimals", *KEPT):
        share = np.mean([size for (_, name), size in sizes.items() if name == form]) / n_bins
        rows.append((form, "sites" if form in KEPT else "all", share * genome_bins * N_TFS * N_GROUPS / 1e9))
    print(table(["bigWigs", "save_tracks", "GB"], rows))


def _scores(path: Path, n: int) -> np.ndarray:
    with np.load(path) as stored:
        scores = stored["score"]
    starts = np.random.default_rng(0).integers(0, len(scores) - PIECE, n // PIECE)
    return np.concatenate([scores[start : start + PIECE] for start in starts])


def _write(write: Callable[[Path], None], sizes: dict, name: tuple[str, str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.bw"
        start = time.perf_counter()
        write(path)
        took = time.perf_counter() - start
        sizes[name] = os.path.getsize(path)
    return took


def _kept(scores: np.ndarray, least: float, path: Path) -> None:
    """Write what a run keeps, as it does."""
    settings.bigwig_decimals = None
    starts = np.flatnonzero(scores >= least) * BIN
    with BigWigWriter(path, HG38) as writer:
        writer.add_runs("chr1", starts, starts + BIN, np.round(scores[starts // BIN], _track_files.kept_decimals()))


def _as_set(scores: np.ndarray, decimals: int | None, drop: bool, path: Path) -> None:
    settings.bigwig_decimals, settings.bigwig_drop_zeros = decimals, drop
    with BigWigWriter(path, HG38) as writer:
        writer.add_fixed("chr1", 0, _track_files._as_asked_for(scores.copy(), keep_first=True))


def _fixed_steps(scores: np.ndarray, path: Path) -> None:
    with _peer(path) as handle:
        handle.addEntries("chr1", 0, values=scores, span=BIN, step=BIN)


def _intervals(scores: np.ndarray, path: Path) -> None:
    starts = np.arange(len(scores)) * BIN
    with _peer(path) as handle:
        for low in range(0, len(scores), 1 << 20):
            part = slice(low, low + (1 << 20))
            chroms = np.full(len(starts[part]), "chr1")
            handle.addEntries(chroms, starts[part], ends=starts[part] + BIN, values=scores[part])


def _peer(path: Path) -> Any:
    handle = pyBigWig.open(str(path), "w")
    handle.addHeader(list(HG38.items()), maxZooms=6)
    return handle


def _prediction_rate(data: Path, seconds: float) -> float:
    """Bins a second of the default engine on this machine's CPU, at the default step: eight new bins a window."""
    engine = make_engine(Chr22(data).models(["CTCF"]), device="cpu")
    codes, signal = np.zeros((512, 1024), np.uint8), np.zeros((512, 1024), np.float32)
    engine.predict(codes, signal)
    n, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        engine.predict(codes, signal)
        n += len(codes)
    return 8 * n / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
