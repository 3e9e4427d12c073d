"""VCF files with more INFO: every record of the input as it stands, and fields added to it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from scmaxatac.io._bgzf import BgzfWriter
from scmaxatac.io._files import decompression_errors, open_binary

_N_COLUMNS = 8
_ALT, _INFO = 4, 7
_DECLARED = re.compile(rb"##(INFO|contig)=<ID=([^,>]+)")
_UNFIT = re.compile(r"[^0-9A-Za-z_.]")

InfoType = Literal["Float", "Integer", "String"]


class InfoField(NamedTuple):
    """A field of INFO with a value for each alternative allele.

    Attributes
    ----------
    name
        Its ID, as :func:`info_names` makes it.
    type
        Type of its values.
    text
        Description.
    """

    name: str
    type: InfoType
    text: str

    @property
    def declaration(self) -> bytes:
        """Line of the header."""
        text = " ".join(self.text.split()).replace("\\", "\\\\").replace('"', '\\"')
        return f'##INFO=<ID={self.name},Number=A,Type={self.type},Description="{text}">\n'.encode()


def info_names(texts: Sequence[str]) -> list[str]:
    """IDs that VCF allows, all different: letters, digits, ``_`` and ``.``, no digit first.

    Parameters
    ----------
    texts
        What they are made from; each once.
    """
    names: list[str] = []
    taken: set[str] = set()
    for text in texts:
        plain = _UNFIT.sub("_", text)
        plain = plain if plain[:1].isalpha() else f"_{plain}"
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


def table_lines(contigs: Iterable[str], records: Iterable[tuple[str, int, str, str, str]]) -> Iterator[bytes]:
    """Lines of a VCF file without samples.

    Parameters
    ----------
    contigs
        Names of the contigs.
    records
        chrom, pos (1-based), id, ref, alt of each; sorted.
    """
    yield b"##fileformat=VCFv4.2\n"
    for contig in contigs:
        yield _contig(contig)
    yield b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    for chrom, pos, name, ref, alt in records:
        yield f"{chrom}\t{pos}\t{name}\t{ref}\t{alt}\t.\t.\t.\n".encode()


def file_lines(path: Path) -> Iterator[bytes]:
    """Lines of a VCF file, plain, gzip or bgzip; contigs that its header does not declare are declared."""
    seen: dict[bytes, None] = {}
    declared = set()
    for line in _lines(path):
        if line.startswith(b"#"):
            match = _DECLARED.match(line)
            declared |= {match[2].rstrip()} if match and match[1] == b"contig" else set()
        elif line.strip():
            seen[line.split(b"\t", 1)[0]] = None
    for number, line in enumerate(_lines(path)):
        if number == 0 and not line.startswith(b"##fileformat="):
            yield b"##fileformat=VCFv4.2\n"
        if line.startswith(b"#CHROM"):
            yield from (_contig(contig.decode()) for contig in seen if contig not in declared)
        yield line


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of a file as they stand there, without a byte order mark."""
    with decompression_errors(path), open_binary(path) as handle:
        for number, line in enumerate(handle):
            yield line if number else line.removeprefix(b"\xef\xbb\xbf")


def with_info(lines: Iterable[bytes], fields: Sequence[InfoField], info: Callable[[int, int], str]) -> Iterator[bytes]:
    """Add fields to the records of a VCF file, all else stays; a field of the same name is replaced.

    Parameters
    ----------
    lines
        Lines of the file.
    fields
        The fields that are declared in the header.
    info
        Called with the number of each record, from 0, and of its alternative alleles; gives ``name=value;name=value``
        or "".
    """
    names = {field.name.encode() for field in fields}
    width, number, header = _N_COLUMNS, 0, True
    for line in lines:
        if header and line.startswith(b"##"):
            match = _DECLARED.match(line)
            if not (match and match[1] == b"INFO" and match[2] in names):
                yield line.rstrip(b"\r\n") + b"\n"
        elif header:
            header, width = False, len(line.split(b"\t"))
            yield from (field.declaration for field in fields)
            yield line.rstrip(b"\r\n") + b"\n"
        elif line.strip() and not line.startswith(b"#"):
            columns = line.rstrip(b"\r\n").split(b"\t")[:width]
            old = [] if columns[_INFO] in (b".", b"") else columns[_INFO].split(b";")
            kept = [one for one in old if one.partition(b"=")[0] not in names]
            n_alleles = 0 if columns[_ALT] in (b".", b"") else columns[_ALT].count(b",") + 1
            added = info(number, n_alleles).encode()
            columns[_INFO] = b";".join([*kept, *([added] if added else [])]) or b"."
            yield b"\t".join(columns) + b"\n"
            number += 1


def write_lines(path: Path, lines: Iterable[bytes], *, compress: bool) -> None:
    """Write lines into a file, with `compress` as bgzip does."""
    if compress:
        with BgzfWriter(path) as writer:
            for line in lines:
                writer.write(line)
    else:
        with open(path, "wb") as handle:
            handle.writelines(lines)


def _contig(name: str) -> bytes:
    return f"##contig=<ID={name}>\n".encode()
