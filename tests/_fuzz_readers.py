"""Every parser of files, with what it is tried with: one list for the tests and for benchmarks/fuzz.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import _fuzz_sound as sound
import numpy as np
from _fuzz_contents import CHROMS, ENDS, NUMBERS, STARTS, Damage, changed_json, damaged, lines_of, table_of
from hypothesis import strategies as st

from scmaxatac.evaluate._read_scores import read_scores
from scmaxatac.fragments._bam import BamFragments
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.genome import Genome
from scmaxatac.genome._codes import CachedCodes
from scmaxatac.io import _files
from scmaxatac.io._bed import read_bed, read_bed_blocks
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig, sizes_with_values
from scmaxatac.io._fasta import read_fasta
from scmaxatac.io._gtf import read_gtf
from scmaxatac.io._keras import keras_shapes, read_keras_weights
from scmaxatac.io._line_blocks import read_line_blocks, read_numbered_lines
from scmaxatac.io._motifs import read_motifs
from scmaxatac.io._owned_folder import read_marker
from scmaxatac.io._sequences import read_sequences
from scmaxatac.io._sizes import read_chrom_sizes
from scmaxatac.io._text_file import read_lines
from scmaxatac.io._twobit import read_twobit
from scmaxatac.io._vcf import read_vcf
from scmaxatac.models import Calibration, TFModel, from_keras
from scmaxatac.pl import _learning_curve
from scmaxatac.results import _run_folder
from scmaxatac.results._complete import read_complete
from scmaxatac.results._note import read_note
from scmaxatac.train._table import COLUMNS, read_training_table

Contents = st.SearchStrategy[bytes | Damage]

IN_ANOTHER_PROCESS = {"SnapATAC2's h5ad": "cli/test_read_data.py", "read_texts": "io/test_h5_probe.py"}
"""What HDF5 may crash or hang over, which these tests must not, and where it is tested instead."""


@dataclass(frozen=True)
class Parser:
    """A parser and what it is tried with.

    Attributes
    ----------
    read
        Reads a file.
    contents
        What the file holds, or what is done to the sound file; made from the latter's content where that matters.
    file
        Name of the file; every error has to have "the_file" in it.
    make
        Writes the sound file, or what lies beside the file.
    """

    read: Callable[[Path], object]
    contents: Contents | Callable[[bytes], Contents]
    file: str = "the_file.txt"
    make: Callable[[Path], object] | None = None


SAM = ("@HD\tVN:1.6\tSO:coordinate", "@SQ\tSN:chr1\tLN:5000", "@SQ\tSN:chr2\tLN:3000")
BASES = ["A", "C", "ACGT", "acgtn", "NNNN"]
LONG = {"chr1": 200_000, "chr2": 200_000}

BED_LINES = lines_of(CHROMS, STARTS, ENDS, ["peak1"], ["0", "12.5"], ["+", "-"])
NARROW_PEAK_LINES = lines_of(
    ["chr1", "chr2"], STARTS, ENDS, ["peak1"], ["0", "5"], ["."], ["0.5", "3"], ["-1"], ["-1"], ["7"]
)
BEDGRAPH_LINES = lines_of(["chr1", "chr2"], STARTS, ENDS, ["0.5", "1", "0.25"])
VCF_LINES = lines_of(
    CHROMS, NUMBERS, ["."], [*BASES, "*"], [*BASES, "A,C", "<DEL>"], ["."], ["PASS"], ["."], ["GT"],
    ["0|1", "1", "./."], separators="\t", heads=sound.VCF_HEAD,
)  # fmt: skip
GTF_LINES = lines_of(
    CHROMS, ["x"], ["gene", "exon", "CDS"], STARTS, ENDS, ["."], ["+", "-"], ["."],
    ['gene_id "G1"; gene_name "CD19";', 'gene_id "G2";', "ID=g1"], separators="\t",
)  # fmt: skip
MEME_LINES = lines_of(["0.1"], ["0.2"], ["0.3"], ["0.4"], separators=" ", heads=tuple(sound.MEME.splitlines()[:-2]))
JASPAR_LINES = lines_of(["A", "C", "G", "T"], ["["], NUMBERS, NUMBERS, ["]"], separators=" ", heads=(">MA1 CTCF",))
FASTA_LINES = lines_of(BASES, heads=(">chr1",))
CALIBRATION_LINES = lines_of(
    ["0.1", "0.5"], ["0.2"], ["0.3"], ["0.4"], ["0.5"], separators="\t", heads=(sound.CALIBRATION.split("\n")[0],)
)
SAM_LINES = lines_of(
    ["r1", "r2"], ["0", "16", "99", "147", "1024"], ["chr1", "chr2", "*"], NUMBERS, ["60", "30"], ["4M", "2M1D2M", "*"],
    ["=", "*"], NUMBERS, ["60"], ["ACGT", "*"], ["IIII", "*"], ["CB:Z:A-1", "CB:i:5"], separators="\t", heads=SAM,
)  # fmt: skip
TRAINING_TABLE = table_of(
    (*COLUMNS, "unknown"), ["B", "C"], ["a.bw", "group B"], ["a.bed"], ["a.bed"], ["train", "validation", "test"],
    ["", "a.bed"],
)  # fmt: skip
HISTORY = table_of(
    ("epoch", "train_loss", "val_loss", "val_dice"), ["0", "1", "2"], ["0.5"], ["0.4"], ["0.1", "0.2"], separator=","
)
TWOBIT = st.binary(max_size=60).map(b"\x43\x27\x41\x1a".__add__)
BIGWIG = st.binary(max_size=120).map(b"\x26\xfc\x8f\x88\x04\x00".__add__)


def _fragments(path: Path, barcodes: list[str] | None = sound.CELLS) -> object:
    return list(FragmentFile(path, barcodes).chunks())


def _letters(path: Path) -> object:
    return list(read_sequences(path))


def _variants(path: Path) -> object:
    return read_vcf(path, samples=None)


def _scores(path: Path, sizes: Mapping[str, int] = LONG) -> object:
    chroms, largest = read_scores(path, Genome.from_sizes(sizes), None, 200)
    return dict(zip(chroms, largest, strict=True))


def _bigwig(path: Path) -> object:
    return bigwig_sizes(path), [read_bigwig(path, chrom) for chrom in sizes_with_values(path)]


def _keras(path: Path) -> object:
    small = [name for name, shape in keras_shapes(path).items() if np.prod(shape, dtype=float) < 1e5]
    return read_keras_weights(path, small), from_keras(path, tf="CTCF")


def _lines(path: Path) -> object:
    return list(read_line_blocks(path)), list(read_numbered_lines(path)), read_lines(path, "table")


def _model(path: Path) -> object:
    return TFModel.read(path.parent)


def _codes(path: Path) -> object:
    codes = CachedCodes(path.parent)
    return [codes[chrom] for chrom in codes.sizes]


def _spec(path: Path) -> object:
    _run_folder._read_spec.cache_clear()  # files that follow each other fast have one time
    return _run_folder.read_spec(path.parent)


def _complete(path: Path) -> object:
    _files._sha256_of.cache_clear()  # as before
    return read_complete(path.parent)


READERS: dict[str, Parser] = {
    "lines of a text": Parser(_lines, lines_of(["x"], NUMBERS)),
    "BED": Parser(read_bed, BED_LINES),
    "BED of three columns": Parser(read_bed, lines_of(CHROMS, STARTS, ENDS)),
    "BED, block by block": Parser(lambda path: list(read_bed_blocks(path)), BED_LINES),
    "bedGraph": Parser(read_bed, BEDGRAPH_LINES, "the_file.bedGraph"),
    "narrowPeak": Parser(read_bed, NARROW_PEAK_LINES, "the_file.narrowPeak"),
    "scores in a bedGraph": Parser(_scores, BEDGRAPH_LINES, "the_file.bedGraph"),
    "scores in a narrowPeak file": Parser(_scores, NARROW_PEAK_LINES, "the_file.narrowPeak"),
    "scores in a BED file": Parser(_scores, BED_LINES, "the_file.bed"),
    "scores in a bigWig": Parser(partial(_scores, sizes=sound.SIZES), damaged(), "the_file.bw", sound.bigwig),
    "fragments, plain": Parser(
        _fragments, lines_of(CHROMS, STARTS, ENDS, ["A-1", "B-1"], ["1"], separators="\t\t\t\t ")
    ),
    "fragments, bgzip": Parser(_fragments, damaged(), "the_file.tsv.gz", sound.bgzip_fragments),
    "bulk fragments": Parser(partial(_fragments, barcodes=None), lines_of(CHROMS, STARTS, ENDS)),
    "BAM": Parser(
        lambda path: list(BamFragments(path, sound.CELLS).chunks()), st.one_of(damaged(), SAM_LINES), "the_file.bam",
        sound.bam,
    ),
    "GTF": Parser(read_gtf, st.one_of(GTF_LINES, damaged(head=1)), make=partial(sound.text, content=sound.GTF)),
    "VCF, plain": Parser(_variants, VCF_LINES),
    "VCF, bgzip": Parser(_variants, damaged(), "the_file.vcf.gz", sound.bgzip_vcf),
    "chromosome sizes": Parser(read_chrom_sizes, lines_of(CHROMS, ENDS)),
    "sizes of a genome": Parser(Genome.from_sizes, lines_of(CHROMS, ENDS)),
    "MEME": Parser(read_motifs, st.one_of(MEME_LINES, damaged(head=1)), make=partial(sound.text, content=sound.MEME)),
    "JASPAR": Parser(
        read_motifs, st.one_of(JASPAR_LINES, damaged(head=1)), make=partial(sound.text, content=sound.JASPAR)
    ),
    "FASTA, plain": Parser(
        lambda path: list(read_fasta(path)), st.one_of(FASTA_LINES, damaged(head=1)),
        make=partial(sound.text, content=sound.FASTA),
    ),
    "FASTA, bgzip": Parser(_letters, damaged(), "the_file.fa.gz", sound.bgzip_fasta),
    "FASTA with index": Parser(_letters, damaged(), "the_file.fa", sound.fasta_with_index),
    "index of FASTA": Parser(
        lambda path: _letters(path.with_suffix("")), damaged(head=1), "the_file.fa.fai", sound.index_of_fasta
    ),
    "2bit": Parser(
        lambda path: list(read_twobit(path)), st.one_of(TWOBIT, damaged(head=1)), "the_file.2bit", sound.twobit
    ),
    "bigWig": Parser(_bigwig, st.one_of(BIGWIG, damaged()), "the_file.bw", sound.bigwig),
    "Keras .h5": Parser(_keras, damaged(head=0.02), "the_file.h5", sound.keras),
    "safetensors": Parser(_model, damaged(), "the_file/model.safetensors", sound.model),
    "model.json": Parser(_model, changed_json, "the_file/model.json", sound.model),
    "calibration of a model": Parser(_model, damaged(), "the_file/calibration.tsv", sound.model),
    "calibration TSV": Parser(
        Calibration.read, st.one_of(CALIBRATION_LINES, damaged(head=1)),
        make=partial(sound.text, content=sound.CALIBRATION),
    ),
    "table of tl.train": Parser(
        read_training_table, st.one_of(TRAINING_TABLE, damaged(head=1)), "the_file.tsv", sound.training_table
    ),
    "learning curve of tl.train": Parser(
        _learning_curve._table, st.one_of(HISTORY, damaged(head=1)), "the_file.csv",
        partial(sound.text, content=sound.HISTORY),
    ),
    "description of a run": Parser(_spec, changed_json, "the_file/run.json", sound.run_spec),
    "note of a prediction": Parser(
        lambda path: read_note(path.parent, sound.RUN), changed_json, "the_file/prediction.json", sound.prediction_note
    ),
    "note of a complete run": Parser(_complete, changed_json, "the_file/complete.json", sound.complete_note),
    "marker of our folders": Parser(
        lambda path: read_marker(path.parent, sound.FOLDER_KIND), changed_json, "the_file/scmaxatac.json", sound.marker
    ),
    "codes of a genome": Parser(_codes, changed_json, "the_file/index.json", sound.codes),
}  # fmt: skip
