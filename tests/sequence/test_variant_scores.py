"""Scores of variants against a prediction of the sequence written out with them, and against each window by hand."""

import numpy as np
import pandas as pd
import pytest
from _analytic import AnalyticEngine
from _networks import random_network
from _signals import ArraySignal

from scmaxatac.genome._genome import Genome
from scmaxatac.genome._windows import window_starts
from scmaxatac.nn._predict import predict_bins
from scmaxatac.sequence import _variant_scores
from scmaxatac.sequence._alleles import Allele, to_codes
from scmaxatac.sequence._haplotype import haplotype_signal, haplotype_window
from scmaxatac.sequence._variant_scores import WITHIN, VariantScores

LENGTH = 6_001
BLACKLIST = [("chr1", 4_000, 4_010)]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, LENGTH).astype(np.uint8)
    codes[2_900:3_000] = 4
    signal = np.repeat(rng.gamma(0.4, 0.8, LENGTH // 25 + 1), 25)[:LENGTH].astype(np.float32)
    genome = Genome.from_codes({"chr1": codes}, blacklist=pd.DataFrame(BLACKLIST, columns=["chrom", "start", "end"]))
    return genome, ArraySignal(signal), AnalyticEngine([random_network(seed) for seed in (1, 2)])


def score_alleles(engine, genome, signal, chrom, alleles, **options):
    """Scores of one group in the windows of a whole chromosome."""
    starts = window_starts(genome, chrom)
    found = _variant_scores.score_alleles(engine, genome.codes(chrom), [signal], chrom, starts, alleles, **options)
    return VariantScores(found.reference[:, 0], found.alternative[:, 0], found.effect[:, 0], found.n_windows)


def base_other_than(code):
    return "ACGT"[(int(code) + 1) % 4]


def bins_of(genome, signal, engine, codes, strand="forward"):
    """Mean scores of all bins, NaN where there is none."""
    out = np.full((2, LENGTH // 32), np.nan)
    for tile in predict_bins(engine, codes, signal, "chr1", window_starts(genome, "chr1"), strand=strand):
        out[:, tile.bins] = tile.scores
    known = (codes[: LENGTH // 32 * 32].reshape(-1, 32) < 4).any(axis=1)
    out[:, ~known] = np.nan
    return out


@pytest.mark.parametrize("strand", ["forward", "mean"])
@pytest.mark.parametrize("length", [1, 7])
@pytest.mark.parametrize("at", [0, 10, 700, 1_020, 1_024, 2_500, 3_100, 5_000, LENGTH - 7])
def test_bases_score_as_a_genome_that_has_them(data, at, length, strand):
    genome, signal, engine = data
    codes = genome.codes("chr1")
    here = codes[at : at + length]
    allele = Allele(at, "".join("ACGT"[code] for code in here), "".join(map(base_other_than, here)))
    found = score_alleles(engine, genome, signal, "chr1", [allele], strand=strand)
    changed = codes.copy()
    changed[at : at + length] = to_codes(allele.alt)
    near = slice(max(at - WITHIN, 0) // 32, min(-(-(at + length + WITHIN) // 32), LENGTH // 32))
    for scores, bases in ((found.reference, codes), (found.alternative, changed)):
        bins = bins_of(genome, signal, engine, bases, strand)[:, near]
        expected = np.nanmax(bins, axis=1) if np.isfinite(bins).any() else [np.nan] * 2
        np.testing.assert_allclose(scores[0], expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_effects_are_changes_in_logit_of_each_alleles_own_largest_bin(data, seed):
    genome, signal, engine = data
    codes = genome.codes("chr1")
    rng = np.random.default_rng(seed)
    at, n_ref, n_alt = int(rng.integers(300, 2_700)), *(int(n) for n in rng.integers(0, 60, 2))
    ref = "".join("ACGT"[code] for code in codes[at : at + n_ref])
    allele = Allele(at, ref, "".join(rng.choice(list("ACGT"), n_alt)))
    found = score_alleles(engine, genome, signal, "chr1", [allele])
    changes = []
    for start in range(0, LENGTH - 1_023, 256):
        if not start - 1_024 < at < start + 1_024 or start >= at + n_ref or at >= start + 1_024:
            continue
        if start < 4_010 and start + 1_024 > 4_000:
            continue
        window = haplotype_window(codes, [allele], start, 1_024)
        own_signal = haplotype_signal(signal.values("chr1"), 0, window)
        with_allele = engine.predict(window.codes[None], own_signal[None])[:, 0]
        without = engine.predict(codes[None, start : start + 1_024], signal.windows("chr1", [start]))[:, 0]
        largest = []
        for scores, length in ((without, n_ref), (with_allele, n_alt)):
            cut = max(start - at, 0)
            first, end = max(at - start, 0) - WITHIN, max(at - start, 0) + max(length - cut, 1) + WITHIN
            bins = [b for b in range(32) if b * 32 < end and (b + 1) * 32 > first]
            largest.append(np.clip(scores[:, bins].max(axis=1).astype(float), 1e-4, 1 - 1e-4))
        changes.append(np.log(largest[1] / (1 - largest[1])) - np.log(largest[0] / (1 - largest[0])))
    assert found.n_windows.tolist() == [len(changes)]
    np.testing.assert_allclose(found.effect[0], np.mean(changes, axis=0), atol=1e-5)


def test_many_alleles_score_as_each_alone_in_any_order(data, monkeypatch):
    genome, signal, engine = data
    codes = genome.codes("chr1")
    rng = np.random.default_rng(1)
    places = rng.permutation(np.arange(20, 2_800, 140))
    alleles = [
        Allele(int(at), "ACGT"[codes[at]], base_other_than(codes[at]) * int(rng.integers(1, 9))) for at in places
    ]
    alone = [score_alleles(engine, genome, signal, "chr1", [allele]) for allele in alleles]
    for block in (4_096, 20):
        monkeypatch.setattr(_variant_scores, "_WINDOWS_PER_BLOCK", block)
        done = []
        together = score_alleles(engine, genome, signal, "chr1", alleles, progress=done.append)
        assert sum(done) == len(alleles)
        for name in ("reference", "alternative", "effect", "n_windows"):
            expected = np.concatenate([getattr(one, name) for one in alone])
            np.testing.assert_array_equal(getattr(together, name), expected)


def test_where_no_window_lies_nothing_is_scored(data):
    """All windows that hold the base touch the blacklist or would reach past the end."""
    genome, signal, engine = data
    found = score_alleles(engine, genome, signal, "chr1", [Allele(4_005, "A", "C")])
    assert found.n_windows.tolist() == [0]
    assert np.isnan(found.effect).all()


@pytest.mark.parametrize("n_ref", [0, 1, 40])
@pytest.mark.parametrize("n_alt", [0, 3])
@pytest.mark.parametrize("at", ["first", "last"])
def test_at_the_ends_of_a_chromosome_windows_are_written_out_as_everywhere(data, at, n_ref, n_alt):
    genome, signal, engine = data
    codes = genome.codes("chr1")
    start = 0 if at == "first" else LENGTH - n_ref
    ref = "".join("ACGT"[code] for code in codes[start : start + n_ref])
    if not (n_ref or n_alt):
        return
    allele = Allele(start, ref, "ACG"[:n_alt])
    starts = np.array([0, LENGTH // 32 * 32 - 1_024])
    found = _variant_scores.score_alleles(engine, codes, [signal], "chr1", starts, [allele])
    window = starts[[0]] if at == "first" else starts[[1]]
    held = (window < allele.end) & (allele.start < window + 1_024)
    assert found.n_windows.tolist() == [int(held.sum())]
    assert np.isfinite(found.reference).all()
    assert np.isfinite(found.alternative).all()
    if not held.all():
        return
    bases = np.concatenate([codes[:start], to_codes(allele.alt), codes[start + n_ref :]])
    begin = int(window[0])
    written = np.full(1_024, 4, dtype=np.uint8)
    written[: len(bases) - begin] = bases[begin : begin + 1_024]
    around = haplotype_window(codes, [allele], begin, 1_024)
    np.testing.assert_array_equal(around.codes, written)


def test_groups_score_as_each_alone_and_share_the_windows_without_signal(data):
    genome, signal, engine = data
    codes = genome.codes("chr1")
    values = signal.values("chr1")
    values[:2_600] = 0
    silent = ArraySignal(values)
    alleles = [
        Allele(at, "ACGT"[codes[at]], base_other_than(codes[at]) * n) for at, n in ((700, 1), (1_500, 4), (3_500, 1))
    ]
    alone = [score_alleles(engine, genome, one, "chr1", alleles) for one in (signal, silent)]
    before = AnalyticEngine.windows
    both = _variant_scores.score_alleles(
        engine, genome.codes("chr1"), [silent, signal, silent], "chr1", window_starts(genome, "chr1"), alleles
    )
    n_scored = AnalyticEngine.windows - before
    for name in ("reference", "alternative", "effect"):
        expected = np.stack([getattr(alone[i], name) for i in (1, 0, 1)], axis=1)
        np.testing.assert_array_equal(getattr(both, name), expected)
    before = AnalyticEngine.windows
    score_alleles(engine, genome, signal, "chr1", alleles)
    assert n_scored < 2 * (AnalyticEngine.windows - before) + 1
