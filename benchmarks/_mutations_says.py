"""What a changed file says, read by others: plain loops over lines, h5py, json, pyBigWig.

A changed file can be a file of other content that nothing tells from a sound one: formats such as BED have no
checksums. Where our result is what these readers find in the changed file, the file was read right.
"""

import csv
import json
import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np


def _lines(path: Path) -> list[str]:
    """Lines of a text, which Windows' line ends and an end that is missing leave the same."""
    text = path.read_bytes().decode("utf-8-sig")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def fragments(path: Path, cells: list[str]) -> list[tuple]:
    rows = []
    for line in _lines(path):
        if line and not line.startswith("#"):
            chrom, start, end, barcode, *_ = line.split("\t")
            if barcode in cells:
                rows.append((cells.index(barcode), chrom, int(start), int(end)))
    return sorted(rows)


def fasta(path: Path) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in re.split(r"\r\n|\r|\n", path.read_bytes().decode("ascii")):
        if line.startswith(">"):
            found.append((line[1:].split()[0], ""))
        elif line.strip():
            found[-1] = (found[-1][0], found[-1][1] + "".join(line.split()))
    return [(name, re.sub("[^ACGT]", "N", letters.upper())) for name, letters in found]


def twobit(path: Path) -> list[tuple[str, str]]:
    data = path.read_bytes()
    _, _, n, _ = struct.unpack_from("<4I", data)
    at, found = 16, []
    for _ in range(n):
        width = data[at]
        name = data[at + 1 : at + 1 + width].decode("ascii")
        (place,) = struct.unpack_from("<I", data, at + 1 + width)
        at += 5 + width
        size, blocks = struct.unpack_from("<2I", data, place)
        starts = struct.unpack_from(f"<{blocks}I", data, place + 8)
        sizes = struct.unpack_from(f"<{blocks}I", data, place + 8 + 4 * blocks)
        (masks,) = struct.unpack_from("<I", data, place + 8 + 8 * blocks)
        place += 16 + 8 * blocks + 8 * masks
        letters = ["TCAG"[data[place + i // 4] >> 6 - 2 * (i % 4) & 3] for i in range(size)]
        for start, length in zip(starts, sizes, strict=True):
            letters[start : start + length] = "N" * length
        found.append((name, "".join(letters)))
    return found


def bed(path: Path, columns: dict[int, type]) -> list[tuple]:
    rows = []
    for line in _lines(path):
        if line.strip() and not line.startswith(("#", "track", "browser")):
            fields = line.split("\t")
            rows.append(tuple(_field(fields[i], kind) for i, kind in columns.items()))
    return rows


def _field(text: str, kind: type) -> Any:
    return float("nan") if kind is float and text in (".", "") else kind(text)


def sizes(path: Path) -> list[tuple[str, int]]:
    return [(line.split()[0], int(line.split()[1])) for line in _lines(path) if line.strip() and line[0] != "#"]


def vcf(path: Path) -> list[tuple]:
    lines = [line for line in _lines(path) if line.strip() and not line.startswith("##")]
    rows = []
    for line in lines[1:]:
        if not line.startswith("#"):
            chrom, pos, name, ref, alt, _, passes, _, _, *calls = line.split("\t")
            alts = [] if alt in (".", "") else alt.split(",")
            called = [re.split("[|/]", call.split(":")[0]) for call in calls]
            genotypes = [[-1 if one == "." else int(one) for one in call] + [-2] * (2 - len(call)) for call in called]
            rows.append((chrom, int(pos) - 1, name, ref.upper(), alts, passes in ("PASS", ".", ""), genotypes))
    return rows


def gtf(path: Path) -> list[tuple]:
    """Genes as a GTF names them: of each chromosome, strand and gene_id the genes, or transcripts, or exons, merged."""
    kinds = {"gene": 0, "pseudogene": 0, "ncRNA_gene": 0, "transcript": 1, "mRNA": 1, "exon": 2}
    found: dict[tuple, dict[int, list[tuple[int, int]]]] = {}
    names: dict[tuple, str] = {}
    for line in path.read_bytes().decode("latin-1").split("\n"):
        if line.strip() and not line.startswith("#"):
            chrom, _, kind, start, end, _, strand, _, attributes = line.split("\t")
            if kind in kinds:
                values = re.findall(r'(?:^|;)\s*(gene_id|gene_name|gene) "([^"]*)"', attributes)
                values = dict(reversed(values))
                name = values.get("gene_name") or values.get("gene") or ""
                key = (chrom, strand, values.get("gene_id") or name)
                found.setdefault(key, {}).setdefault(kinds[kind], []).append((int(start) - 1, int(end)))
                if key not in names or (kinds[kind] == 0 and name):
                    names[key] = name
    rows = []
    for key, of_kind in found.items():
        best = min(of_kind)
        merged: list[list[int]] = []
        for start, end in sorted(of_kind[best]):
            if merged and (best == 2 or start < merged[-1][1]):
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        rows += [(names[key] or key[2], key[2], key[0], start, end, key[1]) for start, end in merged]
    return sorted(rows)


def jaspar(path: Path) -> list[tuple]:
    found: list[list] = []
    for line in _lines(path):
        if line.strip().startswith(">"):
            words = line.strip()[1:].split()
            found.append([words[0], words[-1], {}])
        elif line.strip():
            letter = line.strip()[0]
            found[-1][2][letter] = [float(number) for number in re.sub(r"[\[\]ACGT|:]", " ", line).split()]
    return [(name, tf, np.transpose([rows[letter] for letter in "ACGT"]).tolist()) for name, tf, rows in found]


def meme(path: Path) -> list[tuple]:
    found: list[list] = []
    sites = None
    for line in _lines(path):
        line = line.strip()
        if line.startswith("MOTIF"):
            words = line.split()[1:3]
            found.append([words[0], words[-1], []])
            sites = None
        elif line.startswith("letter-probability"):
            sites = float(re.search(r"nsites\s*=\s*(\S+)", line)[1])
        elif sites is not None and line[:1].isdigit():
            row = np.array([float(number) for number in line.split()])
            found[-1][2].append((row / row.sum() * sites).tolist())
        else:
            sites = None if sites is not None and found[-1][2] else sites
    return [tuple(one) for one in found]


def bigwig(path: Path) -> list[tuple]:
    import pyBigWig

    with pyBigWig.open(str(path)) as handle:
        rows = {chrom: zip(*handle.intervals(chrom), strict=True) for chrom in sorted(handle.chroms())}
        return [(chrom, *(tuple(of) for of in columns)) for chrom, columns in rows.items()]


def calibration(path: Path) -> list[tuple]:
    with open(path, newline="") as handle:
        rows = [[float(value or "nan") for value in row.values()] for row in csv.DictReader(handle, delimiter="\t")]
    return sorted(map(tuple, rows))


def card(path: Path) -> dict[str, Any]:
    table = json.loads(path.read_text())
    return {key: table[key] for key in ("tf", "id", "assembly", "network", "provenance")}


def keras(path: Path) -> list[np.ndarray]:
    import h5py

    with h5py.File(path) as handle:
        return list(_datasets(handle["model_weights"]))


def _datasets(group: Any) -> Iterator[np.ndarray]:
    import h5py

    for name in group:
        if isinstance(group[name], h5py.Group):
            yield from _datasets(group[name])
        else:
            yield np.asarray(group[name][()], dtype=np.float32)


def snapatac2(path: Path) -> list[tuple]:
    import h5py

    with h5py.File(path) as handle:
        matrix, table = handle["obsm/fragment_paired"], handle["uns/reference_sequences"]
        chroms = [name.decode() for name in table["reference_seq_name"][()]]
        offsets = np.concatenate([[0], np.cumsum(table["reference_seq_length"][()].astype(np.int64))])
        starts, columns, lengths = (matrix[part][()] for part in ("indptr", "indices", "data"))
        rows = []
        for cell, (low, high) in enumerate(pairwise(starts)):
            for column, length in zip(columns[low:high].tolist(), lengths[low:high].tolist(), strict=True):
                chrom = int(np.searchsorted(offsets, column, side="right")) - 1
                start = int(column - offsets[chrom])
                rows.append((cell, chroms[chrom], start, start + length))
        return sorted(rows)
