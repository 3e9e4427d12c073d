"""A reference genome: chromosome sizes, sequence as codes, blacklist, genes."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from os import PathLike

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.genome._blacklist import Blacklist, blacklist_on, read_blacklist
from scmaxatac.genome._codes import CachedCodes, encode_fasta
from scmaxatac.genome._fasta_path import fasta_path
from scmaxatac.genome._genes import Genes, check_annotation
from scmaxatac.genome._known_sequence import Runs, find_unknown_runs
from scmaxatac.io._sizes import checked_sizes, read_chrom_sizes

_STANDARD_CHROM = re.compile(r"(chr)?(\d+[A-Da-dLR]?|[IVX]+|X)$")
"""Autosomes and X: human and mouse (chr1, 1), fly (chr2L), yeast and worm (chrIV)."""

_HUMAN_CHR1 = {248_956_422: "hg38", 249_250_621: "hg19", 248_387_328: "T2T-CHM13"}
"""Human assemblies by the length of their chromosome 1."""


class Genome:
    """Reference genome of a data set; positions are 0-based and half-open.

    The sequence is read once, turned into one byte a base and kept in the cache folder, from where it is
    memory-mapped: later sessions open it at once, and several processes share it.

    Parameters
    ----------
    fasta
        FASTA file (plain, gzip or bgzip) or 2bit file, or one that pyfaidx or pysam opened. Lower case is read as upper
        case.
    blacklist
        Regions to leave out: a BED file, a table with chrom, start and end, or intervals. The published models expect
        maxATAC's extended hg38 blacklist (:func:`scmaxatac.models.download_blacklist`); without one the 99th
        percentile, and so every score, shifts.
    annotation
        GTF file of the genes (GENCODE, Ensembl, RefSeq, UCSC), read when it is first needed; see :attr:`genes`.
    cache_dir
        Folder for the encoded sequence; ``settings.cache_dir`` by default.

    Raises
    ------
    FileNotFoundError
        If the FASTA, the blacklist or the annotation does not exist.
    ValueError
        If a file cannot be read, the blacklist shares no chromosome with the sequence, or the annotation names
        chromosomes in another style (1 for chr1).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> genome = sma.datasets.toy().genome
    >>> genome.has_sequence
    True
    """

    def __init__(
        self,
        fasta: str | PathLike[str],
        *,
        blacklist: Blacklist | None = None,
        annotation: str | PathLike[str] | None = None,
        cache_dir: str | PathLike[str] | None = None,
    ) -> None:
        fasta = fasta_path(fasta)
        table = read_blacklist(blacklist)  # before the sequence, which takes longer
        self._codes: CachedCodes | dict[str, np.ndarray] | None = encode_fasta(fasta, cache_dir)
        self.source = str(fasta)
        self._set(self._codes.sizes, table, self._codes.known_bases, annotation)
        self._content = self._codes.key

    @classmethod
    def from_sizes(
        cls,
        sizes: str | PathLike[str] | Mapping[str, int],
        *,
        blacklist: Blacklist | None = None,
        annotation: str | PathLike[str] | None = None,
    ) -> "Genome":
        """Build a genome without sequence from a file of chromosome sizes or a mapping.

        Enough for pseudobulks, tracks and peaks; predictions need sequence.

        Parameters
        ----------
        sizes
            File of two columns, name and length in bp, or ``{name: length}``.
        blacklist
            Regions to leave out, as for a genome with sequence.
        annotation
            GTF file of the genes, as for a genome with sequence.

        Raises
        ------
        FileNotFoundError
            If a file does not exist.
        ValueError
            If a file is malformed, there is no chromosome, a length is no whole number from 1, or the blacklist shares
            none with the sizes.
        """
        table = dict(sizes) if isinstance(sizes, Mapping) else read_chrom_sizes(sizes)
        genome = cls.__new__(cls)
        genome._codes = None
        genome.source = "chromosome sizes" if isinstance(sizes, Mapping) else str(sizes)
        genome._set(checked_sizes(table, genome.source), read_blacklist(blacklist), None, annotation)
        genome._content = hashlib.sha256(repr(sorted(genome.sizes.items())).encode()).hexdigest()
        return genome

    @classmethod
    def from_codes(
        cls,
        codes: Mapping[str, np.ndarray],
        *,
        blacklist: Blacklist | None = None,
        annotation: str | PathLike[str] | None = None,
    ) -> "Genome":
        """Build a genome in memory from base codes.

        Parameters
        ----------
        codes
            For each chromosome ``(length,)`` uint8: 0 to 3 are A, C, G, T, 4 is unknown.
        blacklist
            Regions to leave out, as for a genome from a file.
        annotation
            GTF file of the genes, as for a genome from a file.

        Raises
        ------
        ValueError
            If there is no chromosome, or the blacklist shares none with the codes.
        """
        arrays = {chrom: np.ascontiguousarray(array, dtype=np.uint8) for chrom, array in codes.items()}
        genome = cls.__new__(cls)
        genome._codes = arrays
        genome.source = "codes in memory"
        known = {chrom: int((array < 4).sum()) for chrom, array in arrays.items()}
        sizes = {chrom: len(array) for chrom, array in arrays.items()}
        genome._set(sizes, read_blacklist(blacklist), known, annotation)
        digest = hashlib.sha256()
        for chrom, array in arrays.items():
            digest.update(chrom.encode() + b"\0" + array.tobytes())
        genome._content = digest.hexdigest()
        return genome

    def _set(
        self,
        sizes: dict[str, int],
        blacklist: pd.DataFrame | None,
        known_bases: dict[str, int] | None,
        annotation: str | PathLike[str] | None,
    ) -> None:
        if not sizes:
            raise ValueError(f"{self.source} holds no chromosome")
        self.sizes = sizes
        self._unknown: dict[str, Runs] = {}
        self._known_bases = known_bases
        self.blacklist = None if blacklist is None else blacklist_on(blacklist, sizes, self.source)
        self.annotation = None if annotation is None else check_annotation(annotation, sizes, self.source)

    @property
    def chroms(self) -> tuple[str, ...]:
        """All chromosomes and contigs, in the order of the file."""
        return tuple(self.sizes)

    @property
    def has_sequence(self) -> bool:
        """Whether bases are known, so that predictions can be made."""
        return self._codes is not None

    @property
    def genes(self) -> Genes:
        """Genes of the annotation on chromosomes of the genome; a ValueError if the genome was made without one."""
        if self.annotation is None:
            raise ValueError(
                f"the genome made from {self.source} has no annotation; give Genome(..., annotation='genes.gtf.gz')"
            )
        return Genes(self.annotation).on(self.sizes, self.source)

    @property
    def looks_human(self) -> bool:
        """Whether chromosome 1 is as long as in a human assembly; without one, whether there is a 21 or 22."""
        if "chr1" in self.sizes or "1" in self.sizes:
            return bool(self.human_assembly)
        return any(name in self.sizes for name in ("chr21", "chr22", "21", "22"))

    @property
    def human_assembly(self) -> str:
        """Human assembly whose chromosome 1 is as long: ``"hg38"``, ``"hg19"`` or ``"T2T-CHM13"``, ``""`` for none."""
        return _HUMAN_CHR1.get(self.sizes.get("chr1", self.sizes.get("1", 0)), "")

    @property
    def fingerprint(self) -> str:
        """Digest of sequence (or sizes) and blacklist; the same for the same content wherever the files lie."""
        digest = hashlib.sha256(self._content.encode())
        if self.blacklist is not None:
            for chrom in sorted(self.blacklist.chroms):
                digest.update(chrom.encode() + b"\0")
                digest.update(self.blacklist.starts(chrom).tobytes() + self.blacklist.ends(chrom).tobytes())
        return digest.hexdigest()

    @property
    def sequence_fingerprint(self) -> str:
        """Digest of sequence (or sizes) alone; :attr:`fingerprint` of the same genome without a blacklist."""
        return hashlib.sha256(self._content.encode()).hexdigest()

    def codes(self, chrom: str) -> np.ndarray:
        """Bases of a chromosome as codes: (length,) uint8, 0 to 3 are A, C, G, T, 4 is unknown.

        Parameters
        ----------
        chrom
            Name of the chromosome.

        Raises
        ------
        ValueError
            If the genome was made from sizes alone.
        KeyError
            If there is no such chromosome.
        """
        if self._codes is None:
            raise ValueError(
                f"the genome made from {self.source} holds no sequence; predictions need Genome('genome.fa')"
            )
        if chrom not in self.sizes:
            raise KeyError(self._unknown_chrom(chrom))
        return self._codes[chrom]

    def unknown_runs(self, chrom: str) -> Runs:
        """Intervals of unknown bases, sorted: starts and ends.

        Parameters
        ----------
        chrom
            Name of the chromosome.
        """
        if chrom not in self._unknown:  # kept, as every group of a run asks
            self._unknown[chrom] = find_unknown_runs(self.codes(chrom))
        return self._unknown[chrom]

    def select_chroms(self, chroms: Iterable[str] | None = None) -> list[str]:
        """Check the chromosomes asked for, or choose the autosomes and X that have sequence.

        Parameters
        ----------
        chroms
            Names of chromosomes, or one; duplicates are dropped.

        Raises
        ------
        KeyError
            If a chromosome is not in the genome.
        ValueError
            If there are none.
        """
        if chroms is not None:
            given = [chroms] if isinstance(chroms, str | int) else chroms
            chosen = list(dict.fromkeys(map(str, given)))
            if not chosen:
                raise ValueError("chroms is empty; name at least one chromosome, or leave it out for all")
            for chrom in chosen:
                if chrom not in self.sizes:
                    raise KeyError(self._unknown_chrom(chrom))
            return chosen
        with_sequence = [c for c in self.chroms if self._known_bases is None or self._known_bases[c] > 0]
        standard = [chrom for chrom in with_sequence if _STANDARD_CHROM.match(chrom)]
        if not standard:
            warn(f"no contig of {self.source} is named like an autosome or X; all {len(with_sequence)} are used")
        return standard or with_sequence

    def allowed_bases(self, chrom: str) -> int:
        """Count the bases of a chromosome that are not blacklisted.

        Parameters
        ----------
        chrom
            Name of the chromosome.
        """
        return self.sizes[chrom] - (self.blacklist.total(chrom) if self.blacklist is not None else 0)

    def _unknown_chrom(self, chrom: str) -> str:
        alternative = chrom[3:] if chrom.startswith("chr") else f"chr{chrom}"
        hint = f"; did you mean {alternative!r}?" if alternative in self.sizes else ""
        return f"chromosome {chrom!r} is not in {self.source}, which has {abbreviate(self.chroms)}{hint}"

    def __repr__(self) -> str:
        total = sum(self.sizes.values())
        kind = "with sequence" if self.has_sequence else "sizes only"
        blacklisted = "none" if self.blacklist is None else f"{sum(map(self.blacklist.total, self.chroms)):,} bp"
        return f"Genome({self.source}: {len(self.sizes)} contigs, {total:,} bp, {kind}, blacklist {blacklisted})"
