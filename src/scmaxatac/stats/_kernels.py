"""Compiled loops over counts of cells. Imported lazily: numba is slow to import."""

import numpy as np

from scmaxatac._compiled import compiled


@compiled
def deviate(
    counts: tuple[np.ndarray, np.ndarray, np.ndarray],
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
    kernel: tuple[np.ndarray, np.ndarray, np.ndarray],
    bin_of: np.ndarray,
    share: np.ndarray,
    drawn_share: np.ndarray,
    means: np.ndarray,
    squares: np.ndarray,
    weights_squared: np.ndarray,
    constants: np.ndarray,
    scores: np.ndarray,
    z: np.ndarray,
) -> None:
    """Fill the deviations of some cells; see ``DeviationModel``, whose attributes these are.

    `counts` (cells x regions), `weights` (regions x TFs) and `kernel` (bins x bins) are CSR: indptr, indices and data.
    Every cell is computed from its own row alone and in one order, so how cells are gathered has no influence.
    """
    n_bins, n_tfs = means.shape
    sums, squared, crossed = np.empty(n_bins), np.empty(n_bins), np.empty(n_bins)
    observed, drawn, spread = np.empty(n_tfs), np.empty(n_tfs), np.empty(n_tfs)
    for cell in range(len(counts[0]) - 1):
        total = 0.0
        sums[:] = 0.0
        squared[:] = 0.0
        crossed[:] = 0.0
        observed[:] = 0.0
        for i in range(counts[0][cell], counts[0][cell + 1]):
            region = counts[1][i]
            b = bin_of[region]
            if b < 0:
                continue
            x = float(counts[2][i])
            total += x
            sums[b] += x
            squared[b] += x * x
            crossed[b] += x * share[region]
            for j in range(weights[0][region], weights[0][region + 1]):
                observed[weights[1][j]] += x * weights[2][j]
        drawn[:] = 0.0
        spread[:] = 0.0
        for b in range(n_bins):
            residual = -total * drawn_share[b]
            for j in range(kernel[0][b], kernel[0][b + 1]):
                residual += kernel[2][j] * sums[kernel[1][j]]
            residual *= residual
            for t in range(n_tfs):
                spread[t] -= weights_squared[b, t] * residual
            if sums[b] > 0:
                mean, square = sums[b], squared[b] - 2 * total * crossed[b]
                for t in range(n_tfs):
                    drawn[t] += means[b, t] * mean
                    spread[t] += squares[b, t] * square
        for t in range(n_tfs):
            expected = total * constants[0, t]
            denominator = total * constants[1, t]
            if total * constants[3, t] < 1.0 or expected <= 0 or denominator <= 0:
                scores[cell, t] = np.nan
                z[cell, t] = np.nan
                continue
            variance = spread[t] + total * total * constants[2, t]
            score = (observed[t] - expected) / expected - (drawn[t] - denominator) / denominator
            scores[cell, t] = score
            # what remains of a variance that is 0 is rounding
            if variance > 1e-12 * total * total * constants[2, t]:
                z[cell, t] = score * denominator / np.sqrt(variance)
            else:
                z[cell, t] = np.nan
