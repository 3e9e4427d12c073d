"""Examples of a training, base by base."""

import numpy as np
import pandas as pd
import pytest
from _signals import ArraySignal

from scmaxatac.genome import Genome

pytest.importorskip("torch")
from scmaxatac.train._dataset import Draw, Examples, TrainingCellType

SIZE, JITTER = 9_000, 20
BLACK = (6_000, 6_010)


def table(*pairs) -> pd.DataFrame:
    return pd.DataFrame([("chr1", *pair) for pair in pairs], columns=["chrom", "start", "end"])


CHIP = {"one": [(2_000, 2_300), (5_000, 5_100)], "two": [(2_210, 2_226)]}
PEAKS = {"one": [(3_000, 3_200)], "two": [(2_900, 3_000), (6_200, 6_300), (100, 300)]}
UNKNOWN = [(2_600, 2_601)]


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    codes = np.random.default_rng(0).integers(0, 4, SIZE).astype(np.uint8)
    codes[2_100:2_110] = 4
    return codes


@pytest.fixture(scope="module")
def signals() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {name: rng.integers(0, 100, SIZE).astype(np.float32) / 4 for name in CHIP}


@pytest.fixture(scope="module")
def examples(codes, signals) -> Examples:
    genome = Genome.from_codes({"chr1": codes}, blacklist=table(BLACK))
    cell_types = {
        name: TrainingCellType(
            ArraySignal(signals[name]),
            table(*PEAKS[name]),
            table(*CHIP[name]),
            table(*UNKNOWN) if name == "one" else None,
        )
        for name in CHIP
    }
    return Examples.build(genome, cell_types, ["chr1"], n_random=5, jitter=JITTER, rng=3)


def window_of(examples: Examples, codes: np.ndarray, offset: int) -> int:
    """Place on the chromosome of what is held from an offset on, found by its bases."""
    bases = examples.codes[offset : offset + 1024]
    views = np.lib.stride_tricks.sliding_window_view(codes, 1024)
    (start,) = np.flatnonzero((views == bases).all(axis=1))
    return int(start)


def expected_labels(name: str, start: int) -> list[int]:
    labels = []
    for low in range(start, start + 1024, 32):
        bound = sum(max(0, min(e, low + 32) - max(s, low)) for s, e in CHIP[name])
        unknown = name == "one" and any(s < low + 32 and e > low for s, e in UNKNOWN)
        labels.append(-1 if unknown else int(bound > 16))
    return labels


def test_regions_are_windows_around_the_peaks_that_fit(examples, codes):
    found = [(window_of(examples, codes, o), int(s)) for o, s in zip(examples.offset, examples.source, strict=True)]
    middles = [(sum(pair) // 2, i) for i, name in enumerate(CHIP) for pair in PEAKS[name] + CHIP[name]]
    fits = [
        (middle - 512, i)
        for middle, i in middles
        if middle - 512 - JITTER >= 0 and middle + 512 + JITTER <= SIZE
        if not (middle - 512 - JITTER < BLACK[1] and middle + 512 + JITTER > BLACK[0])
    ]
    assert sorted(found) == sorted(fits)
    assert examples.n_regions == len(fits) == 5
    assert len(examples.random) == 5


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("shift", [-JITTER, 0, 7, JITTER])
def test_a_window_has_the_sequence_signal_and_labels_of_its_place(examples, codes, signals, flipped, shift):
    offsets = np.concatenate([examples.offset, examples.random])
    for cell_type, name in enumerate(CHIP):
        n = len(offsets)
        draw = Draw(offsets + shift, np.full(n, cell_type), np.full(n, flipped))
        for o, *found in zip(offsets, *examples.gather(draw), strict=True):
            start = window_of(examples, codes, o) + shift
            bases, signal, labels = (part[::-1] if flipped else part for part in found)
            if flipped:
                bases = np.array([3, 2, 1, 0, 4])[bases]
            np.testing.assert_array_equal(bases, codes[start : start + 1024])
            np.testing.assert_array_equal(signal, signals[name][start : start + 1024])
            assert labels.tolist() == expected_labels(name, start)


def test_a_draw_can_be_cut_with_its_scales():
    draw = Draw(np.arange(4), np.zeros(4, int), np.zeros(4, bool), np.arange(4, dtype=np.float32))
    assert [part.tolist() for part in draw.take(slice(1, 3))] == [[1, 2], [0, 0], [False, False], [1, 2]]
    assert draw._replace(scale=None).take(slice(0, 1)).scale is None


def test_without_cell_types_or_peaks_there_is_nothing_to_learn(codes, signals):
    genome = Genome.from_codes({"chr1": codes})
    with pytest.raises(ValueError, match="no cell type to train on"):
        Examples.build(genome, {}, ["chr1"])
    nothing = TrainingCellType(ArraySignal(signals["one"]), table((0, 9)), table())
    with pytest.raises(ValueError, match="no ATAC or ChIP-seq peak gives a whole window on chr1"):
        Examples.build(genome, {"one": nothing}, ["chr1"])
