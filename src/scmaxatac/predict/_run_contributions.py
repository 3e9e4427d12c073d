"""Scores of a run explained, by its networks and with its signals."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._types import Bytes, Float32s, Int64s
from scmaxatac.genome._genome import Genome
from scmaxatac.nn.engines._options import Strand
from scmaxatac.predict._run import Run
from scmaxatac.results._schema_contributions import CONTRIBUTION_SITES
from scmaxatac.sequence._deeplift import LARGEST_DELTA, check_installed, deeplift
from scmaxatac.sequence._mutagenesis import SOFTEN, mutate
from scmaxatac.sequence._site_windows import SiteWindows, over_strands

Method = Literal["mutagenesis", "deeplift"]

_SITES_AT_ONCE = 2_048
"""Sites whose windows are held at once: 10 MB."""


class Explained(NamedTuple):
    """Contributions of a factor in a group: the rows of the slots, and how many sites did not add up."""

    table: pd.DataFrame
    codes: Bytes
    hypothetical: Float32s
    left_out: int


def check_method(method: str) -> None:
    """Raise an error unless the method exists and what it needs is installed."""
    if method not in ("mutagenesis", "deeplift"):
        raise ValueError(f"method is {method!r}; it can be 'mutagenesis' or 'deeplift'")
    if method == "deeplift":
        check_installed()


def explain(
    run: Run,
    genome: Genome,
    placed: pd.DataFrame,
    tf: str,
    group: str,
    *,
    method: Method,
    strand: Strand,
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
) -> Explained:
    """Contributions of the bases around bins of one factor in one group, with the run's network and signal.

    Parameters
    ----------
    run
        The run.
    genome
        Its genome.
    placed
        What :func:`~scmaxatac.predict._contribution_sites.place` gave.
    tf, group
        The factor and the group.
    method
        ``"mutagenesis"`` or ``"deeplift"``.
    strand
        ``"forward"``, or ``"mean"`` of both strands' contributions.
    seed
        Seed of the shuffles of DeepLIFT.
    progress
        Called with numbers of sites that are finished; by mutagenesis on both strands twice.
    """
    width = int(placed["end"].iloc[0] - placed["start"].iloc[0])
    codes = np.full((len(placed), width), UNKNOWN_BASE, dtype=np.uint8)
    hypothetical = np.zeros((len(placed), UNKNOWN_BASE, width), dtype=np.float32)
    fits = np.ones(len(placed), dtype=bool)
    (model,) = run.models_of([tf])
    explain_windows = _explainer(run, tf, model.tfs.index(tf), method, strand, seed, progress)
    for rows, sites in _windows(run, genome, placed, run.signal(group), width):
        codes[rows] = np.minimum(sites.bases, UNKNOWN_BASE)
        hypothetical[rows], fits[rows] = explain_windows(sites)
    table = placed.loc[fits, [column.name for column in CONTRIBUTION_SITES.columns]].reset_index(drop=True)
    return Explained(table, codes[fits], hypothetical[fits], int(np.count_nonzero(~fits)))


def _explainer(
    run: Run, tf: str, output: int, method: Method, strand: Strand, seed: int, progress: Callable[[int], object] | None
) -> Callable[[SiteWindows], tuple[Float32s, npt.NDArray[np.bool_]]]:
    """What gives contributions of windows, and which of them add up."""
    if method == "deeplift":
        (network,) = run.networks([tf])
        device = run.spec.engine.device

        def by_deeplift(sites: SiteWindows) -> tuple[Float32s, npt.NDArray[np.bool_]]:
            found = deeplift(network, output, sites, strand=strand, device=device, seed=seed, progress=progress)
            return found.hypothetical, found.delta <= LARGEST_DELTA

        return by_deeplift
    engine = run.engine([tf], precision="float32", soften=SOFTEN)

    def by_mutagenesis(sites: SiteWindows) -> tuple[Float32s, npt.NDArray[np.bool_]]:
        found = over_strands(
            lambda windows: mutate(engine, output, windows, softened=SOFTEN, progress=progress),
            sites,
            engine.grid,
            strand,
        )
        return found, np.ones(len(found), dtype=bool)

    return by_mutagenesis


def _windows(
    run: Run, genome: Genome, placed: pd.DataFrame, signal: Any, width: int
) -> Iterator[tuple[Int64s, SiteWindows]]:
    """Rows of the table, and their windows."""
    grid = run.spec.grid
    chroms = placed["chrom"].astype(str).to_numpy()
    starts, first, chosen = (placed[name].to_numpy(np.int64) for name in ("window", "start", "bin"))
    for chrom in dict.fromkeys(chroms):
        of_chrom = np.flatnonzero(chroms == chrom)
        of_chrom = of_chrom[np.argsort(starts[of_chrom], kind="stable")]  # the signal wants them sorted
        every = np.lib.stride_tricks.sliding_window_view(genome.codes(chrom), grid.window)
        for lo in range(0, len(of_chrom), _SITES_AT_ONCE):
            rows = of_chrom[lo : lo + _SITES_AT_ONCE]
            at = starts[rows]
            yield (
                rows,
                SiteWindows(
                    every[at],
                    signal.windows(chrom, at, grid.window),
                    (chosen[rows] - at) // grid.bin,
                    first[rows] - at,
                    width,
                ),
            )
