"""Scores of haplotypes against each one written out and scored alone."""

import numpy as np
import pytest
from _analytic import AnalyticEngine
from _networks import random_network
from _signals import ArraySignal

from scmaxatac.genome._genome import Genome
from scmaxatac.nn._predict import predict_bins
from scmaxatac.sequence import _haplotype_scores
from scmaxatac.sequence._alleles import Allele, to_codes
from scmaxatac.sequence._haplotype import haplotype_signal, haplotype_window
from scmaxatac.sequence._haplotype_scores import score_haplotypes
from scmaxatac.sequence._phased import PhasedAlleles

LENGTH = 5_000
STARTS = np.array([*range(0, 2_049, 256), *range(3_072, 3_841, 256)])  # a gap of more than a window between


@pytest.fixture(scope="module")
def engine():
    return AnalyticEngine([random_network(seed) for seed in (1, 2)])


@pytest.fixture(scope="module")
def signal():
    return ArraySignal(np.repeat(np.random.default_rng(3).gamma(0.4, 0.8, LENGTH // 25), 25).astype(np.float32))


def population(seed, *, indels):
    """Bases, and alleles of six haplotypes."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, LENGTH).astype(np.uint8)
    alleles, at = [], 5
    while at < LENGTH - 300:
        n_ref, n_alt = rng.integers(0, 40, 2) if indels and rng.random() < 0.5 else (1, 1)
        if n_ref or n_alt:
            ref = "".join("ACGT"[code] for code in codes[at : at + n_ref])
            alleles.append(Allele(at, ref, "".join(rng.choice(list("ACGT"), n_alt))))
        at += int(n_ref + rng.integers(20, 400))
    return codes, PhasedAlleles(tuple(alleles), rng.random((len(alleles), 6)) < 0.4)


def together(tiles, n_haplotypes=6):
    """All bins of all tiles; NaN where there is none."""
    out = np.full((2, n_haplotypes, LENGTH // 32), np.nan)
    for tile in tiles:
        bins = slice(tile.first_bin, tile.first_bin + tile.scores.shape[2])
        assert np.isnan(out[:, :, bins]).all()  # each bin once
        out[:, :, bins] = tile.scores
    return out


@pytest.mark.parametrize("strand", ["forward", "mean"])
def test_without_indels_a_haplotype_scores_as_its_sequence(engine, signal, strand):
    codes, phased = population(0, indels=False)
    found = together(score_haplotypes(engine, codes, signal, "chr1", STARTS, phased, strand=strand))
    for h in range(6):
        written = codes.copy()
        for allele, has in zip(phased.alleles, phased.carried[:, h], strict=True):
            if has:
                written[allele.start : allele.end] = to_codes(allele.alt)
        genome = Genome.from_codes({"chr1": written})
        expected = np.full((2, LENGTH // 32), np.nan)
        for tile in predict_bins(engine, genome.codes("chr1"), signal, "chr1", STARTS, strand=strand):
            expected[:, tile.bins] = tile.scores
        np.testing.assert_allclose(found[:, h], expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("block", [2_048, 5])
def test_with_indels_every_window_is_the_networks_on_that_haplotype(engine, signal, monkeypatch, seed, block):
    monkeypatch.setattr(_haplotype_scores, "_WINDOWS_PER_BLOCK", block)
    codes, phased = population(seed, indels=True)
    done = []
    tiles = list(score_haplotypes(engine, codes, signal, "chr1", STARTS, phased, progress=done.append))
    assert sum(done) == len(STARTS)
    assert sum(tile.n_windows for tile in tiles) == 6 * len(STARTS)
    assert sum(tile.n_distinct for tile in tiles) < 6 * len(STARTS)
    found = together(tiles)
    for h in range(6):
        mine = [allele for allele, has in zip(phased.alleles, phased.carried[:, h], strict=True) if has]
        sums, bases = np.zeros((2, LENGTH)), np.zeros(LENGTH)
        for start in STARTS.tolist():
            window = haplotype_window(codes, mine, start, 1_024)
            values = haplotype_signal(signal.values("chr1"), 0, window)
            scores = np.repeat(engine.predict(window.codes[None], values[None])[:, 0], 32, axis=1)
            here = (window.position >= start) & (window.position < start + 1_024)
            sums[:, window.position[here]] += scores[:, here]
            bases[window.position[here]] += 1
        bins = LENGTH // 32 * 32
        expected = sums[:, :bins].reshape(2, -1, 32).sum(axis=2)
        with np.errstate(invalid="ignore"):
            expected = expected / bases[:bins].reshape(-1, 32).sum(axis=1)
        np.testing.assert_allclose(found[:, h], expected, atol=1e-6)


def test_equal_haplotypes_are_scored_once(engine, signal):
    codes, phased = population(1, indels=True)
    same = PhasedAlleles(phased.alleles, np.repeat(phased.carried[:, :1], 50, axis=1))
    tiles = list(score_haplotypes(engine, codes, signal, "chr1", STARTS, same))
    assert sum(tile.n_distinct for tile in tiles) == len(STARTS)
    scores = together(tiles, 50)
    np.testing.assert_array_equal(scores, np.repeat(scores[:, :1], 50, axis=1))


def test_joint_is_not_the_mean_of_single_alleles(engine, signal):
    codes, phased = population(2, indels=True)
    everything = PhasedAlleles(phased.alleles, np.ones((len(phased.alleles), 1), dtype=bool))
    single = PhasedAlleles(phased.alleles, np.eye(len(phased.alleles), dtype=bool))
    joint = together(score_haplotypes(engine, codes, signal, "chr1", STARTS, everything), 1)
    alone = together(score_haplotypes(engine, codes, signal, "chr1", STARTS, single), len(phased.alleles))
    assert np.nanmax(np.abs(joint[:, 0] - alone.mean(axis=1))) > 0.05
