"""Colours of groups."""

from collections.abc import Sequence

from scmaxatac.plotting._base import PALETTE


def distinct_colours(names: Sequence[str]) -> dict[str, str]:
    """Colours for names: the colour-blind-safe ones as far as they go, else as many of one map as there are names."""
    if len(names) <= len(PALETTE):
        return dict(zip(names, PALETTE, strict=False))
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    colours = mpl.colormaps["turbo"]
    return {name: to_hex(colours(0.05 + 0.9 * i / (len(names) - 1))) for i, name in enumerate(names)}
