"""Where fragments' ends lie, from fragments and sequences that were made with a known shift."""

import numpy as np
import pytest

from scmaxatac.atac._tn5_shift import duplication_offset, symmetry_centre

LENGTH = 400_000


def neighbours(shift: int, n: int = 3_000, noise: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """First and last bases of fragments: insertions give both neighbours an end, `shift` bp apart."""
    rng = np.random.default_rng(1)
    first = rng.integers(100, LENGTH, n)
    return np.append(first, rng.integers(0, LENGTH, noise)), np.append(first + shift, rng.integers(0, LENGTH, noise))


@pytest.mark.parametrize("shift", [-15, -1, 0, 8, 15])
def test_the_distance_between_neighbours_is_found(shift):
    first, last = neighbours(shift)
    halves = [first[::2], first[1::2]], [last[::2], last[1::2]]
    offset = duplication_offset(*halves)
    assert offset.bp == shift
    assert offset.enrichment > 10


def test_a_distance_that_is_too_far_or_only_chance_is_not_clear():
    assert np.isnan(duplication_offset(*([part] for part in neighbours(16))).bp)
    rng = np.random.default_rng(2)
    chance = duplication_offset([rng.integers(0, LENGTH, 5_000)], [rng.integers(0, LENGTH, 5_000)])
    assert np.isnan(chance.bp)


def test_a_pile_of_fragments_at_one_place_does_not_decide():
    first, last = neighbours(8)
    pile = np.full(2_000, 7_777)  # as many pairs as 4,000,000 were each of its ends paired with each
    assert duplication_offset([np.append(first, pile)], [np.append(last, pile + 3)]).bp == 8


def test_the_enrichment_is_the_count_over_the_median_of_the_distances():
    """One pair at each distance from -15 to 15, and four more at 8: (sqrt(1) * 5) / 1."""
    lags = np.append(np.arange(-15, 16), [8] * 4)
    first = 1_000 + 100 * np.arange(len(lags))
    assert duplication_offset([first], [first + lags]).enrichment == pytest.approx(5)


def with_preference(centre: float, n: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Sequence and positions at which a motif that is its own reverse complement lies `centre` bp further on."""
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 4, 61 * n + 200).astype(np.uint8)
    positions = 100 + 61 * np.arange(n)
    odd = centre == int(centre)
    half = np.array([2, 1, 0, 0, 3, 2], np.uint8)
    motif = np.concatenate([half, [rng.integers(4)] if odd else [], 3 - half[::-1]])
    for position in positions:
        middle = np.concatenate([half, rng.integers(0, 4, int(odd)), 3 - half[::-1]]) if rng.random() < 0.6 else None
        if middle is not None:
            start = int(position + centre - (len(motif) - 1) / 2)
            codes[start : start + len(motif)] = middle
    return codes, positions


@pytest.mark.parametrize("centre", [-4, 0, 0.5, 4, 7.5])
def test_the_centre_of_a_preference_that_is_its_own_reverse_complement_is_found(centre):
    codes, positions = with_preference(centre)
    given = [("chr1", np.repeat(positions, 2)), ("chr2", positions[:10])]
    assert symmetry_centre(given, lambda chrom: codes) == centre


def test_without_a_preference_or_with_few_positions_nothing_is_clear():
    codes, positions = with_preference(4)
    rng = np.random.default_rng(5)
    assert np.isnan(symmetry_centre([("chr1", rng.integers(0, len(codes), 900))], lambda chrom: codes))
    noise = rng.integers(0, 4, len(codes)).astype(np.uint8)
    assert np.isnan(symmetry_centre([("chr1", positions)], lambda chrom: noise))
