"""Sound files of the formats whose damage parsers are tried with; each function writes one, and what belongs to it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from _model_fixtures import calibration_frame, random_weights, write_keras

from scmaxatac.genome._codes import encode_fasta
from scmaxatac.io._bgzf import write_bgzf
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.models import Calibration, TFModel
from scmaxatac.nn.engines._options import EngineOptions
from scmaxatac.results._complete import write_complete
from scmaxatac.results._note import write_note
from scmaxatac.results._run_spec import ModelId, RunSpec

CELLS = ["A-1", "B-1"]
SIZES = {"chr1": 5_000, "chr2": 3_000}
FOLDER_KIND = "run"
RUN = "abc"

VCF_HEAD = ("##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1")


CALIBRATION = "\n".join(
    ["threshold\tprecision\trecall\tlog2fc\tf1", "0\t0.1\t1\t0\t0.2", "0.5\t0.5\t0.5\t3\t0.5", "1\t1\t0\t5\t0", ""]
)
GTF = "".join(
    f'chr1\tx\t{kind}\t{start}\t{start + 90}\t.\t+\t.\tgene_id "G{gene}"; gene_name "CD{gene}";\n'
    for gene, start in ((1, 10), (2, 500))
    for kind in ("gene", "transcript", "exon")
)
JASPAR = ">MA1 CTCF\nA [ 1 2 3 ]\nC [ 4 0 6 ]\nG [ 7 8 9 ]\nT [ 1 1 1 ]\n"
MEME = (
    "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF M1 CTCF\nletter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0\n"
    "0.25 0.25 0.25 0.25\n0.7 0.1 0.1 0.1\n"
)
TRAINING_TABLE = "\n".join(
    ["name\tsignal\tatac_peaks\tchip_peaks\trole", "B\ta.bw\ta.bed\ta.bed\ttrain", "C\tx\ta.bed\ta.bed\ttest", ""]
)
HISTORY = "epoch,train_loss,val_loss,val_dice\n0,0.5,0.6,0.1\n1,0.4,0.5,0.2\n"
FASTA = ">chr1 x\nACGTNacgt\nACG\n>chr2\nACGT\n"


def text(path: Path, content: str) -> None:
    path.write_text(content)


def bgzip_fragments(path: Path) -> None:
    lines = [f"chr1\t{i}\t{i + 100 + i % 7}\t{CELLS[i % 2]}\t1\n" for i in range(500)]
    write_bgzf(path, "".join(lines).encode())


def bgzip_vcf(path: Path) -> None:
    lines = [f"chr1\t{i}\t.\tA\tC\t.\tPASS\t.\tGT\t0|1" for i in range(1, 300)]
    write_bgzf(path, "\n".join([*VCF_HEAD, *lines, ""]).encode())


def bgzip_fasta(path: Path) -> None:
    write_bgzf(path, b">chr1\n" + b"ACGTN" * 400 + b"\n>chr2\nACGT\n")


def fasta_with_index(path: Path) -> None:
    path.write_text(">chr1\nACGTACGT\nACGT\n>chr2\nACGTAC\n")
    Path(f"{path}.fai").write_text("chr1\t12\t6\t8\t9\nchr2\t6\t26\t8\t9\n")


def index_of_fasta(path: Path) -> None:
    fasta_with_index(path.with_suffix(""))


def twobit(path: Path) -> None:
    """One sequence of 10 bases, of which the third and fourth are unknown."""
    record = np.array([10, 1, 2, 2, 0, 0], "<u4").tobytes() + bytes([0b10011100, 0b10011100, 0b10010000])
    path.write_bytes(np.array([0x1A412743, 0, 1, 0], "<u4").tobytes() + b"\4chr1\x19\0\0\0" + record)


def bam(path: Path) -> None:
    pysam = pytest.importorskip("pysam")
    rng = np.random.default_rng(0)
    header = {"HD": {"VN": "1.6", "SO": "unsorted"}, "SQ": [{"SN": chrom, "LN": n} for chrom, n in SIZES.items()]}
    with pysam.AlignmentFile(path, "wb", header=header) as handle:
        for i in range(200):
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.query_sequence, read.flag = f"r{i}", "ACGTACGTAC" * 4, 16 * (i % 2)
            read.reference_id, read.reference_start = i % 2, int(rng.integers(50, 2_500))
            read.mapping_quality, read.cigar = 60, [(0, 40)]
            read.set_tag("CB", CELLS[i // 2 % 2])
            handle.write(read)


def bigwig(path: Path) -> None:
    rng = np.random.default_rng(0)
    with BigWigWriter(path, SIZES) as writer:
        for chrom, size in SIZES.items():
            starts = np.arange(0, size, 25)
            writer.add_runs(chrom, starts, starts + 20, rng.random(len(starts)))


def keras(path: Path) -> None:
    write_keras(path, random_weights())


def model(path: Path) -> None:
    TFModel("CTCF", random_weights(), Calibration(calibration_frame()), {"source": "test"}).save(path.parent)


def training_table(path: Path) -> None:
    for name in ("a.bed", "a.bw"):
        (path.parent / name).touch()
    path.write_text(TRAINING_TABLE)


def codes(path: Path) -> None:
    fasta = path.parent.with_name("genome.fa")
    fasta.write_text(">chr1\nACGT\n>chr2\nGG\n")
    encode_fasta(fasta, path.parent.with_name("cache")).folder.rename(path.parent)


def run_spec(path: Path) -> None:
    spec = RunSpec(
        models=(ModelId(("CTCF",), "demo:CTCF", "a", ("table",)), ModelId(("SPI1", "IRF8"), "x", "b", ("", "other"))),
        genome="genome",
        sizes={"chr1": 1_000, "chr2": 500},
        signal_chroms=("chr1", "chr2"),
        signals={"B": "of B", "CD4/T": "of CD4/T"},
        regions={"chr1": "regions 1", "chr2": "regions 2"},
        step=256,
        strand="forward",
        engine=EngineOptions("torch", "cpu", "float32", 64),
        min_stored_score=0.01,
        ranks=(5, 7),
    )
    path.parent.mkdir()
    path.write_text(spec.to_json())


def prediction_note(path: Path) -> None:
    path.parent.mkdir()
    qc = pd.DataFrame({"n_cells": [3]}, index=pd.Index(["B"], name="group"))
    files = pd.DataFrame([("", "", "store", "run-1", "")], columns=["group", "tf", "kind", "path", "sha256"])
    write_note(path.parent, RUN, {"params": {"tfs": ["CTCF"]}, "qc": qc, "tf_qc": qc.reset_index(), "files": files})


def complete_note(path: Path) -> None:
    path.parent.mkdir()
    write_complete(path.parent, {"run": RUN, "sha256": {"scores/0.npz": "1" * 64}})


def marker(path: Path) -> None:
    with OwnedFolder(path.parent, FOLDER_KIND) as folder:
        folder.announce(["a.txt"])
        (path.parent / "a.txt").write_text("ours")
