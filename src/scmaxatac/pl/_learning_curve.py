"""Losses and Dice of a network over the epochs of its training."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.io._files import existing_file
from scmaxatac.plotting._base import GREY, MEDIUM, PALETTE, SMALL, PanelGrid, available_size, legend_above, plain_axes
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.zoo._tf_model import TFModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOSSES = {"train_loss": "training", "val_loss": "validation"}
_COLUMNS = ("epoch", *_LOSSES, "val_dice")
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 0.62, 0.12, 0.28, 0.45, 0.16


@shared_docs
@checked_arguments
def learning_curve(
    history: TFModel | pd.DataFrame | str | PathLike[str],
    *,
    figsize: tuple[float, float] = (4.6, 3.6),
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw the losses and the validation Dice of every epoch; the epoch that was kept is marked.

    A validation loss that rises while the training loss falls means overfitting; a Dice that still rises at the end
    means that more epochs would help.

    Parameters
    ----------
    history
        A model that :func:`scmaxatac.tl.train` made, the folder of a run (also one that is still going on), its
        ``history.csv``, or a table with epoch, train_loss, val_loss and val_dice.
    figsize
        Width and height in inches of a new figure.
    ax
        Axes in whose place the panels are drawn; a new figure is made without it.
    show
        {show}
    save
        {save}

    Returns
    -------
    {figure}

    Raises
    ------
    FileNotFoundError
        If there is no such folder or file.
    ValueError
        If the model was not made by :func:`scmaxatac.tl.train`, or the table can't be read, lacks a column or numbers
        in it, or has no row.

    Examples
    --------
    >>> import pandas as pd
    >>> import scmaxatac as sma
    >>> history = pd.DataFrame(
    ...     {
    ...         "epoch": [0, 1, 2],
    ...         "train_loss": [0.4, 0.2, 0.1],
    ...         "val_loss": [0.5, 0.3, 0.4],
    ...         "val_dice": [0.1, 0.4, 0.3],
    ...     }
    ... )
    >>> figure = sma.pl.learning_curve(history)
    >>> figure.axes[1].get_ylabel()
    'Validation Dice'
    """
    check_save(save)
    table = _table(history)
    width, height = available_size(ax, figsize) or figsize
    grid = PanelGrid(ax, width, height)
    across = max(width - _LEFT - _RIGHT, 0.3)
    down = max((height - _TOP - _BOTTOM - _GAP) / 2, 0.2)
    losses = grid.panel(_LEFT, _TOP, across, down)
    dice = grid.panel(_LEFT, _TOP + down + _GAP, across, down)
    for (name, label), color in zip(_LOSSES.items(), PALETTE, strict=False):
        losses.plot(table["epoch"], table[name], color=color, label=label, linewidth=1.4, **_dots(table))
    dice.plot(table["epoch"], table["val_dice"], color=PALETTE[2], linewidth=1.4, **_dots(table))
    best = table.loc[table["val_dice"].idxmax()]
    dice.plot(best["epoch"], best["val_dice"], "o", color=PALETTE[2], markersize=5)
    middle = (table["epoch"].min() + table["epoch"].max()) / 2
    left = best["epoch"] > middle
    dice.annotate(
        f"best: {best['val_dice']:.3f} in epoch {best['epoch']:.0f}", (best["epoch"], 0.0),
        xycoords=("data", "axes fraction"), xytext=(-4 if left else 4, 3), textcoords="offset points", fontsize=SMALL,
        color=GREY, ha="right" if left else "left", va="bottom",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
    )  # fmt: skip
    for panel, label in ((losses, "Loss"), (dice, "Validation Dice")):
        _style(panel, label, best["epoch"], table["epoch"])
    losses.tick_params(labelbottom=False)
    dice.set_xlabel("Epoch", fontsize=MEDIUM, labelpad=2)
    legend_above(losses, 2)
    return finish(grid.figure, ax=ax, show=show, save=save)


def _table(history: TFModel | pd.DataFrame | str | PathLike[str]) -> pd.DataFrame:
    if isinstance(history, pd.DataFrame):
        table, source = history, "the table"
    elif isinstance(history, str | PathLike):
        path = Path(history).expanduser()
        path = existing_file(path / "history.csv" if path.is_dir() else path, "learning curve")
        table, source = _read(path), str(path)
    else:
        if not hasattr(history, "provenance"):
            raise ValueError(f"history is a {type(history).__name__}; give a model, its folder, or a table of epochs")
        if "history" not in history.provenance:
            raise ValueError("the model has no learning curve: only models that tl.train made have one")
        table, source = pd.DataFrame(history.provenance["history"]), "the model's learning curve"
    if missing := [name for name in _COLUMNS if name not in table]:
        raise ValueError(f"{source} lacks the columns {missing}; it has {list(table.columns)}")
    if table.empty:
        raise ValueError(f"{source} has no epoch yet")
    if texts := [name for name in _COLUMNS if not pd.api.types.is_numeric_dtype(table[name])]:
        raise ValueError(f"{source} holds something else than numbers in the columns {texts}")
    if table["val_dice"].isna().all():
        raise ValueError(f"{source} has no val_dice in any epoch, so that no epoch is the best")
    return table.reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except ValueError as error:
        raise ValueError(f"{path} is no table of epochs ({error}); give the history.csv of tl.train") from None


def _dots(table: pd.DataFrame) -> dict[str, Any]:
    """Mark the epochs where there are few."""
    return {"marker": "o", "markersize": 2.5} if len(table) <= 30 else {}


def _style(panel: "Axes", label: str, best: float, epochs: pd.Series) -> None:
    from matplotlib.ticker import MaxNLocator

    panel.set_label(label)
    panel.axvline(best, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    margin = 0.03 * max(float(np.ptp(epochs)), 1.0)
    panel.set_xlim(epochs.min() - margin, epochs.max() + margin)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4))
    panel.set_ylabel(label, fontsize=MEDIUM, labelpad=3)
    plain_axes(panel)
