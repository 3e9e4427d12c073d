"""IGV inside a notebook: what igv-notebook is told, and that it is only asked for in a notebook."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from _slots import make_truth

import scmaxatac as sma
from scmaxatac.pl import _igv
from scmaxatac.plotting._igv_config import igv_config

REGION = "chr22:18,705,000-18,715,000"


class FakeNotebook(ModuleType):
    """Stands for igv_notebook: counts starts, keeps what browsers are told."""

    def __init__(self):
        super().__init__("igv_notebook")
        self.starts = 0

    def init(self):
        self.starts += 1

    def Browser(self, config):
        return SimpleNamespace(config=json.loads(json.dumps(config)))


def install(monkeypatch, shell) -> FakeNotebook:
    """Have igv_notebook installed, in a shell of IPython or in none."""
    fake, ipython = FakeNotebook(), ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "igv_notebook", fake)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return fake


@pytest.fixture
def notebook(monkeypatch):
    """A kernel in which igv_notebook is installed."""
    fake = install(monkeypatch, SimpleNamespace(kernel=object()))
    _igv._start_once.cache_clear()
    yield fake
    _igv._start_once.cache_clear()


@pytest.fixture
def truth_with_bigwigs(tmp_path):
    return make_truth(tmp_path / "run", groups=["B", "Mono"], tfs=["CTCF", "SPI1"], bigwigs=True, seed=4)


def tracks_of(browser) -> dict[str, dict]:
    return {track["name"]: track for track in browser.config["tracks"]}


def test_bigwigs_that_the_run_saved_are_shown_from_where_they_lie(notebook, truth_with_bigwigs):
    truth = truth_with_bigwigs
    browser = sma.pl.igv(truth.adata, REGION, tfs="SPI1", groups=["Mono", "B"])
    assert browser.config["genome"] == "hg38"
    assert browser.config["locus"] == "chr22:18705001-18715000"
    tracks = tracks_of(browser)
    assert list(tracks) == ["ATAC in Mono", "SPI1 in Mono", "ATAC in B", "SPI1 in B"]
    assert [track["order"] for track in tracks.values()] == [1, 2, 3, 4]
    files = sma.get.files(truth.adata).set_index(["kind", "group", "tf"])["path"]
    assert tracks["SPI1 in B"]["path"] == files["bigwig", "B", "SPI1"]
    assert tracks["ATAC in B"]["path"] == files["signal_bigwig", "B", ""]
    assert {track["format"] for track in tracks.values()} == {"bigwig"}
    assert (tracks["SPI1 in B"]["min"], tracks["SPI1 in B"]["max"]) == (0, 1)
    assert tracks["ATAC in B"]["autoscaleGroup"] == tracks["ATAC in Mono"]["autoscaleGroup"]


def test_a_folder_gets_what_is_shown(notebook, truth, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    browser = sma.pl.igv(truth.adata, REGION, folder="igv")
    tracks = tracks_of(browser)
    assert len(tracks) >= 3 * 3
    for track in tracks.values():
        assert Path(track["path"]).parts[:2] == ("igv", "tracks"), "relative, as JupyterLab needs it"
        assert Path(track["path"]).is_file()
    sites = {name: track for name, track in tracks.items() if name.startswith(("CTCF sites", "SPI1 sites"))}
    assert sites
    assert {track["format"] for track in sites.values()} == {"narrowPeak"}
    without = sma.pl.igv(truth.adata, REGION, folder="igv", signal=False, sites=False)
    assert {track["type"] for track in without.config["tracks"]} == {"wig"}
    assert len(without.config["tracks"]) == 6


def test_a_folder_may_begin_with_a_tilde(notebook, truth, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    browser = sma.pl.igv(truth.adata, REGION, folder="~/igv")
    assert {Path(track["path"]).parts[:2] for track in tracks_of(browser).values()} == {("igv", "tracks")}


def test_what_was_written_before_stays(notebook, truth, tmp_path):
    folder = sma.tl.write_browser_files(truth.adata, tmp_path / "browser")
    before = {path.relative_to(folder) for path in folder.rglob("*")}
    table = (folder / "files.tsv").read_text()
    sma.pl.igv(truth.adata, REGION, tfs="CTCF", groups="B", folder=folder)
    assert {path.relative_to(folder) for path in folder.rglob("*")} == before
    assert sorted((folder / "files.tsv").read_text().splitlines()) == sorted(table.splitlines())


def test_igv_is_put_into_a_notebook_once_and_into_every_cell_of_colab(notebook, truth, tmp_path, monkeypatch):
    for _ in range(3):
        sma.pl.igv(truth.adata, REGION, folder=tmp_path / "igv")
    assert notebook.starts == 1
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    for _ in range(2):
        sma.pl.igv(truth.adata, REGION, folder=tmp_path / "igv")
    assert notebook.starts == 3


def test_of_many_factors_the_six_with_most_sites_are_shown(notebook, tmp_path):
    tfs = [f"TF{i}" for i in range(9)]
    truth = make_truth(tmp_path / "run", groups=["B"], tfs=tfs, seed=1)
    region = "chr22:18,700,000-18,740,000"
    browser = sma.pl.igv(truth.adata, region, folder=tmp_path / "igv", sites=False, signal=False)
    counts = sma.get.sites(truth.adata)["tf"].value_counts()
    shown = [name.removesuffix(" in B") for name in tracks_of(browser)]
    assert len(shown) == 6
    assert counts[shown].min() >= counts.drop(shown).max()
    assert len(sma.pl.igv(truth.adata, region, tfs=tfs, folder=tmp_path / "igv", sites=False).config["tracks"]) == 10


def test_a_genome_without_a_name_is_shown_by_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fasta = tmp_path / "mine.fa"
    fasta.write_text(">chr1\nACGT\n")
    config = igv_config([], str(fasta), ("chr1", 0, 4))
    assert config["reference"] == {"id": "mine.fa", "name": "mine.fa", "fastaPath": "mine.fa", "indexed": False}
    (tmp_path / "mine.fa.fai").write_text("chr1\t4\t6\t4\t5\n")
    assert igv_config([], str(fasta), ("chr1", 0, 4))["reference"]["indexPath"] == "mine.fa.fai"


def test_without_bigwigs_a_folder_has_to_be_named(notebook, truth):
    with pytest.raises(FileNotFoundError, match=r"no bigWig of the signal of .*Give folder="):
        sma.pl.igv(truth.adata, REGION)
    assert notebook.starts == 0


def test_without_the_package_the_extra_is_named(truth, monkeypatch):
    monkeypatch.setitem(sys.modules, "igv_notebook", None)
    with pytest.raises(ImportError, match=r"pip install 'scmaxatac\[igv\]'"):
        sma.pl.igv(truth.adata, REGION)


def test_outside_of_a_notebook_the_other_way_is_named(truth, monkeypatch):
    for shell in (None, SimpleNamespace()):  # a script, and IPython in a terminal
        install(monkeypatch, shell)
        with pytest.raises(RuntimeError, match="write_browser_files"):
            sma.pl.igv(truth.adata, REGION)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # igv-notebook 0.6 leaves its scripts open
def test_the_package_itself_takes_what_it_is_told(truth, tmp_path, monkeypatch):
    package = pytest.importorskip("igv_notebook")
    import IPython

    targets, sent = {}, []
    comms = SimpleNamespace(register_target=lambda name, function: targets.update({name: function}))
    shell = SimpleNamespace(kernel=SimpleNamespace(comm_manager=comms))
    for place in (IPython, sys.modules["igv_notebook.file_reader"], sys.modules["igv_notebook.svg"]):
        monkeypatch.setattr(place, "get_ipython", lambda: shell)
    monkeypatch.setattr(sys.modules["igv_notebook.browser"], "display", lambda shown, **_: sent.append(shown.data))
    _igv._start_once.cache_clear()
    browser = sma.pl.igv(truth.adata, REGION, folder=tmp_path / "igv")
    assert isinstance(browser, package.Browser)
    assert "file_request" in targets, "the notebook reads files through the kernel"
    message = json.loads(sent[-1].removeprefix("window.igv.MessageHandler.on(").removesuffix(")"))
    assert message["command"] == "createBrowser"
    assert message["data"]["locus"] == "chr22:18705001-18715000"
    assert all(Path(track["path"]).is_file() for track in message["data"]["tracks"])
    _igv._start_once.cache_clear()
