"""The shipped demo models find the toy data's sites on a chromosome they have not seen."""

import json
from importlib.resources import files

import numpy as np
import pytest

from scmaxatac import datasets, models
from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.atac._signal import Signal
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.evaluate._benchmark import max_per_bin, ranking_metrics, score_bins
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.genome import Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.nn._predict import predict_bins
from scmaxatac.nn.engines._registry import make_engine

FOLDERS = files("scmaxatac.zoo") / "demo"
BOUND_IN = {"CTCF": "CD4/T", "SPI1": "B", "GATA3": "CD4/T"}  # the held-out cluster where there is one
CHROM, BIN = "chr5", 200


@pytest.fixture(scope="module")
def toy():
    return datasets.toy()


@pytest.fixture(scope="module")
def signal(toy):
    codes = toy.adata.obs["cell_type"].cat.codes.to_numpy(np.int32)
    source = FragmentFile(toy.fragments, list(toy.adata.obs_names))
    insertions = collect_insertions([(source, codes)], toy.clusters, toy.genome)
    return {c: Signal.from_insertions(insertions, c, toy.genome, toy.genome.chroms) for c in set(BOUND_IN.values())}


def _aupr(toy, tf, cluster, largest):
    peaks = toy.chip_peaks.query("tf == @tf and group == @cluster")
    bins = score_bins(largest, Intervals.from_frame(peaks), toy.genome, CHROM)
    return ranking_metrics(bins.scores, bins.truth)["aupr"]


@pytest.mark.parametrize("tf", list(BOUND_IN))
def test_a_demo_model_is_small_named_as_such_and_says_where_it_comes_from(tf):
    folder = FOLDERS / tf
    assert sum(len(entry.read_bytes()) for entry in folder.iterdir()) < 700_000
    card = json.loads((folder / "model.json").read_text())
    assert card["provenance"]["demo"] is True
    model = models.load(f"demo:{tf}")
    assert model.id == f"demo:{tf}"
    assert len(model.calibration.frame) == 1001


def test_demo_models_beat_the_motif_and_the_signal_by_far(toy, signal):
    demo = {tf: models.load(f"demo:{tf}") for tf in BOUND_IN}
    n_bins = toy.genome.sizes[CHROM] // BIN
    for tf, cluster in BOUND_IN.items():
        engine = make_engine([demo[tf]], device="cpu")
        starts = window_starts(toy.genome, CHROM)
        of_cluster = signal[cluster]
        parts = list(predict_bins(engine, toy.genome.codes(CHROM), of_cluster, CHROM, starts))
        begin = np.concatenate([part.bins for part in parts]) * 32
        scores = np.concatenate([part.scores[0] for part in parts])
        predicted = _aupr(toy, tf, cluster, max_per_bin(begin, begin + 32, scores, n_bins))
        motif = MOTIFS[tf]
        hits, _ = motif.find(toy.genome.codes(CHROM), motif.score_at(0.3))
        by_motif = max_per_bin(hits, hits + motif.width, np.ones(len(hits)), n_bins)
        by_signal = of_cluster.values(CHROM)[: n_bins * BIN].reshape(n_bins, BIN).max(axis=1)
        assert predicted > 0.7
        assert predicted < 0.99
        assert predicted > _aupr(toy, tf, cluster, by_motif) + 0.3
        assert predicted > _aupr(toy, tf, cluster, by_signal) + 0.3
