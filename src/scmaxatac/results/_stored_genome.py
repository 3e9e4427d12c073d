"""Genomes in memory whose sequence goes into files, for workers that map it."""

import hashlib
from collections.abc import Iterable
from copy import copy
from pathlib import Path

from scmaxatac.genome._codes import write_codes
from scmaxatac.genome._genome import Genome


def store_genome(genome: Genome, folder: Path, chroms: Iterable[str]) -> Genome:
    """Genome that travels to other processes as a path, not as a sequence.

    One that was read from a file does so already and is returned. Of one in memory, the codes of the chromosomes are
    written into the folder unless they are there; what is returned has the same fingerprint and the sequence of these
    chromosomes alone.
    """
    if not isinstance(genome._codes, dict):
        return genome
    codes = {chrom: genome._codes[chrom] for chrom in chroms}
    digest = hashlib.sha256(genome.fingerprint.encode())
    digest.update("\0".join(codes).encode())
    own = folder / digest.hexdigest()[:20]
    stored = copy(genome)
    stored._codes = write_codes(codes, own)
    return stored
