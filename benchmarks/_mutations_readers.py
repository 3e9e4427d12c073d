"""Readers of files from outside, the small files that they read, and what they find in them."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import _mutations_says as says
import anndata as ad
import numpy as np
import pandas as pd
from _faults_world import make_world
from scipy import sparse

import scmaxatac as sma
from scmaxatac.cli._read_data import read_data
from scmaxatac.fragments._bam import BamFragments
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.fragments._snapatac2 import SnapFragments
from scmaxatac.io._bed import read_bed
from scmaxatac.io._bgzf import write_bgzf
from scmaxatac.io._bigwig import BigWigWriter, bigwig_sizes, read_bigwig
from scmaxatac.io._gtf import read_gtf
from scmaxatac.io._motifs import read_motifs
from scmaxatac.io._sequences import read_sequences
from scmaxatac.io._sizes import read_chrom_sizes
from scmaxatac.io._vcf import read_vcf
from scmaxatac.models import Calibration, TFModel, from_keras

CELLS = ["AAACGAAAGACTCGGA-1", "AAACGAACAAGTAACA-1", "TTTGGCCAGTAACTCA-1", "CTTGGCCAGTAACTCA-1"]
SIZES = {"chr1": 5000, "chr2": 3000}
_LINE = 60


@dataclass(frozen=True)
class Reader:
    """A reader and a file.

    Attributes
    ----------
    name
        What it is called in the table.
    make
        Writes the file, and what belongs to it, into an empty folder.
    damaged
        Names of the files in the folder that are damaged, one after the other; they may hold ``*``.
    read
        Reads what lies in the folder.
    says
        Reads it otherwise; None where checksums tell a changed file.
    is_text
        Whether the file has lines.
    head
        Bytes at the file's beginning that half of the mutations fall into: of large files those that say what there is.
    """

    name: str
    make: Callable[[Path], object]
    damaged: tuple[str, ...]
    read: Callable[[Path], Any]
    says: Callable[[Path], Any] | None = None
    is_text: bool = False
    head: int = 1 << 30


def _fragment_rows() -> list[tuple[str, int, int, str]]:
    rng = np.random.default_rng(0)
    rows = []
    for chrom, size in SIZES.items():
        starts = np.sort(rng.integers(0, size - 700, 60))
        lengths = rng.integers(30, 600, 60)
        rows += [
            (chrom, int(start), int(start + length), CELLS[int(rng.integers(len(CELLS)))])
            for start, length in zip(starts, lengths, strict=True)
        ]
    return rows


def _fragment_text() -> bytes:
    lines = ["# id=x", *("\t".join(map(str, (*row, 1))) for row in _fragment_rows())]
    return ("\n".join(lines) + "\n").encode()


def _found(source: Any) -> list[tuple]:
    rows = []
    for chunk in source.chunks():
        chroms = np.array(source.chroms, dtype=object)[chunk.chrom]
        rows += zip(chunk.cell.tolist(), chroms, chunk.start.tolist(), chunk.end.tolist(), strict=True)
    return sorted(rows)


def _make_bam(folder: Path) -> None:
    import pysam

    rng = np.random.default_rng(0)
    header = {"HD": {"VN": "1.6", "SO": "unsorted"}, "SQ": [{"SN": c, "LN": size} for c, size in SIZES.items()]}
    with pysam.AlignmentFile(str(folder / "x.bam"), "wb", header=header) as handle:
        for i in range(300):
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.query_sequence, read.flag = f"r{i}", "ACGTACGTAC" * 4, 16 * (i % 2)
            read.reference_id, read.reference_start = i % 2, int(rng.integers(50, 2500))
            read.mapping_quality, read.cigar = 60, [(0, 40)]
            read.set_tag("CB", CELLS[i % len(CELLS)])
            handle.write(read)


def _make_snapatac2(folder: Path) -> None:
    offsets = dict(zip(SIZES, np.cumsum([0, *SIZES.values()]).tolist(), strict=False))
    rows = sorted((CELLS.index(cell), offsets[c] + start, end - start) for c, start, end, cell in _fragment_rows())
    starts = np.searchsorted([row[0] for row in rows], range(len(CELLS) + 1))
    lengths, columns = np.array([row[2] for row in rows], "u4"), np.array([row[1] for row in rows], "i8")
    matrix = sparse.csr_matrix((lengths, columns, starts), (len(CELLS), sum(SIZES.values())))
    table = pd.DataFrame({"reference_seq_name": list(SIZES), "reference_seq_length": np.array([*SIZES.values()], "u8")})
    data = ad.AnnData(obs=pd.DataFrame(index=CELLS))
    data.obsm["fragment_paired"], data.uns["reference_sequences"] = matrix, table
    data.write_h5ad(folder / "x.h5ad")


def _letters(size: int, rng: np.random.Generator) -> str:
    text = "".join(rng.choice(list("ACGTacgt"), size))
    return text[: size // 3] + "N" * 50 + text[size // 3 + 50 :]


def _fasta_text(folder: Path, *, index: bool = False, pack: bool = False) -> None:
    rng = np.random.default_rng(0)
    lines, rows, at = [], [], 0
    for chrom, size in {"chr1": 1000, "chr2": 640, "chr3": 75}.items():
        letters = _letters(size, rng)
        of_chrom = [f">{chrom} x\n", *(letters[i : i + _LINE] + "\n" for i in range(0, size, _LINE))]
        rows.append(f"{chrom}\t{size}\t{at + len(of_chrom[0])}\t{_LINE}\t{_LINE + 1}\n")
        at += sum(map(len, of_chrom))
        lines += of_chrom
    text, name = "".join(lines).encode(), "x.fa.gz" if pack else "x.fa"
    (write_bgzf if pack else Path.write_bytes)(folder / name, text)
    if index:
        (folder / f"{name}.fai").write_text("".join(rows))


def _sequences(path: Path) -> list[tuple[str, str]]:
    table = str.maketrans(dict.fromkeys("RYSWKMBDHVXU-.*", "N"))
    return [(name, letters.decode().upper().translate(table)) for name, letters in read_sequences(path)]


def _make_twobit(folder: Path) -> None:
    rng = np.random.default_rng(0)
    records, index, at = [], b"", 16 + 3 * 9
    for chrom, size in {"chr1": 1000, "chr2": 642, "chr3": 75}.items():
        packed = rng.bytes(-(-size // 4))
        record = np.array([size, 1, size // 3, 50, 2, 7, 30, 10, 20, 0], "<u4").tobytes() + packed
        index += bytes([4]) + chrom.encode() + np.array([at], "<u4").tobytes()
        at += len(record)
        records.append(record)
    (folder / "x.2bit").write_bytes(np.array([0x1A412743, 0, 3, 0], "<u4").tobytes() + index + b"".join(records))


def _bed_text(columns: int) -> str:
    rng = np.random.default_rng(0)
    rows = []
    for chrom, start, end, _ in _fragment_rows():
        whole = (chrom, start, end, f"peak{start}", int(rng.integers(1000)), "+-."[start % 3], *rng.random(3).round(3))
        rows.append("\t".join(map(str, (*whole, 50)[:columns])))
    return "track name=x\n" + "\n".join(rows) + "\n"


def _rows(path: Path, columns: list[str]) -> list[tuple]:
    return list(read_bed(path)[columns].itertuples(index=False, name=None))


def _make_gtf(folder: Path) -> None:
    text = Path(sma.datasets.toy().annotation).read_text().splitlines(keepends=True)
    (folder / "x.gtf").write_text("".join(text[:120]))


def _genes(path: Path) -> list[tuple]:
    found = read_gtf(path).genes
    return sorted(found[["gene", "id", "chrom", "start", "end", "strand"]].itertuples(index=False, name=None))


def _vcf_text() -> str:
    rng = np.random.default_rng(0)
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1>"]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "a", "b"]))
    for pos in np.sort(rng.integers(1, 5000, 80)).tolist():
        ref, alt = rng.choice(list("ACGT"), 2, replace=False)
        alt = f"{alt},{ref}A" if pos % 7 == 0 else alt + "TT" * (pos % 5 == 0)
        calls = [f"{'.' if pos % 11 == 0 else i}|{(pos + i) % 2}" for i in range(2)]
        lines.append("\t".join(["chr1", str(pos), f"rs{pos}", ref, alt, "50", "PASS", "x=1", "GT", *calls]))
    return "\n".join(lines) + "\n"


def _variants(path: Path) -> list[tuple]:
    found = read_vcf(path, samples=None)
    columns = (found.chrom, found.start.tolist(), found.name, found.ref, map(list, found.alts), found.passes.tolist())
    return [tuple(row) for row in zip(*columns, found.alleles.tolist(), strict=True)]


def _jaspar_text() -> str:
    rng = np.random.default_rng(0)
    lines = []
    for i, width in enumerate((8, 11, 6)):
        lines.append(f">MA000{i}.1\tTF{i}")
        lines += [f"{letter} [ {' '.join(map(str, rng.integers(1, 99, width)))} ]" for letter in "ACGT"]
    return "\n".join(lines) + "\n"


def _meme_text() -> str:
    rng = np.random.default_rng(0)
    lines = ["MEME version 4", "", "ALPHABET= ACGT", "", "strands: + -", ""]
    for i, width in enumerate((8, 11, 6)):
        lines += [f"MOTIF MA000{i}.1 TF{i}", f"letter-probability matrix: alength= 4 w= {width} nsites= 40 E= 0"]
        lines += [" ".join(f"{value:.6f}" for value in row) for row in rng.dirichlet(np.ones(4), width)]
        lines.append("")
    return "\n".join(lines) + "\n"


def _matrices(path: Path) -> list[tuple]:
    return [(motif.id, motif.tf, motif.counts.round(9).tolist()) for motif in read_motifs(path)]


def _make_bigwig(folder: Path) -> None:
    rng = np.random.default_rng(0)
    with BigWigWriter(folder / "x.bw", SIZES) as writer:
        for chrom, size in SIZES.items():
            starts = np.arange(0, size, 25)
            writer.add_runs(chrom, starts, starts + 20, rng.random(len(starts)).round(3))


def _values(path: Path) -> list[tuple]:
    rows = []
    for chrom in sorted(bigwig_sizes(path)):
        starts, ends, values = read_bigwig(path, chrom)
        rows.append((chrom, tuple(starts.tolist()), tuple(ends.tolist()), tuple(values.tolist())))
    return rows


def _make_keras(folder: Path) -> None:
    world = make_world(folder / "world")
    (world.served / "models" / "TOYA" / "TOYA_binary_1.h5").rename(folder / "x.h5")


def _weights(path: Path) -> list[np.ndarray]:
    """Weights in the order of the file: by layer and name."""
    model = from_keras(path, tf="TOYA")
    norm = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    named = {}
    for name, array in model.weights.items():
        kind, *rest = name.split(".")
        if kind == "norms":
            k, weight = int(rest[0]), norm[rest[1]]
            layer = f"batch_normalization_{k}" if k else "batch_normalization"
        else:
            k, weight = 10 if kind == "head" else int(rest[0]), rest[-1].replace("weight", "kernel")
            layer = f"conv1d_{k}" if k else "conv1d"
            array = array.transpose() if weight == "kernel" else array
        named[layer, weight] = array
    return [named[key] for key in sorted(named)]


def _make_model(folder: Path) -> None:
    sma.models.load("demo:CTCF").save(folder / "x")


def _model(folder: Path) -> dict[str, Any]:
    model = TFModel.read(folder / "x")
    table = [None if one is None else one.frame.to_numpy() for one in model.calibrations.values()]
    return {
        "tf": model.tfs[0], "id": model.id, "assembly": model.assembly, "network": model.spec.to_json(),
        "provenance": model.provenance, "weights": list(model.weights.values()), "table": table,
    }  # fmt: skip


def _said_of_model(folder: Path) -> dict[str, Any]:
    whole = sma.models.load("demo:CTCF")
    table = [one.frame.to_numpy() for one in whole.calibrations.values()]
    return says.card(folder / "x" / "model.json") | {"weights": list(whole.weights.values()), "table": table}


def _calibration_text() -> str:
    lines = ["threshold\tprecision\trecall\tlog2fc\tf1"]
    for i in range(41):
        share = i / 40
        recall, precision = (1 - share) ** 2, min(1, 0.05 + share)
        lines.append(f"{share}\t{precision:.4f}\t{recall:.4f}\t{5 * share:.4f}\t{share * (1 - share):.4f}")
    return "\n".join(lines) + "\n"


def _numbers(path: Path) -> list[tuple]:
    return [tuple(row) for row in Calibration.read(path).frame.to_numpy().tolist()]


def _snap(path: Path) -> list[tuple]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return _found(SnapFragments(read_data(path)))


Text = Callable[[], str | bytes]
Found = Callable[[Path], Any]


def _text(name: str, text: Text, read: Found, said: Found, *, kind: str) -> Reader:
    def make(folder: Path) -> None:
        content = text()
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return Reader(kind, make, (name,), lambda f: read(f / name), lambda f: said(f / name), is_text=True)


def _packed(name: str, text: Text, read: Found, *, kind: str) -> Reader:
    def make(folder: Path) -> None:
        content = text()
        write_bgzf(folder / name, content if isinstance(content, bytes) else content.encode())

    return Reader(kind, make, (name,), lambda f: read(f / name))


def _fragments_of(path: Path) -> list[tuple]:
    return _found(FragmentFile(path, CELLS))


_NARROW = {0: str, 1: int, 2: int, 3: str, 4: float, 5: str, 6: float, 9: float}
_NARROW_NAMES = ["chrom", "start", "end", "name", "score", "strand", "signal_value", "peak"]

READERS = (
    _text("x.tsv", _fragment_text, _fragments_of, partial(says.fragments, cells=CELLS), kind="fragments, plain"),
    _packed("x.tsv.gz", _fragment_text, _fragments_of, kind="fragments, bgzip"),
    Reader("BAM", _make_bam, ("x.bam",), lambda f: _found(BamFragments(f / "x.bam", CELLS))),
    Reader(
        "SnapATAC2's h5ad", _make_snapatac2, ("x.h5ad",), lambda f: _snap(f / "x.h5ad"),
        lambda f: says.snapatac2(f / "x.h5ad"),
    ),
    Reader(
        "FASTA, plain", _fasta_text, ("x.fa",), lambda f: _sequences(f / "x.fa"), lambda f: says.fasta(f / "x.fa"),
        is_text=True,
    ),
    Reader(
        "FASTA with index", partial(_fasta_text, index=True), ("x.fa",), lambda f: _sequences(f / "x.fa"),
        lambda f: says.fasta(f / "x.fa"), is_text=True,
    ),
    Reader(
        "index of FASTA", partial(_fasta_text, index=True), ("x.fa.fai",), lambda f: _sequences(f / "x.fa"),
        is_text=True,
    ),
    Reader("FASTA, bgzip", partial(_fasta_text, pack=True), ("x.fa.gz",), lambda f: _sequences(f / "x.fa.gz")),
    Reader("2bit", _make_twobit, ("x.2bit",), lambda f: _sequences(f / "x.2bit"), lambda f: says.twobit(f / "x.2bit")),
    _text(
        "x.bed", lambda: _bed_text(6), lambda p: _rows(p, _NARROW_NAMES[:6]),
        partial(says.bed, columns={i: _NARROW[i] for i in range(6)}), kind="BED",
    ),
    _text(
        "x.bedGraph", lambda: "\n".join(
            line if line.startswith("track") else "\t".join(line.split("\t")[:3] + line.split("\t")[4:5])
            for line in _bed_text(6).splitlines()
        ) + "\n",
        lambda p: _rows(p, ["chrom", "start", "end", "score"]),
        partial(says.bed, columns={0: str, 1: int, 2: int, 3: float}), kind="bedGraph",
    ),
    _text(
        "x.narrowPeak", lambda: _bed_text(10), lambda p: _rows(p, _NARROW_NAMES),
        partial(says.bed, columns=_NARROW), kind="narrowPeak",
    ),
    Reader("GTF", _make_gtf, ("x.gtf",), lambda f: _genes(f / "x.gtf"), lambda f: says.gtf(f / "x.gtf"), is_text=True),
    _text("x.vcf", _vcf_text, _variants, says.vcf, kind="VCF, plain"),
    _packed("x.vcf.gz", _vcf_text, _variants, kind="VCF, bgzip"),
    _text("x.jaspar", _jaspar_text, _matrices, says.jaspar, kind="JASPAR"),
    _text("x.meme", _meme_text, _matrices, says.meme, kind="MEME"),
    Reader("bigWig", _make_bigwig, ("x.bw",), lambda f: _values(f / "x.bw"), lambda f: says.bigwig(f / "x.bw")),
    Reader("Keras .h5", _make_keras, ("x.h5",), lambda f: _weights(f / "x.h5"), lambda f: says.keras(f / "x.h5"),
           head=6000),
    Reader("safetensors", _make_model, ("x/model.safetensors",), _model, head=2000),
    Reader("model.json", _make_model, ("x/model.json",), _model, _said_of_model, is_text=True),
    Reader("calibration of a model", _make_model, ("x/calibration.tsv",), _model, is_text=True),
    _text("x.tsv", _calibration_text, _numbers, says.calibration, kind="calibration TSV"),
    _text("x.sizes", lambda: "chr1\t248956422\nchr2\t242193529\nchrX\t156040895\nchrM\t16569\n",
          lambda p: list(read_chrom_sizes(p).items()), says.sizes, kind="chromosome sizes"),
)  # fmt: skip
