"""Variant files: VCF, plain, gzip or bgzip."""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scmaxatac._text import abbreviate
from scmaxatac.io._files import decompression_errors, existing_file, open_binary
from scmaxatac.io._line_blocks import read_numbered_lines

MISSING = -1
"""An allele that was not called."""

ABSENT = -2
"""The second allele of a haploid call."""

_FIXED = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
_N_FIXED = len(_FIXED)
_LONGEST_LINE = 1 << 26  # of hundreds of thousands of samples
_BASES = re.compile(r"[ACGTNacgtnRYSWKMBDHVryswkmbdhv]+")
_GENOTYPE = re.compile(r"(\.|\d+)(?:([|/])(\.|\d+))?")


@dataclass(frozen=True)
class VcfRecords:
    """Records of a VCF file, in its order.

    Attributes
    ----------
    path
        The file.
    chrom
        (n,) names of contigs.
    start
        (n,) int64, 0-based position of the first base of `ref`.
    name
        (n,) the ID column; ``"."`` where there is none.
    ref
        (n,) reference alleles, upper case.
    alts
        (n,) tuples of alternative alleles as they stand in the file; symbolic ones and breakends too.
    passes
        (n,) bool, whether FILTER is ``PASS`` or ``.``.
    line
        (n,) int64, numbers of the lines in the file, from 1.
    samples
        Names of the samples whose genotypes were read.
    alleles
        (n, samples, 2) int16: 0 is `ref`, 1 the first of `alts`, -1 missing, -2 the second of a haploid call.
    phased
        (n, samples) bool, whether it is known which allele lies on which haplotype: ``|``, one allele, or two alike.
    frequencies
        Frequency of each of `alts`, NaN where INFO has none; tuples are empty if none were asked for.
    """

    path: Path
    chrom: npt.NDArray[Any]
    start: npt.NDArray[np.int64]
    name: npt.NDArray[Any]
    ref: npt.NDArray[Any]
    alts: tuple[tuple[str, ...], ...]
    passes: npt.NDArray[np.bool_]
    line: npt.NDArray[np.int64]
    samples: tuple[str, ...]
    alleles: npt.NDArray[np.int16]
    phased: npt.NDArray[np.bool_]
    frequencies: tuple[tuple[float, ...], ...]

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: npt.NDArray[np.int64]) -> "VcfRecords":
        """Keep some of the records, in the order of the rows."""
        arrays = ("chrom", "start", "name", "ref", "passes", "line", "alleles", "phased")
        parts: dict[str, Any] = {name: getattr(self, name)[rows] for name in arrays}
        for name in ("alts", "frequencies"):
            parts[name] = tuple(getattr(self, name)[i] for i in rows.tolist())
        return replace(self, **parts)


def read_vcf(
    path: str | os.PathLike[str],
    *,
    samples: Sequence[str] | None = (),
    wanted: Callable[[str, int, int], bool] | None = None,
    frequency: str = "",
) -> VcfRecords:
    """Read the records of a VCF file.

    Parameters
    ----------
    path
        VCF file, plain, gzip or bgzip.
    samples
        Samples whose genotypes are read; none by default, None for all.
    wanted
        Called with the contig and the bounds of the reference allele (0-based, half-open); records for which it is
        false are passed over.
    frequency
        Field of INFO with the frequencies of the alternative alleles; none are read by default.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If there is no such sample.
    ValueError
        If the file is no VCF, is damaged or truncated, or a line is malformed; the message names the line.

    Warns
    -----
    UserWarning
        If a bgzip file lacks its end marker.
    """
    path = existing_file(path, "VCF file")
    with decompression_errors(path), open_binary(path) as handle:
        if handle.read(3) == b"BCF":
            raise ValueError(f"{path} is a BCF file; write it as VCF with: bcftools view -Oz -o variants.vcf.gz")
    lines = read_numbered_lines(path, longest=_LONGEST_LINE)
    header = _read_header(path, lines)
    chosen = header if samples is None else _known_samples(path, samples, header)
    columns = [_N_FIXED + 1 + header.index(sample) for sample in chosen]
    width = _N_FIXED + 1 + len(header) if header else _N_FIXED
    rows = list(_records(path, lines, width, columns, wanted, frequency))
    alleles = np.array([row[-1] for row in rows], dtype=np.int16).reshape(len(rows), len(chosen), 3)
    return VcfRecords(
        path=path,
        chrom=np.array([row[0] for row in rows], dtype=object),
        start=np.array([row[1] for row in rows], dtype=np.int64),
        name=np.array([row[2] for row in rows], dtype=object),
        ref=np.array([row[3] for row in rows], dtype=object),
        alts=tuple(row[4] for row in rows),
        passes=np.array([row[5] for row in rows], dtype=bool),
        line=np.array([row[6] for row in rows], dtype=np.int64),
        samples=tuple(chosen),
        alleles=alleles[:, :, :2],
        phased=alleles[:, :, 2] > 0,
        frequencies=tuple(row[7] for row in rows),
    )


def _read_header(path: Path, lines: Iterator[tuple[int, bytes]]) -> list[str]:
    """Names of all samples; the lines are read up to the first record."""
    for number, raw in lines:
        if number == 1 and not raw.lstrip(b"\xef\xbb\xbf").startswith((b"##fileformat=VCF", b"#CHROM\t")):
            raise ValueError(f"{path} is not a VCF file: it starts with {_shown(raw)}")
        if raw.startswith(b"##"):
            continue
        fields = _text(path, number, raw).split("\t")
        if fields[:_N_FIXED] != _FIXED:
            raise ValueError(
                f"{path}, line {number}: expected the column names {' '.join(_FIXED)}, separated by tabs; found "
                f"{_shown(raw)}"
            )
        names = fields[_N_FIXED + 1 :]
        if doubled := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise ValueError(f"{path} names a sample more than once: {abbreviate(doubled)}; rename them")
        return names
    raise ValueError(f"{path} is not a VCF file or is truncated: it has no line of column names (#CHROM)")


def _known_samples(path: Path, samples: Sequence[str], header: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys([samples] if isinstance(samples, str) else samples))
    for sample in chosen:
        if not header:
            raise ValueError(f"{path} has no samples, so there are no genotypes of {sample!r}")
        if sample not in header:
            close = difflib.get_close_matches(str(sample), header, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise KeyError(f"sample {sample!r} is not in {path}, which has {abbreviate(header)}{hint}")
    return chosen


def _records(
    path: Path,
    lines: Iterator[tuple[int, bytes]],
    width: int,
    columns: Sequence[int],
    wanted: Callable[[str, int, int], bool] | None,
    frequency: str,
) -> Iterator[tuple[Any, ...]]:
    calls: dict[tuple[str, int], tuple[int, int, int]] = {}
    for number, raw in lines:
        if not raw.strip() or raw.startswith(b"#"):
            continue
        head = raw.split(b"\t", 4)
        if len(head) < 5:
            raise _malformed(path, number, f"has {len(head)} columns, not {width}", raw)
        position = head[1].decode("ascii", "replace")
        if not position.isdecimal():
            raise _malformed(path, number, "has a POS that is no number", raw)
        start, chrom = int(position) - 1, head[0].decode("utf-8", "replace")
        if wanted is not None and not wanted(chrom, start, start + len(head[3])):
            continue
        fields = _text(path, number, raw).split("\t")
        if len(fields) != width and not (len(fields) == width + 1 and width == _N_FIXED):
            raise _malformed(path, number, f"has {len(fields)} columns, not {width}", raw)
        if start < 0 or not _BASES.fullmatch(fields[3]):
            what = "has a POS of 0" if start < 0 else f"has a REF that is not made of bases, {fields[3][:20]!r}"
            raise _malformed(path, number, what, raw)
        alts = () if fields[4] in (".", "") else tuple(fields[4].split(","))
        genotypes: list[tuple[int, int, int]] = []
        if columns:
            keys = fields[_N_FIXED].split(":")
            if "GT" not in keys:
                raise _malformed(path, number, "has no GT in its FORMAT, so no genotypes", raw)
            at = keys.index("GT")
            for column in columns:
                parts = fields[column].split(":", at + 1)
                call = parts[at] if at < len(parts) else "."
                known = calls.get((call, len(alts)))
                if known is None:
                    known = calls[call, len(alts)] = _genotype(path, number, call, len(alts))
                genotypes.append(known)
        passes = fields[6] in ("PASS", ".", "")
        shares = _frequencies(path, number, fields[7], frequency, len(alts)) if frequency else ()
        yield chrom, start, fields[2], fields[3].upper(), alts, passes, number, shares, genotypes


def _frequencies(path: Path, number: int, info: str, name: str, n_alts: int) -> tuple[float, ...]:
    """Value of a field for each alternative allele; NaN without the field, or for ``.``."""
    text = next((one.partition("=")[2] for one in info.split(";") if one.partition("=")[0] == name), None)
    if text is None:
        return (float("nan"),) * n_alts
    try:
        shares = tuple(float("nan") if one == "." else float(one) for one in text.split(","))
    except ValueError:
        shares = ()
    if len(shares) != n_alts or any(share < 0 or share > 1 for share in shares):
        raise ValueError(
            f"{path}, line {number}: {name} is {text[:40]!r}; expected a number from 0 to 1 for each of the {n_alts} "
            "alternative alleles"
        )
    return shares


def _genotype(path: Path, number: int, call: str, n_alts: int) -> tuple[int, int, int]:
    """Both alleles, and whether they are phased."""
    match = _GENOTYPE.fullmatch(call)
    if match is None:
        reason = "has more than two alleles" if re.fullmatch(r"[\d.]+([|/][\d.]+){2,}", call) else "is no genotype"
        raise ValueError(f"{path}, line {number}: {call!r} {reason}; expected such as 0|1, 0/1, 1 or ./.")
    first, second = (MISSING if text == "." else ABSENT if text is None else int(text) for text in match.group(1, 3))
    if max(first, second) > n_alts:
        raise ValueError(f"{path}, line {number}: genotype {call!r} names an allele that ALT does not have ({n_alts})")
    return first, second, int(match[2] != "/" or first == second)


def _text(path: Path, number: int, raw: bytes) -> str:
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path}, line {number}: is not UTF-8 text, it starts with {raw[:40]!r}") from None


def _malformed(path: Path, number: int, reason: str, raw: bytes) -> ValueError:
    return ValueError(f"{path}, line {number}: {reason}: {_shown(raw)}. The file is damaged, truncated or no VCF")


def _shown(raw: bytes) -> str:
    return repr(raw[:60].decode("utf-8", "replace").rstrip("\r\n"))
