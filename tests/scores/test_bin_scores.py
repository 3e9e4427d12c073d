import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.scores._bin_scores import average_windows

N_MODELS = 2


def window_scores(starts: np.ndarray) -> np.ndarray:
    """Scores that tell every window, bin and model apart; (models, n, 32) float32."""
    bins = np.arange(32)
    scores = [np.cos(starts[:, None] * (0.01 + 0.003 * model) + bins * 0.7) for model in range(N_MODELS)]
    return np.stack(scores).astype(np.float32)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 32).map(lambda n: 32 * n),
    st.lists(st.booleans(), max_size=60),
    st.integers(1, 70),
    st.integers(0, 10),
)
def test_every_bin_is_the_mean_over_the_windows_that_cover_it(step, keep, windows_per_tile, offset):
    starts = 32 * offset + step * np.flatnonzero(keep)
    sizes = []

    def predict(tile: np.ndarray) -> np.ndarray:
        sizes.append(len(tile))
        return window_scores(tile)

    finished = list(average_windows(starts, N_MODELS, predict, windows_per_tile=windows_per_tile))

    expected: dict[int, list[np.ndarray]] = {}
    for start, scores in zip(starts, window_scores(starts).transpose(1, 2, 0), strict=True):
        for i, score in enumerate(scores):
            expected.setdefault(start // 32 + i, []).append(score)
    bins = np.concatenate([part.bins for part in finished]) if finished else np.zeros(0)
    assert bins.tolist() == sorted(expected)
    assert sum(sizes) == len(starts)
    assert max(sizes, default=0) <= windows_per_tile
    if finished:
        scores = np.concatenate([part.scores for part in finished], axis=1)
        assert scores.dtype == np.float32
        mean = np.stack([np.mean(expected[b], axis=0, dtype=np.float64) for b in bins], axis=1)
        np.testing.assert_allclose(scores, mean, atol=2e-6)
