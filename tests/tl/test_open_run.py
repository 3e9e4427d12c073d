"""Runs that are opened by their folder alone."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from _compare import assert_same_slots
from _mini import GROUPS

import scmaxatac as sma

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def adata(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, threshold=("precision", 0.8), include_flanks=True, save_tracks="sites")
    return adata


@pytest.fixture
def folder(adata) -> Path:
    return Path(sma.get.files(adata)["path"][0])


def test_it_holds_what_the_prediction_gave(adata, folder):
    opened = sma.tl.open_run(folder)
    assert opened.obs_names.tolist() == list(GROUPS)
    assert_same_slots(opened.uns["tfbs"], adata.uns["tfbs"], but=("params",))
    one, other = sma.get.params(opened), sma.get.params(adata)
    differ = {name for name in other if one[name] != other[name]}
    assert differ == {"cells", "rows", "n_objects"}
    assert opened.obsm["X_tfbs"].equals(adata.uns["tfbs"]["activity"].astype(np.float32).rename_axis(None))


def test_it_is_as_an_object_of_pseudobulks(mini, fragment_file, predict, tmp_path):
    adata = mini.adata(fragment_file)
    bulks = sma.pp.pseudobulk(adata, "leiden", genome=mini.genome, min_fragments=100)
    groups = predict(bulks, None, regions="genome", genome=None, min_fragments=10_000)
    opened = sma.tl.open_run(sma.get.files(groups)["path"][0])
    assert_same_slots(opened.uns["tfbs"], groups.uns["tfbs"], but=())
    assert opened.obs.equals(groups.obs)
    assert sma.get.params(opened) == sma.get.params(groups)


def test_it_reads_and_draws(adata, folder):
    opened = sma.tl.open_run(folder.parent)
    assert sma.get.track(opened, "AAA", "B").equals(sma.get.track(adata, "AAA", "B"))
    assert sma.get.signal(opened, "B").equals(sma.get.signal(adata, "B"))
    assert (sma.get.scores(opened).X == sma.get.scores(adata).X).all()
    assert sma.get.files(opened).equals(sma.get.files(adata))
    assert sma.pl.tracks(opened, "chr1:1000-3000") is not None
    assert sma.pl.heatmap(opened) is not None


def test_home_may_be_written_as_a_tilde(adata, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parents[1]))
    monkeypatch.chdir(folder)
    opened = sma.tl.open_run(f"~/{folder.parent.name}")
    assert sma.get.files(opened).equals(sma.get.files(adata))


def test_another_threshold(adata, folder):
    opened = sma.tl.open_run(folder, threshold=0.2, include_flanks=False, key_added="sensitive")
    sma.tl.call_sites(adata, 0.2, include_flanks=False)
    assert sma.get.sites(opened, key="sensitive").equals(sma.get.sites(adata))
    assert sma.get.qc(opened, key="sensitive").equals(sma.get.qc(adata))
    assert "bed" not in set(sma.get.files(opened, key="sensitive")["kind"]), "those are of other sites"
    with pytest.raises(KeyError, match="'XYZ', which is not predicted"):
        sma.tl.open_run(folder, threshold={"XYZ": 0.2})
    with pytest.raises(ValueError, match="threshold"):
        sma.tl.open_run(folder, threshold="best")


def test_nothing_is_written(folder, adata):
    def state():
        return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}

    before = state()
    opened = sma.tl.open_run(folder, threshold=0.2)
    sma.get.scores(opened)
    assert state() == before


def test_scores_that_lie_on_disk(mini, fragment_file, predict, monkeypatch):
    monkeypatch.setattr(sma.settings, "max_scores_mb", 0)
    adata = mini.adata(fragment_file)
    predict(adata)
    opened = sma.tl.open_run(Path(sma.get.files(adata)["path"][0]))
    assert "scores" not in opened.uns["tfbs"]
    np.testing.assert_array_equal(sma.get.scores(opened).X, sma.get.scores(adata).X)


def test_skipped_groups_are_in_qc_and_sites_are_those_that_were_predicted(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    adata.obs["leiden"] = adata.obs["leiden"].cat.add_categories("few")
    adata.obs.loc[adata.obs_names[:2], "leiden"] = "few"
    with pytest.warns(UserWarning, match="few"):
        predict(adata, min_cells=3)
    sma.tl.call_sites(adata, 0.9)
    opened = sma.tl.open_run(Path(sma.get.files(adata)["path"][0]))
    assert opened.obs_names.tolist() == list(GROUPS)
    assert "few" in sma.get.qc(opened).index
    assert sma.get.params(opened)["threshold"] == "f1", "as predicted, not as called later"


def test_weights_can_be_left_out(adata, folder, mini):
    (folder / "weights.safetensors").unlink()
    opened = sma.tl.open_run(folder)
    assert sma.get.sites(opened).equals(sma.get.sites(adata))
    with pytest.raises(FileNotFoundError, match=rf"{folder / 'weights.safetensors'} is missing"):
        sma.tl.score_variants(opened, variant_table(mini, "chr1", 3001), genome=mini.genome)


def variant_table(mini, chrom: str, pos: int) -> pd.DataFrame:
    """A variant of the genome's own base."""
    ref = "ACGT"[mini.codes[chrom][pos - 1]]
    alt = "ACGT"[(mini.codes[chrom][pos - 1] + 1) % 4]
    return pd.DataFrame({"chrom": [chrom], "pos": [pos], "ref": [ref], "alt": [alt]})


def test_what_cannot_be_opened(folder, predict, adata, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="there is no run in"):
        sma.tl.open_run(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="is not there"):
        sma.tl.open_run(tmp_path / "nowhere")
    copied = shutil.copytree(folder, tmp_path / "copy" / folder.name)
    (copied / "complete.json").write_text("{")
    with pytest.raises(ValueError, match=r"was not finished, or its complete\.json is damaged"):
        sma.tl.open_run(copied)
    predict(adata.copy(), step=128)
    with pytest.raises(ValueError, match="holds several runs"):
        sma.tl.open_run(folder.parent)


def test_without_or_with_a_damaged_note(folder):
    note = folder / "prediction.json"
    text = note.read_text()
    note.write_text(text.replace("leiden", "louvain"))
    with pytest.raises(ValueError, match=rf"{note} is damaged"):
        sma.tl.open_run(folder)
    note.unlink()
    with pytest.raises(FileNotFoundError, match=rf"{note} is missing.*predict_tfbs"):
        sma.tl.open_run(folder)


def test_a_later_prediction_notes_itself(adata, folder, predict):
    (folder / "prediction.json").unlink()
    predict(adata, threshold=0.7)
    assert sma.get.params(sma.tl.open_run(folder))["threshold"] == 0.7


def test_a_damaged_run_gives_our_errors_with_the_path_or_the_same_results(adata, folder, tmp_path):
    rng = np.random.default_rng(0)
    expected = sma.get.sites(adata), sma.get.scores(adata).X, sma.get.signal(adata, "B")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "genome")
    endings = {"refused": 0, "same": 0}
    for i in range(60):
        place = tmp_path / f"damaged{i}" / folder.name
        shutil.copytree(folder, place)
        target = place / files[rng.integers(len(files))].relative_to(folder)
        target.write_bytes(changed(target.read_bytes(), rng))
        message = ""
        try:
            opened = sma.tl.open_run(place)
            found = sma.get.sites(opened), sma.get.scores(opened).X, sma.get.signal(opened, "B")
        except (ValueError, FileNotFoundError) as error:
            message = str(error)
        endings["refused" if message else "same"] += 1
        if message:
            assert str(place) in message, f"{target}: {message}"
        else:
            assert found[0].equals(expected[0]), target
            np.testing.assert_array_equal(found[1], expected[1])
            assert found[2].equals(expected[2]), target
        shutil.rmtree(place.parent)
    assert min(endings.values()) > 5, endings


def changed(content: bytes, rng: np.random.Generator) -> bytes:
    """Content with a byte changed, a piece cut out, cut off, or put in."""
    place = int(rng.integers(max(len(content), 1)))
    kind = rng.integers(4)
    if kind == 0 and content:
        return content[:place] + bytes([content[place] ^ int(rng.integers(1, 256))]) + content[place + 1 :]
    if kind == 1:
        return content[:place]
    if kind == 2:
        return content[:place] + content[place + int(rng.integers(1, 40)) :]
    return content[:place] + rng.bytes(int(rng.integers(1, 40))) + content[place:]
