"""Panels of the quality control of groups: bars with numbers, limits, and dots of factors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scmaxatac.plotting._base import GREY, LIGHT_GREY, SMALL, short_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALE = "#A9CCE3"
"""Colour of fragments that are not in use."""


def unused_fragments(table: pd.DataFrame) -> np.ndarray:
    """Which groups have fragments that are not in use."""
    unused: np.ndarray = (table["n_fragments_used"] < table["n_fragments"]).to_numpy()
    return unused


def draw_fragments(ax: "Axes", table: pd.DataFrame, colours: list[str]) -> None:
    """Draw fragments in use over all fragments, with both numbers where they differ."""
    total, used = (table[name].to_numpy(float) for name in ("n_fragments", "n_fragments_used"))
    pale = unused_fragments(table)
    texts = [
        f"{short_number(u)} of {short_number(n)}" if differs and short_number(u) != short_number(n) else None
        for u, n, differs in zip(used, total, pale, strict=True)
    ]
    rows = np.arange(len(table))
    ax.barh(rows[pale], total[pale], color=PALE, height=0.7, label="not in use")
    draw_bars(ax, used, colours, percent=False, texts=texts, ends=total)


def draw_bars(
    ax: "Axes", values: np.ndarray, colours: list[str], *, percent: bool,
    texts: Sequence[str | None] = (), ends: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Draw a bar a group, from top to bottom, with its number; a dash stands where there is none.

    Parameters
    ----------
    ax
        Where.
    values, colours
        A value and a colour each.
    percent
        Whether values are shares.
    texts
        Texts in place of numbers.
    ends
        Where the texts stand, if not at the ends of the bars.
    """
    shown = values * 100 if percent else values
    ax.barh(range(len(shown)), shown, color=colours, height=0.7)
    for row, value in enumerate(shown):
        text = "\N{EN DASH}" if np.isnan(value) else f"{value:.0f}%" if percent else short_number(value)
        end = value if ends is None else max(ends[row], value)
        ax.annotate(
            (texts[row] if row < len(texts) else None) or text, (0 if np.isnan(value) else end, row), xytext=(3, 0),
            textcoords="offset points", va="center", fontsize=SMALL, color=GREY,
        )  # fmt: skip
    ax.set_xlim(0, 118 if percent else 1.2 * np.nanmax([*shown, 1e-9]))
    if percent:
        ax.set_xticks(range(0, 101, 25))
    _style(ax, len(shown))


def draw_ratios(ax: "Axes", ratios: np.ndarray, colours: list[str], most_off: float) -> None:
    """Draw a dot a factor in the row of each group, with the median; those below the scale stand at its end.

    Ratios up to `most_off`, and down to its inverse, lie in a band.
    """
    known = ratios[ratios > 0] if np.any(ratios > 0) else np.ones(1)
    low = min(10.0 ** np.floor(np.log10(known.min())), 0.1)
    high = max(10.0 ** np.ceil(np.log10(known.max())), 10.0)
    ax.axvspan(1 / most_off, most_off, color=LIGHT_GREY, alpha=0.5, linewidth=0, zorder=0)
    ax.axvline(1, color=GREY, linewidth=0.7, zorder=1)
    for row, (values, colour) in enumerate(zip(ratios, colours, strict=True)):
        there = values[~np.isnan(values)]
        if not len(there):
            ax.annotate("\N{EN DASH}", (1, row), ha="center", va="center", fontsize=SMALL, color=GREY)
            continue
        spread = np.linspace(-0.22, 0.22, len(there)) if len(there) > 1 else np.zeros(1)
        ax.plot(
            np.maximum(there, low), row + spread, "o", color=colour, markersize=4 if len(there) < 8 else 2.2,
            alpha=0.8 if len(there) < 8 else 0.5, markeredgewidth=0, clip_on=False,
        )  # fmt: skip
        ax.vlines(max(float(np.median(there)), low), row - 0.35, row + 0.35, color="black", linewidth=1.2, zorder=4)
    ax.set(xscale="log", xlim=(low, high))
    _powers_of_ten(ax)
    _style(ax, len(ratios))


def _style(ax: "Axes", n_rows: int) -> None:
    ax.set_ylim(n_rows - 0.5, -0.5)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=SMALL, length=2, pad=2)
    ax.grid(axis="x", color=LIGHT_GREY, linewidth=0.5)
    ax.set_axisbelow(True)


def log_axis(ax: "Axes", counts: np.ndarray, limit: float | None) -> None:
    """Count in powers of ten, with room for the numbers beside the bars."""
    present = np.append(counts[counts > 0], [limit] if limit else [])
    present = present if len(present) else np.ones(1)
    low = 10.0 ** np.floor(np.log10(present.min()) - 0.3)
    high = max(present.max(), 10 * low)
    wide = any(" of " in text.get_text() for text in ax.texts)
    ax.set_xscale("log")
    ax.set_xlim(low, high * (high / low) ** (0.75 if wide else 0.28))
    _powers_of_ten(ax)


def _powers_of_ten(ax: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.xaxis.set_major_locator(LogLocator(numticks=6))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))


def draw_limit(ax: "Axes", name: str, limit: float | None) -> None:
    """Draw the limit below which groups are skipped; without one, nothing."""
    if not limit:
        return
    ax.axvline(limit, color="black", linewidth=0.9, linestyle=":", zorder=3, label=name)
    low, high = np.log10(ax.get_xlim())
    left = np.log10(limit) < (low + high) / 2
    ax.annotate(
        f"{name} {short_number(limit)}", (limit, 1), xycoords=("data", "axes fraction"), xytext=(-1 if left else 1, 2),
        textcoords="offset points", fontsize=SMALL, ha="left" if left else "right", va="bottom",
    )  # fmt: skip
