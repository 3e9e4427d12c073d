"""Runs that were moved, and named again."""

import json
import shutil
from pathlib import Path

import pytest

import scmaxatac as sma

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def adata(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome")
    return adata


def run_of(adata, key="tfbs") -> Path:
    return Path(sma.get.files(adata, key=key)["path"][0])


@pytest.mark.parametrize("named", ["the run", "what it lies in"])
def test_results_are_read_from_where_the_run_is_now(adata, tmp_path, named):
    track, run = sma.get.track(adata, "AAA", "B"), run_of(adata)
    moved = tmp_path / "elsewhere" / run.name
    moved.parent.mkdir()
    run.rename(moved)
    with pytest.raises(FileNotFoundError, match="not there any more"):
        sma.get.track(adata, "AAA", "B")
    sma.tl.relocate(adata, moved if named == "the run" else moved.parent)
    assert sma.get.track(adata, "AAA", "B").equals(track)
    sites = sma.get.sites(adata)
    sma.tl.call_sites(adata)
    assert sma.get.sites(adata).equals(sites)
    assert run_of(adata) == moved


def test_a_relative_path_is_kept_absolute(adata, tmp_path, monkeypatch):
    shutil.copytree(run_of(adata).parent, tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    sma.tl.relocate(adata, "copy")
    monkeypatch.chdir("/")
    assert len(sma.get.track(adata, "AAA", "B"))


def test_entries_of_the_same_run_go_along_and_others_stay(adata, predict, tmp_path):
    sma.tl.call_sites(adata, 0.2, key_added="sensitive")
    predict(adata, regions="genome", step=128, key_added="other", out_dir=tmp_path / "other")
    other = run_of(adata, "other")
    shutil.copytree(run_of(adata).parent, tmp_path / "copy")
    sma.tl.relocate(adata, tmp_path / "copy")
    assert run_of(adata).parent == run_of(adata, "sensitive").parent == tmp_path / "copy"
    assert run_of(adata, "other") == other


def test_all_objects_that_were_predicted_together(mini, fragment_file, predict, tmp_path):
    whole = mini.adata(fragment_file)
    parts = {"one": whole[:20].copy(), "two": whole[20:].copy()}
    predict(parts, regions="genome", sample_key=None)
    run_of(parts["one"]).parent.rename(tmp_path / "moved")
    sma.tl.relocate(parts, tmp_path / "moved")
    assert {run_of(part).parent for part in parts.values()} == {tmp_path / "moved"}


def test_the_run_of_other_inputs_is_refused(adata, predict, tmp_path):
    other = adata.copy()
    predict(other, regions="genome", step=128, out_dir=tmp_path / "other")
    before = run_of(adata)
    for folder in (run_of(other), run_of(other).parent):
        with pytest.raises(ValueError, match=f"{run_of(other).name}.*{before.name}"):
            sma.tl.relocate(adata, folder)
    assert run_of(adata) == before


def test_what_is_no_run_is_refused(adata, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for place, says in (("empty", "there is no run in"), ("file", "is a file"), ("nowhere", "is not there")):
        with pytest.raises(FileNotFoundError, match=f"{says}.*run-<fingerprint>|{place} {says}"):
            sma.tl.relocate(adata, tmp_path / place)


def test_a_run_that_was_not_finished_is_refused(adata, tmp_path):
    copied = shutil.copytree(run_of(adata), tmp_path / run_of(adata).name)
    (copied / "complete.json").unlink()
    with pytest.raises(ValueError, match=r"was not finished.*predict_tfbs"):
        sma.tl.relocate(adata, copied)


def test_a_file_that_was_not_copied_is_named(adata, tmp_path):
    copied = shutil.copytree(run_of(adata), tmp_path / run_of(adata).name)
    missing = sorted((copied / "scores").iterdir())[0]
    missing.unlink()
    with pytest.raises(FileNotFoundError, match=rf"lacks scores/{missing.name}.*copy the whole folder"):
        sma.tl.relocate(adata, copied)


def test_another_name_is_refused(adata, tmp_path):
    shutil.copytree(run_of(adata), tmp_path / "my_run")
    with pytest.raises(ValueError, match=rf"my_run was renamed.*call it {run_of(adata).name}"):
        sma.tl.relocate(adata, tmp_path / "my_run")


def test_a_damaged_description_is_refused_by_its_path(adata, tmp_path):
    copied = shutil.copytree(run_of(adata), tmp_path / run_of(adata).name)
    spec = json.loads((copied / "run.json").read_text())
    (copied / "run.json").write_text(json.dumps(spec | {"step": 128}))
    with pytest.raises(ValueError, match=rf"{copied / 'run.json'} can't be used"):
        sma.tl.relocate(adata, copied)


def test_objects_of_different_runs_are_refused(adata, predict, tmp_path):
    other = adata.copy()
    predict(other, regions="genome", step=128, out_dir=tmp_path / "other")
    with pytest.raises(ValueError, match="results of 2 runs"):
        sma.tl.relocate([adata, other], tmp_path)


def test_nothing_was_predicted(mini, fragment_file, tmp_path):
    with pytest.raises(KeyError, match="no results"):
        sma.tl.relocate(mini.adata(fragment_file), tmp_path)
