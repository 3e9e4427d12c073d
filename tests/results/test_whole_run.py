"""Runs in folders: told from others before they are read. With results, `tests/tl/test_relocate.py` has the rest."""

import pytest
from _slots import make_truth

import scmaxatac as sma
from scmaxatac.results._whole_run import whole_run


@pytest.fixture
def run(tmp_path):
    truth = make_truth(tmp_path / "out", groups=["B", "CD4/T"], tfs=["CTCF"])
    return next(truth.folder.glob("run-*"))


def test_by_itself_or_by_the_folder_around_it(run):
    for given in (run, run.parent, str(run)):
        path, spec = whole_run(given)
        assert (path, spec.folder_name) == (run, run.name)
        assert whole_run(given, spec.fingerprint) == (path, spec)


def test_among_several_the_fingerprint_chooses(run):
    other = make_truth(run.parent, groups=["B"], tfs=["CTCF"])
    fingerprints = [whole_run(path)[1].fingerprint for path in sorted(other.folder.glob("run-*"))]
    assert len(fingerprints) == 2
    for fingerprint in fingerprints:
        assert whole_run(run.parent, fingerprint)[1].fingerprint == fingerprint
    with pytest.raises(ValueError, match="holds several runs"):
        whole_run(run.parent)
    with pytest.raises(ValueError, match="not the run of the results, run-0123456789abcdef"):
        whole_run(run.parent, "0123456789abcdef0123456789abcdef")


def test_first_what_it_is_then_whether_it_is_complete(run):
    (run / "complete.json").unlink()
    with pytest.raises(ValueError, match="another run than that of the results"):
        whole_run(run, "0" * 32)
    with pytest.raises(ValueError, match="was not finished"):
        whole_run(run)


def test_home_may_be_written_as_a_tilde(run, monkeypatch):
    monkeypatch.setenv("HOME", str(run.parents[1]))
    monkeypatch.chdir(run)
    for given in ("~/out", f"~/out/{run.name}"):
        assert whole_run(given)[0] == run


def test_results_are_told_where_their_run_is_by_a_tilde(tmp_path, monkeypatch):
    adata = make_truth(tmp_path / "out", groups=["B"], tfs=["CTCF"]).adata
    (tmp_path / "out").rename(tmp_path / "moved")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sma.tl.relocate(adata, "~/moved")
    assert sma.get.params(adata)["out_dir"] == str(tmp_path / "moved")
