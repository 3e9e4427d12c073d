"""Moderated t statistics: variances of many small linear models borrow strength from one another."""

from typing import NamedTuple

import numpy as np

_SMALLEST = 1e-5
"""Variances below this share of their median are raised to it, because their logarithms would decide everything."""

_FEWEST_UNITS = 10
"""Units of a family that has a scale of its own."""


class LinearFit(NamedTuple):
    """Least squares of every unit on one design.

    Attributes
    ----------
    coefficients
        (units, columns of the design).
    unscaled
        (columns, columns), covariance of the coefficients over the residual variance.
    variance
        (units,), residual variance.
    df
        Residual degrees of freedom, the same for all units.
    """

    coefficients: np.ndarray
    unscaled: np.ndarray
    variance: np.ndarray
    df: int


class Prior(NamedTuple):
    """Scaled inverse chi-square distribution that the variances of units are drawn from.

    Attributes
    ----------
    variance
        (units,), its scale, which may follow a trend.
    df
        Its degrees of freedom; infinite where variances differ no more than chance makes them.
    """

    variance: np.ndarray
    df: float


class ModeratedT(NamedTuple):
    """Tests of one contrast in every unit.

    Attributes
    ----------
    effect
        (units,), the contrast of the coefficients.
    standard_error
        (units,), from the moderated variance.
    t, p
        (units,), moderated t and its two-sided p-value.
    df
        Degrees of freedom of t.
    prior
        What the variances were shrunk towards.
    """

    effect: np.ndarray
    standard_error: np.ndarray
    t: np.ndarray
    p: np.ndarray
    df: float
    prior: Prior

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Confidence interval of each effect: low and high, (units,) each."""
        from scipy import stats

        half = stats.t.ppf((1 + level) / 2, self.df) * self.standard_error
        return self.effect - half, self.effect + half


def fit_linear(values: np.ndarray, design: np.ndarray) -> LinearFit:
    """Least squares of every unit.

    Parameters
    ----------
    values
        (units, samples), without NaN.
    design
        (samples, columns), of full column rank.

    Raises
    ------
    ValueError
        If columns of the design depend on one another, or no residual degree of freedom is left.
    """
    n, k = design.shape
    if np.linalg.matrix_rank(design) < k:
        raise ValueError(f"the design has {k} columns but rank {np.linalg.matrix_rank(design)}")
    if n <= k:
        raise ValueError(f"{n} samples and {k} coefficients leave nothing to estimate the variance from")
    unscaled = np.linalg.inv(design.T @ design)
    coefficients = values @ design @ unscaled
    residuals = values - coefficients @ design.T
    return LinearFit(coefficients, unscaled, np.sum(residuals**2, axis=1) / (n - k), n - k)


def fit_prior(
    variance: np.ndarray,
    df: float | np.ndarray,
    trend: np.ndarray | None = None,
    family: np.ndarray | None = None,
) -> Prior:
    """Estimate the prior of the variances from the moments of their logarithms.

    Parameters
    ----------
    variance
        (units,) residual variances.
    df
        Their degrees of freedom: a number, or (units,).
    trend
        (units,) what the prior variance may depend on, such as mean accessibility; by default it is one number. The
        dependence is a natural cubic spline of the log variance, with up to four degrees of freedom.
    family
        (units,) family of each unit. Each has a scale of its own; trend and degrees of freedom they have in common,
        because a few dozen units are too few to estimate these, and where the degrees of freedom come out too large
        the smallest p-values are too small. Families of fewer than ten units have one scale together.

    References
    ----------
    Smyth 2004, Stat Appl Genet Mol Biol 3(1):3, section 6.2; the trend as in Sartor et al. 2006, BMC Bioinformatics
    7:538, and Phipson et al. 2016, Ann Appl Stat 10(2):946-963.
    """
    from scipy.special import digamma, polygamma

    variance = np.asarray(variance, dtype=float)
    df = np.broadcast_to(np.asarray(df, dtype=float), variance.shape)
    n = len(variance)
    if n < 2:
        return Prior(variance.copy(), 0.0)
    median = float(np.median(variance)) or 1.0
    raised = np.maximum(variance, _SMALLEST * median)
    e = np.log(raised) - digamma(df / 2) + np.log(df / 2)
    families = _families(family, n)
    basis = np.zeros((n, 0)) if trend is None else _spline_basis(np.asarray(trend, dtype=float))
    center = _fitted(e, basis, families)
    n_columns = int(families.max()) + 1 + basis.shape[1]
    spread = float(np.sum((e - center) ** 2)) / max(n - n_columns, 1) - float(polygamma(1, df / 2).mean())
    if spread <= 0 or n <= n_columns:
        means = np.bincount(families, weights=raised) / np.bincount(families)
        return Prior(np.exp(center) if basis.shape[1] else means[families], float("inf"))
    prior_df = 2 * inverse_trigamma(spread)
    return Prior(np.exp(center + digamma(prior_df / 2) - np.log(prior_df / 2)), prior_df)


def _families(family: np.ndarray | None, n: int) -> np.ndarray:
    """Number of each unit's family, (n,); small families are one."""
    if family is None:
        return np.zeros(n, dtype=np.int64)
    _, which, counts = np.unique(family, return_inverse=True, return_counts=True)
    merged = np.where(counts[which] < _FEWEST_UNITS, -1, which)
    return np.asarray(np.unique(merged, return_inverse=True)[1], dtype=np.int64)


def _fitted(e: np.ndarray, basis: np.ndarray, families: np.ndarray) -> np.ndarray:
    """Least-squares fit of a level for each family and one trend for all; (n,)."""
    counts = np.bincount(families)

    def level(values: np.ndarray) -> np.ndarray:
        means: np.ndarray = np.bincount(families, weights=values) / counts
        return np.asarray(means[families])

    if not basis.shape[1]:
        return level(e)
    within = np.column_stack([column - level(column) for column in basis.T])
    slopes = np.linalg.lstsq(within, e - level(e), rcond=None)[0]
    return np.asarray(level(e) + within @ slopes)


def posterior_variance(variance: np.ndarray, df: float | np.ndarray, prior: Prior) -> np.ndarray:
    """Variances shrunk towards the prior's: ``(d0 s0^2 + d s^2) / (d0 + d)``, (units,)."""
    if np.isinf(prior.df):
        return prior.variance.copy()
    return (prior.df * prior.variance + df * variance) / (prior.df + df)


def moderated_t(
    values: np.ndarray,
    design: np.ndarray,
    contrast: np.ndarray,
    *,
    trend: np.ndarray | None = None,
    family: np.ndarray | None = None,
) -> ModeratedT:
    """Test a contrast in every unit.

    Parameters
    ----------
    values
        (units, samples), without NaN.
    design
        (samples, columns), of full column rank.
    contrast
        (columns,) weights of the coefficients.
    trend
        (units,) what the prior variance may depend on.
    family
        (units,) families whose prior variances differ, as in :func:`fit_prior`.

    References
    ----------
    Smyth 2004, Stat Appl Genet Mol Biol 3(1):3.
    """
    from scipy import stats

    fit = fit_linear(values, design)
    prior = fit_prior(fit.variance, fit.df, trend, family)
    effect = fit.coefficients @ contrast
    error = np.sqrt(posterior_variance(fit.variance, fit.df, prior) * float(contrast @ fit.unscaled @ contrast))
    # no more than all units together have
    df = min(fit.df + prior.df, float(fit.df * len(effect)))
    t = np.divide(effect, error, out=np.where(effect == 0, 0.0, np.copysign(np.inf, effect)), where=error > 0)
    return ModeratedT(effect, error, t, 2 * stats.t.sf(np.abs(t), df), df, prior)


def inverse_trigamma(x: float) -> float:
    """Solve ``trigamma(y) = x`` for y, by Newton's method on 1/trigamma, which is convex (Smyth 2004, appendix)."""
    from scipy.special import polygamma

    if x > 1e7:
        return float(1 / np.sqrt(x))
    if x < 1e-6:
        return 1 / x
    y = 0.5 + 1 / x
    for _ in range(50):
        value = float(polygamma(1, y))
        step = value * (1 - value / x) / float(polygamma(2, y))
        y += step
        if -step / y < 1e-10:
            break
    return y


def _spline_basis(x: np.ndarray) -> np.ndarray:
    """Basis (n, k) of the natural cubic splines without the constant, knots at quantiles; k is 0 to 3, as n allows."""
    from scipy.interpolate import CubicSpline

    n = len(x)
    k = min(1 + (n >= 3) + (n >= 6) + (n >= 30), len(np.unique(x)))
    knots = np.unique(np.quantile(x, np.linspace(0, 1, k)))
    if len(knots) < 2:
        return np.zeros((n, 0))
    # splines that are 1 at one knot and 0 at the others; they sum to 1, so one of them goes
    return np.asarray(CubicSpline(knots, np.eye(len(knots)), bc_type="natural")(x))[:, 1:]
