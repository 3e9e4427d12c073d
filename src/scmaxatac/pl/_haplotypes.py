"""Binding along a block on two classes of haplotypes."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._text import choose_names
from scmaxatac.io._regions import parse_region
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    LIGHT_GREY,
    MEDIUM,
    PALETTE,
    SMALL,
    PanelGrid,
    available_size,
    label_size,
    position_axis,
    region_title,
    text_width,
)
from scmaxatac.plotting._block import block_of
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._labels import distinct_labels, shortened
from scmaxatac.sequence._compare_haplotypes import ALLELES, compare_sites, mean_logits, rank_factors
from scmaxatac.sequence._haplotype_classes import HaplotypeClasses, haplotype_classes, haplotype_params

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 6.4  # inches of the block
_TOP, _STRIP, _GAP, _BOTTOM, _BAR = 0.84, 0.17, 0.3, 0.5, 0.62  # inches
_BESIDE = 0.08  # inches between names of alleles
_TICK = 0.18  # inches between the numbers of a colour bar
_LONGEST, _LONGEST_ALLELE = 24, 9
_LEAST = 0.1  # log odds that the colours of differences reach at least
_PLAIN = ("true", "false", "yes", "no")
_COLOURS = {True: PALETTE[1], False: "#9A9A9A"}  # alleles whose shares differ, and others


@shared_docs
@checked_arguments
def haplotypes(
    haplotypes: "AnnData",
    by: str = "sample",
    *,
    target: str | bool,
    reference: str | bool,
    region: str | None = None,
    group: str | None = None,
    tfs: str | Iterable[str] | None = None,
    n_tfs: int = 12,
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw the scores of factors along a block on two classes of haplotypes, their difference, and their alleles.

    From above: the alleles of each class, coloured where the classes do not carry them equally often, with the bases of
    those that there is room for; the scores of the target and of the reference, of the mean log odds of their
    haplotypes; and the difference in log odds. Where there are more bins than can be seen, each point shows the one of
    its bins in which the classes differ most. Factors are in the order of :func:`scmaxatac.tl.compare_haplotypes`
    unless `tfs` says otherwise.

    Parameters
    ----------
    haplotypes
        What :func:`scmaxatac.tl.predict_haplotypes` returned.
    by
        Column of ``obs`` that holds the classes: ``"sample"``, or one that you added.
    target, reference
        The values of this column that are compared.
    region
        Part of the block, such as ``"chr21:37,100,000-37,150,000"`` (0-based, half-open); by default all of it.
    group
        Group whose ATAC signal the haplotypes were scored with; has to be named if there are several.
    tfs
        One TF or several, in this order.
    n_tfs
        Factors to draw, unless `tfs` names them: the first of the ranking.
    figsize
        {figsize}
    ax
        {panels_ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    {figure}

    Raises
    ------
    KeyError
        If there is no such column, value, group or factor, or `haplotypes` is something else.
    ValueError
        If several groups could be compared, bins lie in several places and no region is named, the region has no bins,
        or `n_tfs` is no positive number.

    References
    ----------
    Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863, Fig 7.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> haplotypes = sma.tl.predict_haplotypes(
    ...     mdata, toy.vcf, regions="chr5:100,000-140,000", genome=toy.genome, groups="B"
    ... )
    >>> figure = sma.pl.haplotypes(haplotypes, target="donor1", reference="donor2")
    >>> figure.savefig("haplotypes.png")  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    check_save(save)
    check_number("n_tfs", n_tfs, low=1, whole=True)
    params = haplotype_params(haplotypes)
    classes = _only(haplotype_classes(haplotypes.obs, by, target, reference, group))
    known = list(params["thresholds"])
    chosen = choose_names(tfs, known, "TF", source="haplotypes were predicted for")
    block = block_of(haplotypes.var, region)
    place = block.chrom, block.start, block.end
    if region is not None:  # bins reach over its ends
        asked = parse_region(region)
        place = block.chrom, max(block.start, asked[1]), min(block.end, asked[2])
    bins = haplotypes.var.iloc[block.columns]
    layers = {tf: np.asarray(haplotypes.layers[tf][:, block.columns], dtype=np.float32) for tf in chosen}
    if tfs is None and len(chosen) > n_tfs:
        own = haplotypes.obs["group"].astype(str)
        thresholds = {tf: own.map(params["thresholds"][tf]).to_numpy(np.float32) for tf in chosen}
        sites = compare_sites(layers, thresholds, bins, classes.in_target, classes.in_reference)
        chosen = rank_factors(sites, chosen)["tf"].tolist()[:n_tfs]
        layers = {tf: layers[tf] for tf in chosen}
    of_target, of_reference = (mean_logits(layers, rows) for rows in (classes.in_target, classes.in_reference))
    difference = of_target - of_reference
    shown = block.most_different(np.abs(difference))
    panels = [block.draw(values, shown) for values in (expit(of_target), expit(of_reference), difference)]

    labels = distinct_labels(chosen, _LONGEST, 1)
    names = [_class_name(by, name) for name in (target, reference)]
    sizes = _Sizes(labels, names, len(chosen), available_size(ax, figsize))
    grid = PanelGrid(ax, sizes.width, sizes.height)
    signal = f"ATAC signal of {classes.name}"
    grid.text(sizes.left, 0.14, region_title(*place), fontsize=LARGE, va="center", ha="left")
    grid.text(sizes.left, 0.36, f"{names[0]} against {names[1]}; {signal}", color=GREY, va="center", ha="left")
    _draw_alleles(grid, sizes, haplotypes, classes, place, names)
    limit = max(float(np.nanmax(np.abs(difference), initial=0.0)), _LEAST)  # else rounding looks like a difference
    looks: list[tuple[str, str, tuple[float, float]]] = [
        (names[0], "viridis", (0, 1)), (names[1], "viridis", (0, 1)),
        (f"Difference in log odds, {names[0]} \N{MINUS SIGN} {names[1]}", "RdBu_r", (-limit, limit)),
    ]  # fmt: skip
    for i, (values, (title, cmap, limits)) in enumerate(zip(panels, looks, strict=True)):
        top = sizes.top(i)
        panel = grid.panel(sizes.left, top, sizes.block, sizes.panel)
        panel.set_label(title)
        image = panel.imshow(
            np.ma.masked_invalid(values), cmap=plt.get_cmap(cmap).with_extremes(bad=LIGHT_GREY), aspect="auto",
            vmin=limits[0], vmax=limits[1], extent=(block.start, block.end, len(chosen) - 0.5, -0.5),
            interpolation="nearest",
        )  # fmt: skip
        panel.set_yticks(range(len(chosen)), labels, fontsize=label_size(sizes.pitch))
        panel.tick_params(length=0, pad=3, bottom=False, labelbottom=False)
        panel.set_xlim(*place[1:])
        panel.spines[:].set_visible(False)
        grid.text(sizes.left, top - 0.02, title, fontsize=MEDIUM, va="bottom", ha="left")
        if i:
            _bar(grid, sizes, image, top, "Score" if i == 1 else "")
    position_axis(panel, *place)
    return finish(grid.figure, ax=ax, show=show, save=save)


def _class_name(by: str, value: object) -> str:
    """Name of a class; with its column where the value alone says nothing, as yes and no or a number."""
    text = str(value)
    plain = text.lower() in _PLAIN or text.replace(".", "", 1).isdigit()
    return shortened(f"{by}: {text}" if plain else text, _LONGEST)


class _Sizes:
    """Lengths in inches."""

    def __init__(
        self, labels: Sequence[str], names: Sequence[str], n_rows: int, available: tuple[float, float] | None
    ) -> None:
        self.left = max(text_width(labels, MEDIUM), text_width(names, SMALL)) + 0.2
        fixed = _TOP + 2 * _STRIP + 3 * _GAP + _BOTTOM
        self.pitch = float(np.clip(2.4 / n_rows, 0.09, 0.28))
        self.block = _WIDTH
        if available is not None:
            self.pitch = max(available[1] - fixed, 0.3) / (3 * n_rows)
            self.block = max(available[0] - self.left - _BAR, 0.5)
        self.panel = n_rows * self.pitch
        self.width, self.height = self.left + self.block + _BAR, fixed + 3 * self.panel

    def top(self, i: int) -> float:
        """Upper edge of a panel."""
        return _TOP + 2 * _STRIP + _GAP + i * (self.panel + _GAP)


def _only(found: list[HaplotypeClasses]) -> HaplotypeClasses:
    if len(found) > 1:
        raise ValueError(
            f"haplotypes were scored with the signals of {len(found)} groups; name one: group={found[0].name!r}"
        )
    return found[0]


def _draw_alleles(
    grid: PanelGrid,
    sizes: _Sizes,
    haplotypes: "AnnData",
    classes: HaplotypeClasses,
    place: tuple[str, int, int],
    names: Sequence[str],
) -> None:
    """A row a class with a mark at each allele, as high as the share of its haplotypes that carry it."""
    table: pd.DataFrame = haplotypes.uns[ALLELES]
    carried = np.asarray(haplotypes.obsm[ALLELES], dtype=bool)
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    in_place = (np.maximum(end, start + 1) > place[1]) & (start < place[2])
    here = (table["chrom"].astype(str) == place[0]).to_numpy() & in_place
    shares = [carried[rows][:, here].mean(axis=0) for rows in (classes.in_target, classes.in_reference)]
    differs = shares[0] != shares[1]
    for i, (name, share) in enumerate(zip(names, shares, strict=True)):
        panel = grid.panel(sizes.left, _TOP - _STRIP + i * _STRIP, sizes.block, _STRIP * 0.85)
        panel.set_label(f"alleles of {name}")
        for differing, colour in _COLOURS.items():
            rows = (differs == differing) & (share > 0)
            panel.vlines(
                start[here][rows] + 0.5, 0, share[rows], color=colour, linewidth=0.7 + 0.5 * differing,
                zorder=2 + differing, label="differs" if differing else "does not differ",
            )  # fmt: skip
        panel.set_xlim(*place[1:])
        panel.set_ylim(0, 1.05)
        panel.set_yticks([0.5], [name], fontsize=SMALL)
        panel.tick_params(length=0, pad=3, bottom=False, labelbottom=False)
        panel.spines[["top", "left", "right"]].set_visible(False)
        panel.spines["bottom"].set_color(LIGHT_GREY)
    _name_alleles(grid, sizes, table[here][differs], place)
    n = int(differs.sum())
    grid.text(
        sizes.left + sizes.block, 0.36, f"{n:,} of {len(differs):,} alleles differ", color=_COLOURS[True], va="center",
        ha="right",
    )  # fmt: skip


def _name_alleles(grid: PanelGrid, sizes: _Sizes, alleles: pd.DataFrame, place: tuple[str, int, int]) -> None:
    """Write the bases of alleles above their marks, from the left, where no other name stands already."""
    free = 0.0
    for start, ref, alt in zip(alleles["start"], alleles["ref"].astype(str), alleles["alt"].astype(str), strict=True):
        text = ">".join(shortened(one, _LONGEST_ALLELE) for one in (ref, alt))
        half = text_width([text], SMALL) / 2
        middle = min(max((start + 0.5 - place[1]) / (place[2] - place[1]) * sizes.block, half), sizes.block - half)
        if middle - half < free:
            continue
        free = middle + half + _BESIDE
        grid.text(sizes.left + middle, _TOP - _STRIP - 0.02, text, color=_COLOURS[True], va="bottom", ha="center")


def _bar(grid: PanelGrid, sizes: _Sizes, image: Any, top: float, name: str) -> None:
    """Colour bar beside a panel."""
    from matplotlib.ticker import MaxNLocator

    height = min(sizes.panel, 1.2)
    bar_axes = grid.panel(sizes.left + sizes.block + 0.08, top, 0.09, height)
    bar = grid.figure.colorbar(image, cax=bar_axes)
    bar.locator = MaxNLocator(nbins=max(int(height / _TICK), 1))
    bar.ax.tick_params(labelsize=SMALL, length=2, pad=2)
    bar.ax.set_title(name, fontsize=SMALL, loc="left", pad=3)
    bar.outline.set_visible(False)
