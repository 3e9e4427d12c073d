"""Contigs of fragments matched to those of a genome."""

import numpy as np

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac._types import Int32s
from scmaxatac.fragments._source import FragmentChunk, FragmentSource
from scmaxatac.genome._chrom_styles import other_style
from scmaxatac.genome._genome import Genome


class ContigMap:
    """Contigs of a source to chromosomes of the genome, with the checks that belong there.

    Called with a chunk it gives each fragment's chromosome, an index into the genome's, -1 for an unknown contig. After
    the last chunk :meth:`report` says which contigs were unknown.
    """

    def __init__(self, source: FragmentSource, genome: Genome) -> None:
        self._source = source
        self._genome = genome
        self._index = {chrom: i for i, chrom in enumerate(genome.chroms)}
        self._sizes = np.array([*genome.sizes.values(), 0], dtype=np.int64)
        self._seen = 0
        self._lost: dict[str, int] = {}

    def __call__(self, chunk: FragmentChunk) -> Int32s:
        names = list(self._source.chroms)
        chrom: Int32s = np.array([self._index.get(name, -1) for name in names], dtype=np.int32)[chunk.chrom]
        counts = np.bincount(chunk.chrom[chrom < 0], minlength=len(names))
        for i in np.flatnonzero(counts):
            self._lost[names[i]] = self._lost.get(names[i], 0) + int(counts[i])
        self._seen += len(chrom)
        if self._seen == sum(self._lost.values()) and any(other_style(name) in self._index for name in self._lost):
            self.report()  # no need to read on: 1 for chr1
        past = np.flatnonzero((chrom >= 0) & (chunk.end > self._sizes[chrom]))
        if len(past):
            i = past[0]
            name = self._genome.chroms[chrom[i]]
            raise ValueError(
                f"{self._source.name}: fragment {name}:{chunk.start[i]}-{chunk.end[i]} reaches past the end of {name}, "
                f"which has {self._genome.sizes[name]} bp in {self._genome.source}. "
                "Fragments and genome look like different assemblies."
            )
        return chrom

    def report(self) -> None:
        """Warn about unknown contigs, or raise a ValueError if the genome has none of them."""
        lost = sum(self._lost.values())
        if not lost:
            return
        contigs = abbreviate(sorted(self._lost))
        if lost == self._seen:
            raise ValueError(
                f"{self._source.name}: its contigs ({contigs}) do not match those of {self._genome.source} "
                f"({abbreviate(self._genome.chroms)}). "
                "Use the genome that the reads were aligned to, with the same contig names (chr1, not 1)."
            )
        warn(
            f"{self._source.name}: {lost} of {self._seen} fragments lie on contigs that {self._genome.source} does not "
            f"have ({contigs}) and are left out"
        )
