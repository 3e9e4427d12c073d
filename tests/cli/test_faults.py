"""What users can cause ends with 1 and one line that names it: no traceback, nothing half-written."""

import errno
import fcntl
import gzip
import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import scmaxatac
from scmaxatac.cli import _output
from scmaxatac.cli._main import main

Fails = Callable[..., str]


@pytest.fixture(scope="module")
def h5ad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy data, with a fragment file."""
    path = tmp_path_factory.mktemp("data") / "toy.h5ad"
    scmaxatac.datasets.toy().adata.copy().write_h5ad(path)
    return path


@pytest.fixture
def fails(h5ad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fails:
    """Predicts with changed arguments, which has to fail; gives the one line that says why."""
    toy = scmaxatac.datasets.toy()
    usual = {
        "--groupby": "cell_type", "--genome": toy.fasta, "--blacklist": toy.blacklist, "--chroms": "chr5",
        "--models": "demo", "--tfs": "CTCF", "--out-dir": tmp_path / "out",
    }  # fmt: skip

    def fails(*more: object, data: Path = h5ad, **changed: object) -> str:
        options = usual | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
        words = [str(word) for pair in options.items() for word in pair]
        assert main(["predict", str(data), *words, *map(str, more), "--quiet"]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert len(captured.err.splitlines()) == 1
        assert captured.err.startswith("scmaxatac: error: ")
        assert not list(tmp_path.rglob("out/sites.bed"))
        return captured.err

    return fails


def test_a_device_that_is_not_there(fails: Fails):
    pytest.importorskip("torch")
    assert "--device is 'xpu'" in fails(device="xpu", backend="torch")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"groupby": "leiden"}, "leiden"),
        ({"tfs": "CTFC"}, "did you mean 'CTCF'?"),
        ({"chroms": "chr99"}, "chr99"),
        ({"genome": "none.fa"}, "--genome is 'none.fa', and there is no such file"),
        ({"genome": "hg99"}, "SCMAXATAC_GENOME_DIR"),
        ({"blacklist": "none.bed"}, "blacklist not found: none.bed"),
        ({"annotation": "none.gtf"}, "annotation not found: none.gtf"),
        ({"fragments": "none.tsv.gz"}, "none.tsv.gz"),
        ({"regions": "none.bed"}, "none.bed"),
        ({"threshold": "best"}, "--threshold best is not understood"),
        ({"max_fragments": "lots"}, "--max-fragments is 'lots'"),
        ({"precision": "int8"}, "--precision is 'int8'"),
        ({"out_dir": "/proc/out"}, "/proc/out"),
        ({"key_added": "."}, "--key-added is '.'"),
    ],
)
def test_values_and_files_that_are_not_there(fails: Fails, changed: dict[str, object], said: str):
    assert said in fails(**changed)


def test_fragment_files_without_fragments(fails: Fails, tmp_path: Path):
    (tmp_path / "f.tsv").touch()
    (tmp_path / "f.tsv.gz").write_bytes(gzip.compress(b"# nothing\n"))
    for name in ("f.tsv", "f.tsv.gz"):
        assert f"{name} holds no fragments" in fails(fragments=tmp_path / name)


def test_damaged_and_locked_data(fails: Fails, h5ad: Path, tmp_path: Path):
    (tmp_path / "cut.h5ad").write_bytes(h5ad.read_bytes()[:20_000])
    assert "cut.h5ad can't be read" in fails(data=tmp_path / "cut.h5ad")
    (tmp_path / "locked.h5ad").write_bytes(h5ad.read_bytes())
    with open(tmp_path / "locked.h5ad", "r+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # as HDF5 does in a process that writes
        assert "locked.h5ad can't be read" in fails(data=tmp_path / "locked.h5ad")


def test_an_object_whose_matrix_snapatac2_did_not_finish(fails: Fails, h5ad: Path, tmp_path: Path):
    path = tmp_path / "snap.h5ad"
    path.write_bytes(h5ad.read_bytes())
    with h5py.File(path, "r+") as file:
        matrix = file.create_group("obsm/fragment_paired")
        matrix.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [594, 100]})
        matrix["indptr"] = np.zeros(3, np.int64)
    assert "snap.h5ad" in fails(data=path)


def test_genes_that_are_not_utf8_are_read(h5ad: Path, tmp_path: Path):
    toy = scmaxatac.datasets.toy()
    gtf = tmp_path / "latin.gtf"
    gtf.write_bytes(
        toy.annotation.read_bytes() + b'chr5\tx\tgene\t1\t900\t.\t+\t.\tgene_id "x"; gene_name "caf\xe9";\n'
    )
    genome = scmaxatac.Genome(toy.fasta, annotation=gtf)
    assert "x" in set(genome.genes.table["id"])


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_output, "write_bgzf", full)
    monkeypatch.setattr("scmaxatac.cli._qc.qc_table", lambda _args: "a\n")
    assert main(["qc", "a.h5ad", "--out", str(tmp_path / "q.tsv.gz"), "--quiet"]) == 1
    error = capsys.readouterr().err
    assert "q.tsv.gz can't be written: the disk is full" in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "q.tsv.gz").exists()


@pytest.mark.parametrize("kind", [ValueError, KeyError, ImportError, RuntimeError])
def test_messages_of_several_lines_are_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: type[Exception]
):
    """As libraries write them."""

    def fail(_args: object) -> str:
        warnings.warn("unusual:\n\ta.h5ad", UserWarning, stacklevel=1)
        raise kind("can't read\n\n  a.h5ad:\r\n\tdamaged\n")

    monkeypatch.setattr("scmaxatac.cli._qc.qc_table", fail)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["qc", "a.h5ad", "--quiet"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "warning: unusual: a.h5ad",
        "scmaxatac: error: can't read a.h5ad: damaged",
    ]


def test_an_interruption_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def interrupted(_args: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("scmaxatac.cli._qc.qc_table", interrupted)
    assert main(["qc", "a.h5ad", "--quiet"]) == 130
    assert "the same command goes on" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["qc"], ["qc", "a.h5ad", "--bogus"], ["nothing"], ["predict", "a", "--rng", "x"]])
def test_a_command_line_that_is_not_understood_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: scmaxatac" in capsys.readouterr().err
