"""The compiled loop, against the formulas with whole matrices."""

import numpy as np
from scipy import sparse

from scmaxatac.stats._background import make_background
from scmaxatac.stats._deviations import deviation_model
from scmaxatac.stats._kernels import deviate


def arrays(matrix):
    matrix = sparse.csr_matrix(matrix)
    return matrix.indptr, matrix.indices, matrix.data


def test_it_fills_what_the_formulas_give_for_any_types_of_the_arrays():
    rng = np.random.default_rng(0)
    x = rng.poisson(rng.lognormal(0.5, 1, 150), (9, 150))
    w = (rng.random((150, 4)) < 0.3) * rng.gamma(2, 1, (150, 4))
    gc = np.where(np.arange(150) % 40 == 0, np.nan, rng.random(150))
    background = make_background(x.sum(axis=0), gc)
    model = deviation_model(x.sum(axis=0), sparse.csr_matrix(w), background)

    kept = background.kept
    x_kept, w_kept, b = x[:, kept], w[kept], background.bin_of[kept]
    member = np.eye(len(background.sizes))[b]
    e, n = x_kept.sum(axis=0) / x_kept.sum(), x_kept.sum(axis=1, keepdims=True)
    kernel = background.kernel.toarray()
    first, second = (member.T @ w_kept**power for power in (1, 2))
    r1, r2 = ((((x_kept - n * e) ** power) @ member / background.sizes) @ kernel.T for power in (1, 2))
    drawn = n * ((kernel @ (e @ member / background.sizes)) @ first)
    expected = n * (e @ w_kept)
    score = (x_kept @ w_kept - expected) / expected - r1 @ first / drawn
    z = score * drawn / np.sqrt((r2 - r1**2) @ second)

    for dtype in (np.float32, np.float64, np.int32, np.uint8):
        found = np.zeros((2, 9, 4))
        deviate(
            arrays(x.astype(dtype)), arrays(model.weights), arrays(model.kernel), model.bin_of, model.share,
            model.drawn_share, model.means, model.squares, model.weights_squared, model.constants, *found,
        )  # fmt: skip
        np.testing.assert_allclose(found[0], score, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found[1], z, rtol=1e-9, atol=1e-12)


def test_without_cells_nothing_is_filled():
    model = deviation_model(np.ones(3), sparse.csr_matrix(np.eye(3)), make_background(np.ones(3)))
    none = model.of_cells(sparse.csr_matrix((0, 3)))
    assert none.scores.shape == none.z.shape == (0, 3)
