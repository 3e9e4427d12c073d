"""Signals in the folder of a run: what the workers read, and what plots show."""

from scmaxatac.io._store import ScoreStore
from scmaxatac.tracks._signal import Library, Signal


def write_signal(store: ScoreStore, group: str, chrom: str, signal: Signal) -> None:
    """Put a group's insertions on a chromosome into the run's folder, for the workers and for plots."""
    store.write_insertions(
        group,
        chrom,
        [library.positions[chrom] for library in signal.libraries],
        [library.scale for library in signal.libraries],
        (signal.minimum, signal.maximum),
    )


def read_signal(store: ScoreStore, group: str, chrom: str) -> Signal:
    """Read what :func:`write_signal` wrote; the counts of insertions are those of the chromosome."""
    positions, scales, (low, high) = store.read_insertions(group, chrom)
    libraries = tuple(Library(float(scale), {chrom: p}) for scale, p in zip(scales, positions, strict=True))
    n = sum(map(len, positions))
    return Signal(libraries, low, high, n, n, {chrom: store.sizes[chrom]})
