"""Files of the command line: nothing of the user's is lost, and what can be written is."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import pandas as pd
import pytest

import scmaxatac
from scmaxatac.cli import _demo, _result_files
from scmaxatac.cli._main import main
from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.results._run_folder import run_folder

Run = Callable[..., int]


@pytest.fixture(scope="module")
def h5ad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy data in one file that names its fragments."""
    path = tmp_path_factory.mktemp("data") / "x.h5ad"
    scmaxatac.datasets.toy().adata.copy().write_h5ad(path)
    return path


@pytest.fixture(scope="module")
def predicted(h5ad: Path, tmp_path_factory: pytest.TempPathFactory) -> anndata.AnnData:
    """The toy data with results."""
    toy, adata = scmaxatac.datasets.toy(), anndata.read_h5ad(h5ad)
    scmaxatac.tl.predict_tfbs(
        adata, "cell_type", genome=toy.genome, models="demo", tfs="CTCF", chroms="chr5", save_tracks=True,
        out_dir=tmp_path_factory.mktemp("run"),
    )  # fmt: skip
    return adata


@pytest.fixture
def work(predicted: anndata.AnnData, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Replaces the prediction by one that was made before, and lists the objects that it was asked for."""
    asked: list[object] = []

    def predict_tfbs(data: object, *_args: object, **_options: object) -> None:
        asked.append(data)
        adata = data if isinstance(data, anndata.AnnData) else data["atac"]
        adata.uns["tfbs"] = dict(predicted.uns["tfbs"])
        adata.obsm["X_tfbs"] = predicted.obsm["X_tfbs"].set_axis(adata.obs_names)

    monkeypatch.setattr(scmaxatac.tl, "predict_tfbs", predict_tfbs)
    return asked


@pytest.fixture
def run(h5ad: Path) -> Run:
    """Predicts a file into a folder by the command line; gives the exit code."""
    toy = scmaxatac.datasets.toy()

    def run(out: object, *more: str, data: Path = h5ad) -> int:
        return main(
            [
                "predict", str(data), "--groupby", "cell_type", "--genome", str(toy.fasta), "--blacklist",
                str(toy.blacklist), "--chroms", "chr5", "--models", "demo", "--tfs", "CTCF", "--quiet",
                f"--out-dir={out}", *more,
            ]
        )  # fmt: skip

    return run


def copy_of(h5ad: Path, folder: Path) -> Path:
    """A file of the same name elsewhere."""
    folder.mkdir()
    return Path(shutil.copy(h5ad, folder))


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of all files of a folder that are not hidden."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_another_input_of_the_same_name_does_not_replace_results(
    work: list[object], run: Run, h5ad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(tmp_path / "o") == 0
    before = contents(tmp_path / "o")
    other = copy_of(h5ad, tmp_path / "s2")
    assert run(tmp_path / "o", data=other) == 1
    assert f"made from {h5ad}" in capsys.readouterr().err
    assert len(work) == 1
    assert contents(tmp_path / "o") == before
    assert run(tmp_path / "o") == 0
    (tmp_path / "link.h5ad").symlink_to(other)
    assert run(tmp_path / "p", data=tmp_path / "link.h5ad") == 0
    assert run(tmp_path / "p", data=other) == 0


def test_after_a_run_that_made_nothing_the_folder_is_free_for_another_input(
    work: list[object], run: Run, h5ad: Path, tmp_path: Path
):
    assert run(tmp_path / "o", "--fragments", "a", "b") == 1
    assert run(tmp_path / "o", data=copy_of(h5ad, tmp_path / "s2")) == 0


@pytest.mark.parametrize("name", ["x.h5ad", "sites.bed"])
def test_a_file_of_the_users_is_in_the_way_before_the_work(
    name: str, work: list[object], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / name).write_text("mine")
    assert run(tmp_path) == 1
    assert f"{name} is in the way" in capsys.readouterr().err
    assert not work
    assert contents(tmp_path) == {name: b"mine"}


def test_a_file_that_the_user_puts_there_meanwhile_stays(
    work: list[object], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    predict = scmaxatac.tl.predict_tfbs

    def meanwhile(*args: object, **options: object) -> None:
        predict(*args, **options)
        (tmp_path / "x.h5ad").write_text("mine")

    monkeypatch.setattr(scmaxatac.tl, "predict_tfbs", meanwhile)
    assert run(tmp_path) == 1
    assert "x.h5ad is in the way" in capsys.readouterr().err
    assert (tmp_path / "x.h5ad").read_text() == "mine"
    assert (tmp_path / "sites.bed").stat().st_size


@pytest.mark.parametrize("option", ["--regions", "--fragments", "--blacklist"])
def test_no_file_that_is_read_is_replaced_though_it_is_ours(
    option: str, work: list[object], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(tmp_path) == 0
    before = contents(tmp_path)
    assert run(tmp_path, option, str(tmp_path / "sites.bed")) == 1
    assert "would replace" in capsys.readouterr().err
    assert len(work) == 1
    assert contents(tmp_path) == before


def test_a_folder_that_another_run_holds_is_told_in_one_line(
    work: list[object], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with OwnedFolder(tmp_path, "command-line result"):
        assert run(tmp_path) == 1
    assert not work
    error = capsys.readouterr().err
    assert "is being written to by process" in error
    assert len(error.splitlines()) == 1


def test_a_file_that_nothing_can_be_added_to_is_told_before_the_work(
    work: list[object], run: Run, h5ad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    def old(*_args: object) -> None:
        raise ValueError("of an old format")

    monkeypatch.setattr(_result_files, "check_copy", old)
    assert run(tmp_path / "o") == 1
    assert "old format" in capsys.readouterr().err
    assert not work


def test_a_disk_without_room_for_the_result_is_told_before_the_work(
    work: list[object], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert run(tmp_path) == 1
    assert "GB free" in capsys.readouterr().err
    assert not work


def test_the_table_of_sites_is_kept_when_the_object_can_not_be_written(
    work: list[object],
    run: Run,
    predicted: anndata.AnnData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    def full(_source: object, target: Path, _entries: object) -> None:
        target.write_text("half")
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as context:
        context.setattr(_result_files, "copy_with", full)
        assert run(tmp_path) == 1
    error = capsys.readouterr().err
    for text in (
        "x.h5ad could not be written",
        "Input/output error",
        "sites.bed",
        str(run_folder(scmaxatac.get.params(predicted))),
    ):
        assert text in error
    assert len(error.splitlines()) == 1
    assert set(contents(tmp_path)) == {"scmaxatac.json", "sites.bed"}
    assert not list(tmp_path.glob(".*.x.h5ad"))
    assert run(tmp_path) == 0
    assert len(scmaxatac.get.sites(anndata.read_h5ad(tmp_path / "x.h5ad")))


def test_the_object_is_written_though_the_table_of_sites_can_not(
    work: list[object], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fails(*_args: object, **_options: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(_result_files, "write_bed", fails)
    assert run(tmp_path) == 1
    assert "sites.bed could not be written (no)" in capsys.readouterr().err
    assert len(scmaxatac.get.sites(anndata.read_h5ad(tmp_path / "x.h5ad")))


def test_data_that_changed_during_the_work_get_no_results(
    work: list[object], run: Run, h5ad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    data = copy_of(h5ad, tmp_path / "s1")
    predict = scmaxatac.tl.predict_tfbs

    def meanwhile(*args: object, **options: object) -> None:
        predict(*args, **options)
        with h5py.File(data, "r+") as file:
            file.attrs["more"] = "x" * 10_000

    monkeypatch.setattr(scmaxatac.tl, "predict_tfbs", meanwhile)
    assert run(tmp_path / "o", data=data) == 1
    assert "was changed meanwhile" in capsys.readouterr().err
    assert not (tmp_path / "o" / "x.h5ad").exists()


def test_the_home_folder_may_be_abbreviated(
    work: list[object], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert run("~/o") == 0
    assert (tmp_path / "o" / "sites.bed").is_file()
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("strings", ["string[python]", "string[pyarrow]"])
def test_files_with_nullable_strings_keep_them_and_get_results(run: Run, h5ad: Path, tmp_path: Path, strings: str):
    adata = anndata.read_h5ad(h5ad)
    adata.obs["note"] = pd.array([None, *adata.obs_names[1:]], dtype=strings)
    adata.obs["cell_type"] = adata.obs["cell_type"].astype(object).where(adata.obs["cell_type"].notna(), None)
    adata.obs["cell_type"] = pd.array(adata.obs["cell_type"], dtype=strings)
    adata.obs.index, adata.var.index = (pd.Index(names.astype(strings)) for names in (adata.obs_names, adata.var_names))
    (tmp_path / "s").mkdir()
    with anndata.settings.override(allow_write_nullable_strings=True):
        adata.write_h5ad(tmp_path / "s" / "x.h5ad", convert_strings_to_categoricals=False)
    assert run(tmp_path / "o", data=tmp_path / "s" / "x.h5ad") == 0
    given, result = anndata.read_h5ad(tmp_path / "s" / "x.h5ad"), anndata.read_h5ad(tmp_path / "o" / "x.h5ad")
    pd.testing.assert_frame_equal(result.obs, given.obs)
    pd.testing.assert_frame_equal(result.var, given.var)
    assert len(scmaxatac.get.sites(result))
    assert result.obsm["X_tfbs"].notna().all(axis=1).sum() == given.obs["cell_type"].notna().sum()


@pytest.mark.parametrize("name", ["demo.h5mu", "sites.bed", "accuracy.tsv", "tracks.png"])
def test_the_demo_replaces_nothing_of_the_users(
    name: str, work: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / name).write_text("mine")
    assert main(["demo", "--out", str(tmp_path), "--quiet"]) == 1
    assert f"{name} is in the way" in capsys.readouterr().err
    assert not work
    assert contents(tmp_path) == {name: b"mine"}


def test_the_demo_names_what_it_wrote_and_may_be_run_again(
    work: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(_demo, "accuracy", lambda *_: pd.DataFrame({"cluster": ["B"]}))
    monkeypatch.setattr(_demo, "_draw", lambda *args: args[-1].write_text("picture"))
    for _ in range(2):
        assert main(["demo", "--out", str(tmp_path), "--quiet"]) == 0
    named = [Path(line.split(": ")[0]) for line in capsys.readouterr().out.splitlines()[-5:]]
    assert all(path.exists() for path in named)
    assert {path.name for path in named} >= {"demo.h5mu", "sites.bed", "accuracy.tsv", "tracks.png"}
    assert set(contents(tmp_path)) == {"demo.h5mu", "sites.bed", "accuracy.tsv", "tracks.png", "scmaxatac.json"}


def test_the_demo_names_the_folder_of_its_tracks(predicted: anndata.AnnData):
    folder = _demo._folder_of_tracks(predicted)
    assert {path.suffix for path in folder.rglob("*")} >= {".bw", ".bed"}
    assert folder.parent == Path(scmaxatac.get.params(predicted)["out_dir"])
