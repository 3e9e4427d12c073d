"""Texts of a figure that lie on each other or reach over its edge."""

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text


def texts_in_trouble(figure: Figure) -> list[str]:
    """Describe each pair of overlapping texts, and each text that is clipped."""
    figure.draw_without_rendering()
    texts = [text for text in shown_texts(figure) if text.get_visible() and text.get_text().strip()]
    boxes = [(text.get_text(), text.get_window_extent().padded(-1.5)) for text in texts]
    width, height = figure.bbox.size
    clipped = [
        f"{name!r} is clipped"
        for name, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    pairs = [(a[0], b[0]) for a, b in combinations(boxes, 2) if a[1].overlaps(b[1])]
    return clipped + [f"{a!r} overlaps {b!r}" for a, b in pairs]


def shown_texts(figure: Figure) -> Iterator[Text]:
    """Texts of a figure and its axes, insets too, without the ticks that lie outside of the limits."""
    yield from figure.texts
    for ax in figure.findobj(Axes):
        yield from (*ax.texts, ax.title)
        if ax.axison:
            for axis in (ax.xaxis, ax.yaxis):
                yield axis.label
                yield from shown_tick_labels(axis)


def shown_tick_labels(axis: Axis) -> Iterator[Text]:
    low, high = sorted(axis.get_view_interval())
    for tick in axis.get_major_ticks():
        if low <= tick.get_loc() <= high:
            yield from (tick.label1, tick.label2)
