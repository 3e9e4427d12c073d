"""Train the demo models that the package ships, on the toy data.

    OMP_NUM_THREADS=1 python experiments/train_demo_models.py [--tfs CTCF SPI1 GATA3] [--out DIR]

One network per transcription factor learns on chr1 to chr3 of ``datasets.toy(seed=0)`` in two of the three clusters;
the epoch and the thresholds are chosen on chr4; chr5 and the third cluster are only looked at in the end. Prints a
table with the area under precision-recall on chr5 (200-bp bins) beside that of baselines: the best motif match in a
bin, the signal, and the best motif match where the bin lies in a peak. About eight minutes per model on one core.
To replace the models that are shipped, delete their folders first: files that it did not write scmaxatac leaves alone.
"""

import argparse
import logging
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch

import scmaxatac as sma
from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.atac._signal import Signal
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.evaluate._benchmark import ScoredBins, max_per_bin, ranking_metrics, score_bins
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.genome import Intervals
from scmaxatac.genome._bases import reverse_complement
from scmaxatac.nn._spec import PUBLISHED, PlainNetwork
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.train._data_module import TFDataModule
from scmaxatac.train._dataset import Examples, TrainingCellType
from scmaxatac.train._fit import TrainingRun
from scmaxatac.train._held_out import measure_network, score_chrom
from scmaxatac.train._module import TFTrainingModule

logger = logging.getLogger("scmaxatac")

SEED = 0
TRAIN_CLUSTERS = {"CTCF": ("B", "Mono"), "SPI1": ("CD4/T", "Mono"), "GATA3": ("CD4/T", "Mono")}
BATCH_SIZE = 32
BATCHES_PER_EPOCH = 200
EPOCHS = {"CTCF": 8, "SPI1": 10, "GATA3": 12}
LEARNING_RATE, DECAY = 2e-3, 5e-4
JITTER = 300  # peaks lie anywhere in the windows that a prediction reads
RANDOM_RATIO = 0.05
MAX_VALIDATION = 1_000
BIN = 200
SHIPPED = Path(__file__).parents[1] / "src" / "scmaxatac" / "zoo" / "demo"


def signals(toy: sma.datasets.Toy) -> dict[str, Signal]:
    """Read the fragments and give each cluster's signal."""
    cell_type = toy.adata.obs["cell_type"]
    source = FragmentFile(toy.fragments, list(toy.adata.obs_names))
    chroms = list(toy.genome.chroms)
    insertions = collect_insertions([(source, cell_type.cat.codes.to_numpy(np.int32))], toy.clusters, toy.genome)
    return {cluster: Signal.from_insertions(insertions, cluster, toy.genome, chroms) for cluster in toy.clusters}


def chip(toy: sma.datasets.Toy, tf: str, cluster: str) -> pd.DataFrame:
    """Bound sites of a factor in a cluster."""
    peaks = toy.chip_peaks
    return peaks[(peaks["tf"] == tf) & (peaks["group"] == cluster)]


def training_cell_types(toy: sma.datasets.Toy, tf: str, signal: dict[str, Signal]) -> dict[str, TrainingCellType]:
    """Clusters that a network learns from."""
    return {
        cluster: TrainingCellType(signal[cluster], toy.peaks[toy.peaks[cluster]], chip(toy, tf, cluster))
        for cluster in TRAIN_CLUSTERS[tf]
    }


def train(toy: sma.datasets.Toy, tf: str, signal: dict[str, Signal]) -> dict[str, np.ndarray]:
    """Train a network and give the weights of its best epoch."""
    cell_types = training_cell_types(toy, tf, signal)
    learn = Examples.build(toy.genome, cell_types, toy.chroms_train, n_random=2_000, jitter=JITTER, rng=SEED)
    choose = Examples.build(toy.genome, cell_types, toy.chroms_valid)
    lightning.seed_everything(SEED)
    data = TFDataModule(
        learn,
        choose,
        batch_size=BATCH_SIZE,
        batches_per_epoch=BATCHES_PER_EPOCH,
        jitter=JITTER,
        random_ratio=RANDOM_RATIO,
        max_validation=MAX_VALIDATION,
        seed=SEED,
    )
    with tempfile.TemporaryDirectory() as folder:
        run = TrainingRun(folder, batch_size=data.batch_size, epochs=EPOCHS[tf], accelerator="cpu")
        weights, history = run.fit(TFTrainingModule(learning_rate=LEARNING_RATE, decay=DECAY), data)
    logger.info("%s: best Dice %.3f in epoch %d", tf, history["val_dice"].max(), history["val_dice"].idxmax())
    return weights


def scored(
    toy: sma.datasets.Toy, weights: dict[str, np.ndarray], signal: dict[str, Signal], tf: str, cluster: str, chrom: str
) -> ScoredBins:
    """Bins of a chromosome with scores and labels."""
    engine = make_engine([PlainNetwork(PUBLISHED, weights)], backend="torch", device="cpu")
    return score_chrom(engine, toy.genome, chrom, signal[cluster], Intervals.from_frame(chip(toy, tf, cluster)))


def baselines(toy: sma.datasets.Toy, signal: Signal, tf: str, cluster: str, chrom: str) -> dict[str, float]:
    """Area under precision-recall of the motif alone, the signal alone and the motif within peaks."""
    n_bins = toy.genome.sizes[chrom] // BIN
    bound = Intervals.from_frame(chip(toy, tf, cluster))
    motif, codes = MOTIFS[tf], toy.genome.codes(chrom)
    starts, reverse = motif.find(codes, motif.score_at(0.02))
    found = np.lib.stride_tricks.sliding_window_view(codes, motif.width)[starts].copy()
    found[reverse] = reverse_complement(found[reverse])
    values = motif.score(found) + 100.0  # every match above no match
    by_motif = max_per_bin(starts, starts + motif.width, values, n_bins, BIN)
    begin = np.arange(n_bins) * BIN
    by_signal = signal.values(chrom)[: n_bins * BIN].reshape(n_bins, BIN).max(axis=1)
    in_peak = Intervals.from_frame(toy.peaks[toy.peaks[cluster]]).overlaps(chrom, begin, begin + BIN)
    ranks = {"motif": by_motif, "signal": by_signal, "motif in peaks": np.where(in_peak, by_motif, 0)}
    each = {name: score_bins(rank, bound, toy.genome, chrom) for name, rank in ranks.items()}
    return {name: ranking_metrics(bins.scores, bins.truth)["aupr"] for name, bins in each.items()}


def evaluate(
    toy: sma.datasets.Toy, tf: str, weights: dict[str, np.ndarray], signal: dict[str, Signal]
) -> list[dict[str, object]]:
    """Compare with the known sites of the test chromosome, a row a cluster in which the factor binds."""
    rows = []
    (chrom,) = toy.chroms_test
    for cluster in toy.clusters:
        if chip(toy, tf, cluster).empty:
            continue
        bins = scored(toy, weights, signal, tf, cluster, chrom)
        found = ranking_metrics(bins.scores, bins.truth)
        row = {"tf": tf, "cluster": cluster, "seen in training": cluster in TRAIN_CLUSTERS[tf]}
        row |= {name: found[name] for name in ("aupr", "average_precision", "random_precision")}
        rows.append(row | baselines(toy, signal[cluster], tf, cluster, chrom))
    return rows


def provenance(toy: sma.datasets.Toy, tf: str, rows: Sequence[dict[str, object]]) -> dict[str, object]:
    """Say where the model comes from."""
    return {
        "demo": True,
        "note": "Trained on simulated data. For trying out the package only: it knows nothing of real genomes.",
        "script": "experiments/train_demo_models.py",
        "data": f"scmaxatac.datasets.toy(seed={SEED})",
        "motif": f"JASPAR CORE 2024 {MOTIFS[tf].accession}",
        "train": {"clusters": list(TRAIN_CLUSTERS[tf]), "chroms": list(toy.chroms_train)},
        "validation_chroms": list(toy.chroms_valid),
        "test_chroms": list(toy.chroms_test),
        "seed": SEED,
        "epochs": EPOCHS[tf],
        "test_aupr_200bp": {str(row["cluster"]): round(float(row["aupr"]), 4) for row in rows},  # type: ignore[arg-type]
        "versions": {name: version(name) for name in ("scmaxatac", "torch", "pytorch-lightning", "numpy")},
    }


def main() -> None:
    """Train, calibrate, evaluate and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tfs", nargs="+", default=list(TRAIN_CLUSTERS), choices=list(TRAIN_CLUSTERS))
    parser.add_argument("--out", type=Path, default=SHIPPED, help="folder of the models; by default the package's own")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logger.setLevel(logging.INFO)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    toy = sma.datasets.toy(seed=SEED)
    signal = signals(toy)
    table = []
    for tf in args.tfs:
        weights = train(toy, tf, signal)
        rows = evaluate(toy, tf, weights, signal)
        engine = make_engine([PlainNetwork(PUBLISHED, weights)], backend="torch", device="cpu")
        cell_types = training_cell_types(toy, tf, signal)
        calibration = measure_network(engine, cell_types, toy.genome, toy.chroms_valid).calibration
        where_from = provenance(toy, tf, rows)
        sma.models.TFModel(tf, weights, calibration, where_from, f"demo:{tf}").save(args.out / tf)
        table += rows
        logger.info("%s", pd.DataFrame(rows).round(3).to_string(index=False))
    logger.info("\n%s", pd.DataFrame(table).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
