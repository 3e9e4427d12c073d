"""Effects of variants on factors in groups."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import _keys, get
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.plotting._base import (
    GREY,
    LIGHT_GREY,
    MEDIUM,
    POINTS_PER_INCH,
    SMALL,
    available_size,
    label_size,
    text_width,
)
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels, shortened
from scmaxatac.plotting._matrix import MOST_COLUMNS, colour_bar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS = {"gained": "^", "lost": "v"}
_FDR = 0.05
_LONGEST_ALLELE = 9  # characters
_LONGEST = 40
_GAP = 0.5  # columns between groups
_CHARACTER = 0.05  # inches of a narrow letter in a group's name
_SPACE = 0.08  # inches between names of groups
_SHORTEST, _UPRIGHT = 8, 26  # characters of a group's name beside the next, and upright
_DRAWN = 0.99  # quantile of the effects from which on colours are the same, so that one does not pale the others


@shared_docs
@checked_arguments
def variant_effects(
    data: Any,
    *,
    n_variants: int = 20,
    n_tfs: int = 12,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Axes | None":
    """Draw the change in logit of the variants with the largest effects, by factor and group, as a heatmap.

    Rows are variants in the order of the genome; columns are factors, group by group. A triangle that points up marks
    a site that is gained with the alternative allele, one that points down a site that is lost; without a mark there is
    a site with both alleles or with neither. Where the variants were compared with common ones (``null=`` of
    :func:`scmaxatac.tl.score_variants`), a black frame marks effects with q-values up to 0.05, which are adjusted over
    the variants for each factor in each group.

    Parameters
    ----------
    data
        {results}
    n_variants
        Variants to draw: those with the largest effect on any of the factors in any of the groups.
    n_tfs
        Factors to draw, unless `tfs` names them: those with the largest effect of any of these variants.
    tfs
        One TF or several, in this order.
    groups
        One group or several, in this order; by default all that variants were scored in.
    key
        {key}
    mod
        {mod}
    figsize
        {figsize}
    ax
        {ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    The axes of the heatmap, None if it was shown; the colour bar's are ``ax.images[0].colorbar.ax``.

    Raises
    ------
    KeyError
        If no variants were scored, or not for this factor or in this group.
    ValueError
        If `n_variants` or `n_tfs` is no positive number, or no variant has an effect.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.score_variants(mdata, toy.variants.query("chrom == 'chr5'"), genome=toy.genome)
    >>> ax = sma.pl.variant_effects(mdata, n_variants=10)
    >>> len(ax.get_yticklabels())
    10
    """
    import matplotlib.pyplot as plt

    check_save(save)
    check_number("n_variants", n_variants, low=1, whole=True)
    check_number("n_tfs", n_tfs, low=1, whole=True)
    long = get.variants(data, tfs=tfs, groups=groups, key=key, mod=mod)
    shape = -1, len(long["group"].cat.categories), len(long["tf"].cat.categories)
    effects, status = (long[name].to_numpy().reshape(shape) for name in ("effect", "status"))
    q = long["q"].to_numpy().reshape(shape) if "q" in long else None
    variants = long.iloc[:: shape[1] * shape[2]]
    size = np.nan_to_num(np.abs(effects))
    rows = np.sort(np.argsort(-size.max(axis=(1, 2)), kind="stable")[:n_variants])
    rows = rows[size.max(axis=(1, 2))[rows] > 0]
    if not len(rows):
        raise ValueError(f"none of the {len(effects)} variants has an effect, so there is nothing to draw")
    rows = rows[np.lexsort((variants["pos"].to_numpy()[rows], variants["chrom"].cat.codes.to_numpy()[rows]))]
    columns = np.arange(shape[2])
    if tfs is None:
        columns = np.sort(np.argsort(-size[rows].max(axis=(0, 1)), kind="stable")[:n_tfs])
    effects, status = (values[rows][:, :, columns] for values in (effects, status))
    names = _names(variants.iloc[rows])
    factors = distinct_labels(long["tf"].cat.categories[columns], _LONGEST, 1)
    pitch = _pitch(effects.shape, available_size(ax, figsize))
    labels, upright = _headers(long["group"].cat.categories, pitch[0] * (len(columns) + _GAP) - _SPACE)
    headers = text_width(labels, MEDIUM) if upright else 0.0
    if ax is None:
        ax = plt.subplots(
            figsize=figsize or _figsize(names, factors, headers, effects.shape, pitch), layout="constrained"
        )[1]
    place = _places(effects.shape)
    wide = np.full((len(rows), int(2 * (place[-1] + 1))), np.nan)  # two pixels a column, one a gap
    for i in (0, 1):
        wide[:, (2 * place + i).astype(int)] = effects.reshape(len(rows), -1)
    limit = float(np.nanquantile(np.abs(effects), _DRAWN)) or float(np.nanmax(np.abs(effects)))
    colours = plt.get_cmap("RdBu_r").with_extremes(bad="white")
    extent = (-0.5, place[-1] + 0.5, len(rows) - 0.5, -0.5)
    image = ax.imshow(
        np.ma.masked_invalid(wide), cmap=colours, vmin=-limit, vmax=limit, aspect="auto", extent=extent,
        interpolation="nearest",
    )  # fmt: skip
    for state, marker in _MARKS.items():
        row, column = np.nonzero(status.reshape(len(rows), -1) == state)
        points = min(0.42 * POINTS_PER_INCH * min(pitch), 7.0)
        ax.scatter(
            place[column], row, marker=marker, s=points**2, c="white", edgecolors="black", linewidths=0.6, label=state
        )
    if q is not None:
        _frame(ax, place, q[rows][:, :, columns].reshape(len(rows), -1) <= _FDR)
    _label(ax, names, factors * shape[1], place, pitch)
    _name_groups(ax, labels, place.reshape(shape[1], -1), upright=upright)
    _explain(ax, image, effects.shape, pitch, len(size), tested=q is not None)
    return finish(ax, show=show, save=save)


def _frame(ax: "Axes", place: np.ndarray, sure: np.ndarray) -> None:
    """Put a frame around some fields, given as (variants, columns) bool."""
    from matplotlib.collections import PolyCollection

    row, column = np.nonzero(sure)
    middle = np.column_stack([place[column], row])[:, None]
    corners = middle + 0.44 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    ax.add_collection(
        PolyCollection(list(corners), facecolors="none", edgecolors="black", linewidths=1.1, zorder=3, label="q")
    )


def _names(variants: pd.DataFrame) -> list[str]:
    """Name of each variant with its alleles; without a name its place."""
    alleles = [
        f"{shortened(ref, _LONGEST_ALLELE)}>{shortened(alt, _LONGEST_ALLELE)}"
        for ref, alt in zip(variants["ref"].astype(str), variants["alt"].astype(str), strict=True)
    ]
    places = variants["chrom"].astype(str) + ":" + variants["pos"].map("{:,}".format)
    known = variants["id"].astype(str)
    starts = np.where(known == ".", places, known)
    return distinct_labels([f"{start} {one}" for start, one in zip(starts, alleles, strict=True)], _LONGEST, 1)


def _places(shape: tuple[int, ...]) -> np.ndarray:
    """Position of each column, with a gap between groups."""
    _, n_groups, n_tfs = shape
    places: np.ndarray = (np.arange(n_groups)[:, None] * (n_tfs + _GAP) + np.arange(n_tfs)).ravel()
    return places


def _pitch(shape: tuple[int, ...], available: tuple[float, float] | None) -> tuple[float, float]:
    """Width of a column and height of a row in inches."""
    n_columns = shape[1] * (shape[2] + _GAP)
    if available:
        return available[0] / n_columns, available[1] / shape[0]
    return float(np.clip(8.0 / n_columns, 0.13, 0.6)), float(np.clip(8.0 / shape[0], 0.13, 0.24))


def _figsize(
    names: list[str], factors: list[str], headers: float, shape: tuple[int, ...], pitch: tuple[float, float]
) -> tuple[float, float]:
    width = shape[1] * (shape[2] + _GAP) * pitch[0] + text_width(names, MEDIUM) + 1.4
    height = shape[0] * pitch[1] + text_width(factors, MEDIUM) + headers + 1.2
    return max(width, 4.2), max(height, 3.2)


def _label(ax: "Axes", names: list[str], factors: list[str], place: np.ndarray, pitch: tuple[float, float]) -> None:
    ax.set_xticks(place, factors, rotation=90, fontsize=label_size(pitch[0]))
    ax.set_yticks(range(len(names)), names, fontsize=label_size(pitch[1]))
    ax.tick_params(length=0, pad=3)
    ax.spines[:].set_visible(False)
    ax.set_xlim(-0.5, place[-1] + 0.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    if len(names) <= MOST_COLUMNS:
        ax.hlines(np.arange(1, len(names)) - 0.5, -0.5, place[-1] + 0.5, color=LIGHT_GREY, linewidth=0.4)


def _headers(groups: Iterable[object], room: float) -> tuple[list[str], bool]:
    """Names of the groups in lines as wide as the columns of one, in inches, and whether they have to stand upright."""
    names = [str(group) for group in groups]
    for width in range(max(int(room / _CHARACTER), _SHORTEST), _SHORTEST - 1, -1):
        labels = distinct_labels(names, width)
        if text_width([line for label in labels for line in label.split("\n")], MEDIUM) <= room:
            return labels, False
    return distinct_labels(names, _UPRIGHT, 1), True


def _name_groups(ax: "Axes", labels: list[str], place: np.ndarray, *, upright: bool) -> None:
    """Write the names of the groups above their columns."""
    for label, of_group in zip(labels, place, strict=True):
        ax.annotate(
            label, (of_group.mean(), 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center", va="bottom", fontsize=MEDIUM, rotation=90 if upright else 0,
        )  # fmt: skip


def _explain(
    ax: "Axes", image: Any, shape: tuple[int, ...], pitch: tuple[float, float], n_all: int, *, tested: bool
) -> None:
    """Colour bar, meaning of the marks, and how many variants there were."""
    bar = colour_bar(ax, image, shape[0] * pitch[1], extend="both")
    bar.set_label("Change in logit", fontsize=SMALL)
    told = f"{shape[0]} of {n_all} variants" if shape[0] < n_all else f"{n_all} variants"
    sure = f"\n\N{WHITE SQUARE} q \N{LESS-THAN OR EQUAL TO} {_FDR} against common variants" if tested else ""
    ax.set_xlabel(
        f"{told}; \N{WHITE UP-POINTING TRIANGLE} site gained, \N{WHITE DOWN-POINTING TRIANGLE} lost{sure}",
        fontsize=SMALL, color=GREY, loc="left",
    )  # fmt: skip
