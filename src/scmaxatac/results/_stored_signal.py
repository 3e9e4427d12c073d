"""Signals in the folder of a run: what the workers read, and what plots show."""

from collections.abc import Sequence

from scmaxatac.atac._signal import Library, Signal
from scmaxatac.results._score_store import ScoreStore


def write_signal(store: ScoreStore, group: str, chrom: str, signal: Signal) -> None:
    """Write a group's insertions on a chromosome into the run's folder, for the workers and for plots."""
    store.write_insertions(
        group,
        chrom,
        [library.positions[chrom] for library in signal.libraries],
        [library.scale for library in signal.libraries],
        (signal.minimum, signal.maximum),
    )


def read_signal(store: ScoreStore, group: str, chroms: Sequence[str]) -> Signal:
    """Read what :func:`write_signal` wrote; the counts of insertions are those of the chromosomes."""
    parts = {chrom: store.read_insertions(group, chrom) for chrom in chroms}
    _, scales, (low, high) = parts[chroms[0]]
    libraries = tuple(
        Library(float(scale), {chrom: positions[i] for chrom, (positions, _, _) in parts.items()})
        for i, scale in enumerate(scales)
    )
    n = sum(len(positions) for library in libraries for positions in library.positions.values())
    return Signal(libraries, low, high, n, n, {chrom: store.sizes[chrom] for chrom in chroms})
