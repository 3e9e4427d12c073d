"""How windows are averaged: as the original does it, or more accurately at a higher cost."""

from typing import Literal, NamedTuple, get_args

from scmaxatac.genome._windows import PUBLISHED_GRID, Grid, check_step
from scmaxatac.nn._predict import check_strand
from scmaxatac.nn.engines._options import Strand

Preset = Literal["original", "accurate"]


class AveragingOptions(NamedTuple):
    """Preset, step in bp and strand as they are asked for; None where nothing is."""

    preset: Preset | None = None
    step: int | None = None
    strand: Strand | None = None


class Averaging(NamedTuple):
    """Distance between windows in bp, and the strands that are averaged."""

    step: int
    strand: Strand


def presets(grid: Grid = PUBLISHED_GRID) -> dict[Preset, Averaging]:
    """What the presets stand for; experiments/averaging.py measures them."""
    half = max(grid.step // 2 // grid.bin, 1) * grid.bin
    return {"original": Averaging(grid.step, "forward"), "accurate": Averaging(half, "mean")}


def resolve_averaging(
    preset: Preset | None, step: int | None, strand: Strand | None, grid: Grid = PUBLISHED_GRID
) -> Averaging:
    """Choose step and strand: those that are given, else the preset's, else the original's.

    Raises
    ------
    ValueError
        If the preset or strand does not exist, or the step does not fit the grid of bins.
    """
    if preset is not None and preset not in get_args(Preset):
        raise ValueError(f"preset is {preset!r}; it can be {' or '.join(map(repr, get_args(Preset)))}")
    base = presets(grid)[preset or "original"]
    chosen = Averaging(base.step if step is None else step, base.strand if strand is None else strand)
    check_step(chosen.step, grid)
    check_strand(chosen.strand)
    return chosen
