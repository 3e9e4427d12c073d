"""What groups together share: windows scored without pieces, and multiply-adds if nothing were computed twice."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._constants import FLANK
from scmaxatac.nn import _sharing
from scmaxatac.nn._spec import PUBLISHED, Layer
from scmaxatac.nn._stem import Stem, find_stem

if TYPE_CHECKING:
    import torch

GATHERED = (0.3, 0.6)
"""Shares of the positions that are computed when the price of choosing positions is measured."""


class Work(NamedTuple):
    """Shares of the multiply-adds of single runs."""

    today: float
    """What is computed."""

    changed: float
    """What would be computed if each layer were computed anew at the positions that signal can change, and there alone.

    All else is the same as in a window without signal.
    """

    dearer: float
    """The same at the price of choosing positions (:func:`price_of_choosing`)."""


@contextmanager
def one_by_one(every_window: bool) -> Iterator[None]:
    """Score every window by itself, or put together what is worth it however few windows there are."""
    before = _sharing.FEWEST_IN_PIECES
    _sharing.FEWEST_IN_PIECES = 1 << 62 if every_window else 1
    try:
        yield
    finally:
        _sharing.FEWEST_IN_PIECES = before


def work(fragments: pd.DataFrame, sizes: dict[str, int], step: int, price: float) -> Work:
    """Count multiply-adds of windows every `step` bp on whole chromosomes.

    Parameters
    ----------
    fragments
        chrom, start, end and group.
    sizes
        Lengths of the chromosomes.
    step
        Distance between windows in bp, a piece.
    price
        Of a position that is chosen, against one of a whole convolution.
    """
    stem = find_stem([PUBLISHED], step)
    if stem is None:
        raise ValueError(f"windows every {step} bp share no pieces")
    alone = together = least = dearer = 0.0
    for chrom, size in sizes.items():
        starts = np.arange(0, size - PUBLISHED.window + 1, step)
        silent = len(starts) * (stem.cost_of_piece + stem.cost_of_trunk)
        groups = [group for _, group in fragments[fragments["chrom"] == chrom].groupby("group")]
        alone += silent * fragments["group"].nunique()
        found = [_of_group(stem, _has_signal(group, size), starts) for group in groups]
        together += silent + sum(now for now, _ in found)
        least += silent + sum(changed for _, changed in found)
        dearer += silent + sum(min(now, changed * price) for now, changed in found)
    return Work(together / alone, least / alone, dearer / alone)


def _has_signal(group: pd.DataFrame, size: int) -> np.ndarray:
    """Bases with signal; (size,) bool."""
    change = np.zeros(size + 1)
    for at in (group["start"].to_numpy(), group["end"].to_numpy()):
        np.add.at(change, np.clip(at - FLANK, 0, size), 1)
        np.add.at(change, np.clip(at + FLANK + 1, 0, size), -1)
    return np.cumsum(change)[:size] > 0


def _of_group(stem: Stem, signal: np.ndarray, starts: np.ndarray) -> tuple[float, float]:
    """Multiply-adds of a group's windows with signal, as they are scored, and where signal changes something alone."""
    sums = np.r_[0, np.cumsum(signal)]
    loud = starts[sums[starts + PUBLISHED.window] > sums[starts]]
    places = np.unique(loud[:, None] + np.arange(stem.pieces_per_window) * stem.piece)
    first = np.clip(places - stem.halo, 0, len(signal) - stem.width)
    n_pieces = np.count_nonzero(sums[first + stem.width] > sums[first])
    now = n_pieces * stem.cost_of_piece + len(loud) * stem.cost_of_trunk
    changed, positions = 0.0, signal
    for layer in PUBLISHED.layers[: stem.n_layers]:
        positions, cost = _through(layer, positions)
        changed += cost
    positions = positions[(loud // stem.pool)[:, None] + np.arange(PUBLISHED.window // stem.pool)]
    for layer in PUBLISHED.layers[stem.n_layers :]:
        positions, cost = _through(layer, positions)
        changed += cost
    return now, changed


def _through(layer: Layer, changed: np.ndarray) -> tuple[np.ndarray, float]:
    """Positions behind a layer that those before it change, and the multiply-adds of computing them."""
    out = changed.copy()
    for offset in range(layer.dilation, layer.reach + 1, layer.dilation):
        out[..., offset:] |= changed[..., :-offset]
        out[..., :-offset] |= changed[..., offset:]
    cost = float(np.count_nonzero(out)) * layer.n_in * layer.filters * layer.kernel
    whole = out[..., : out.shape[-1] // layer.pool * layer.pool]
    return whole.reshape(*out.shape[:-1], -1, layer.pool).any(axis=-1), cost


def price_of_choosing(rounds: int) -> float:
    """CPU time of a position that is gathered and multiplied, over one of a convolution of all positions, in torch.

    The mean over the convolutions behind the stem, the best of several rounds each.
    """
    import torch

    from scmaxatac.nn.engines._torch_network import round_up

    torch.set_num_threads(1)
    stem = find_stem([PUBLISHED], PUBLISHED.grid.step)
    ratios, positions = [], PUBLISHED.window // stem.pool
    with torch.inference_mode():
        for layer in PUBLISHED.layers[stem.n_layers :]:
            n_in, n_out = round_up(layer.n_in), round_up(layer.filters)
            windows = torch.rand(32, n_in, 1, positions).contiguous(memory_format=torch.channels_last)
            kernel = torch.rand(n_out, n_in, 1, layer.kernel).contiguous(memory_format=torch.channels_last)
            shape = {"padding": (0, layer.reach), "dilation": (1, layer.dilation)}
            whole = _best(partial(torch.conv2d, windows, kernel, **shape), rounds) / (32 * positions)
            rows, weights = windows.permute(0, 2, 3, 1).reshape(-1, n_in), torch.rand(layer.kernel * n_in, n_out)
            for share in GATHERED:
                at = torch.randperm(len(rows))[: int(share * len(rows))].sort()[0]
                taps = at[:, None] + torch.arange(-(layer.kernel // 2), layer.kernel // 2 + 1) * layer.dilation
                near = taps.clamp(0, len(rows) - 1).reshape(-1)
                chosen = _best(partial(_gathered_product, rows, near, weights), rounds)
                ratios.append(chosen / len(at) / whole)
            positions //= layer.pool
    return float(np.mean(ratios))


def _gathered_product(rows: "torch.Tensor", near: "torch.Tensor", weights: "torch.Tensor") -> "torch.Tensor":
    return rows.index_select(0, near).view(-1, len(weights)) @ weights


def _best(call: Callable[[], object], rounds: int) -> float:
    """CPU seconds of a call, those of the thread, the least of some rounds."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.thread_time()
        call()
        seconds.append(time.thread_time() - start)
    return min(seconds)
