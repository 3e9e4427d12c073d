"""What every plot does at its end: save the figure, show it, or hand it out so that a notebook shows it once."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, overload

from scmaxatac.plotting._base import root_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SavePath = str | PathLike[str]
"""File to save a figure in; its ending says the format."""

_DPI = 200


def check_save(save: SavePath | None) -> None:
    """Raise an error before anything is drawn if a figure can't be saved under this name.

    Raises
    ------
    TypeError
        If it is no path.
    ValueError
        If the ending is none that matplotlib writes.
    FileNotFoundError
        If the folder does not exist.
    """
    if save is None:
        return
    if not isinstance(save, str | PathLike):
        raise TypeError(f"save is {save!r}; it has to be the path of a file, such as 'figure.png'")
    from matplotlib.backend_bases import FigureCanvasBase

    path, known = Path(save).expanduser(), FigureCanvasBase.get_supported_filetypes()
    if path.suffix[1:].lower() not in known:
        raise ValueError(f"save is {str(save)!r}; its ending has to be one of {', '.join(f'.{e}' for e in known)}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save is {str(save)!r}, but there is no folder {path.parent}; make it first")


@overload
def finish(drawn: "Figure", *, ax: "Axes | None" = None, show: bool, save: SavePath | None) -> "Figure | None": ...


@overload
def finish(drawn: "Axes", *, ax: "Axes | None" = None, show: bool, save: SavePath | None) -> "Axes | None": ...


def finish(
    drawn: "Figure | Axes", *, ax: "Axes | None" = None, show: bool, save: SavePath | None
) -> "Figure | Axes | None":
    """Save and show what was drawn.

    Notebooks show a figure that a cell ends with, and all that pyplot still holds: a figure that is handed out there is
    taken from pyplot, so that it is not shown twice.

    Parameters
    ----------
    drawn
        The figure, or for plots of one panel its axes.
    ax
        Axes of the user's that it was drawn into, if any: their figure is shown by whoever made it.
    show
        Whether to show it now.
    save
        File to write it to.

    Returns
    -------
    What was drawn; None if it was shown, or if it is a figure of the user's.
    """
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    figure = drawn if isinstance(drawn, Figure) else root_figure(drawn)
    if save is not None:
        figure.savefig(Path(save).expanduser(), dpi=_DPI, bbox_inches="tight")
    in_notebook = "inline" in plt.get_backend()
    if show:
        if in_notebook:
            from IPython.display import display

            display(figure)  # type: ignore[no-untyped-call]  # IPython has no types for it
            plt.close(figure)
        else:
            plt.show()
        return None
    if isinstance(drawn, Figure):
        if ax is not None:
            return None
        if in_notebook:
            plt.close(figure)
    return drawn
