"""What all plots share: colours that colour-blind readers tell apart, sizes of text, panels, numbers and positions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours of TFs, from Okabe and Ito's colour-blind-safe set."""

GREY = "#6E6E6E"
LIGHT_GREY = "#D0D0D0"
WARNING = "#D55E00"

SMALL = 7.0
MEDIUM = 8.0
LARGE = 9.5
POINTS_PER_INCH = 72


class PanelGrid:
    """An area that panels are placed on in inches from its upper left corner: a new figure, or the place of an Axes.

    Panels in the place of an Axes are its insets, so they move along with it.

    Parameters
    ----------
    ax
        Axes whose place is used; its frame and ticks are hidden. Without it a new figure is made.
    width, height
        Size of the area in inches.
    """

    def __init__(self, ax: "Axes | None", width: float, height: float) -> None:
        import matplotlib.pyplot as plt

        self.width, self.height, self._ax = width, height, ax
        if ax is None:
            self.figure = plt.figure(figsize=(width, height))
        else:
            self.figure = root_figure(ax)
            ax.set_axis_off()

    def panel(self, left: float, top: float, width: float, height: float) -> "Axes":
        """Add a panel; all lengths in inches, `top` from the upper edge downwards."""
        bounds = left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height
        if self._ax is None:
            return self.figure.add_axes(bounds)
        return self._ax.inset_axes(bounds)

    def text(self, left: float, top: float, text: str, **style: Any) -> None:
        """Write a text at a place in inches, `top` from the upper edge downwards."""
        style.setdefault("fontsize", SMALL)
        x, y = left / self.width, 1 - top / self.height
        if self._ax is None:
            self.figure.text(x, y, text, **style)
        else:
            self._ax.text(x, y, text, transform=self._ax.transAxes, **style)


def available_size(ax: "Axes | None", figsize: tuple[float, float] | None) -> tuple[float, float] | None:
    """Width and height in inches that there are to draw in; ``None`` if nothing limits them."""
    if ax is None:
        return figsize
    figure = root_figure(ax)
    figure.draw_without_rendering()  # layout engines place the Axes only now
    box = ax.get_window_extent()
    return box.width / figure.dpi, box.height / figure.dpi


def root_figure(ax: "Axes") -> "Figure":
    """Figure that an Axes belongs to, also through subfigures."""
    figure = ax.get_figure()
    if figure is None:
        raise ValueError("the Axes were removed from their figure; make new ones")
    return figure.figure  # of a subfigure the one that it lies in; get_figure(root=True) came with matplotlib 3.10


def plain_axes(ax: "Axes") -> None:
    """Leave out the frame above and to the right, and draw a light grid behind the data."""
    ax.tick_params(labelsize=SMALL, length=2, pad=2)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color=LIGHT_GREY, linewidth=0.5)
    ax.set_axisbelow(True)


def legend_above(ax: "Axes", n_columns: int) -> None:
    """Put the legend above the panel, in so many columns."""
    ax.legend(
        fontsize=MEDIUM, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=n_columns,
        handlelength=1.4, borderaxespad=0.2, columnspacing=1.2,
    )  # fmt: skip


def text_width(texts: Iterable[str], size: float) -> float:
    """Width of the longest line of the texts in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size)
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    # not from the outlines of the letters, which takes a hundred times as long
    widths = (text_to_path.get_text_width_height_descent(line, font, False)[0] for line in lines)
    return float(max(widths, default=0)) / POINTS_PER_INCH


def label_size(pitch: float) -> float:
    """Size of the text of labels that stand so many inches apart; no more than medium."""
    return min(MEDIUM, 0.85 * POINTS_PER_INCH * pitch)


def short_number(value: float) -> str:
    """Write a count in four characters or so: 812, 9.1k, 310k, 4.2M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.{0 if value >= 99.5 * size else 1}f}".removesuffix(".0") + unit
    return f"{value:.3g}"


def nice_ceiling(value: float) -> float:
    """Round up to 1, 1.5, 2, 3, 4, 5, 6, 8 or 10 times a power of ten; 1 for values that are not positive."""
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    steps = np.array([1, 1.5, 2, 3, 4, 5, 6, 8, 10]) * power
    return float(steps[np.searchsorted(steps, value * (1 - 1e-9))])


def position_axis(ax: "Axes", chrom: str, start: int, end: int) -> None:
    """Name the positions ``start`` to ``end`` on the x axis, in Mb, kb or bp, whichever reads best."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    locator = MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True)
    ax.xaxis.set_major_locator(locator)
    step = float(np.diff(locator.tick_values(start, end)).min(initial=end - start))
    unit, size, decimals = position_unit(step, end)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda position, _: f"{position / size:,.{decimals}f}"))
    ax.spines["bottom"].set_visible(True)
    ax.tick_params(axis="x", bottom=True, labelbottom=True, labelsize=SMALL, length=3, pad=2)
    ax.set_xlabel(f"Position on {chrom} ({unit})", fontsize=MEDIUM, labelpad=2)


def position_unit(step: float, end: float) -> tuple[str, float, int]:
    """Choose unit, its size in bp and decimals such that positions up to `end` that are `step` bp apart differ."""
    for unit, size, smallest in (("Mb", 1e6, 1e3), ("kb", 1e3, 1e2)):
        if step >= smallest and end >= size:
            return unit, size, max(0, int(np.ceil(np.log10(size / step) - 1e-9)))
    return "bp", 1.0, 0


def region_title(chrom: str, start: int, end: int) -> str:
    """Write a region for readers, so that it can be pasted back: ``chr22:18,712,000-18,730,000 (18 kb)``."""
    length = end - start
    span = f"{length / 1e6:.3g} Mb" if length >= 1e6 else f"{length / 1e3:.3g} kb" if length >= 1e3 else f"{length} bp"
    return f"{chrom}:{start:,}-{end:,} ({span})"
