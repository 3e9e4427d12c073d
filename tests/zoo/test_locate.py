"""Models found in folders, by names alone."""

import shutil

import pytest

from scmaxatac import settings
from scmaxatac.zoo._locate import by_tf, demo_folder, demo_models, installed_models, is_keras_file, locate


@pytest.fixture
def demo():
    if not demo_models():
        pytest.skip("no demo models in this installation")
    return demo_folder() / "CTCF"


def found(folder) -> dict[str, tuple[str, str]]:
    return {tf: (location.path.name, location.source) for location in locate(folder) for tf in location.tfs}


def keras(folder, *names) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("name", "is_model"), [("a.h5", True), ("a.HDF5", True), ("a.h5ad", False), (".a.h5", False), ("h5", False)]
)
def test_keras_files_are_known_by_their_end(tmp_path, name, is_model):
    assert is_keras_file(tmp_path / name) is is_model


def test_each_folder_below_is_one_model_and_hidden_ones_and_others_are_none(tmp_path, demo):
    keras(tmp_path / "models" / "MINE", "weights.h5", "notes.txt")
    keras(tmp_path / "models" / "CTCF", "CTCF_binary_revGC_50CC_MaxATAC_99.h5")
    keras(tmp_path / "models" / ".hidden", "weights.h5")
    keras(tmp_path / "models" / "EMPTY")
    shutil.copytree(demo, tmp_path / "models" / "ours")
    models = found(tmp_path / "models")
    assert models["MINE"] == ("weights.h5", "file")
    assert set(models) == {"MINE", "CTCF"}, "the folder of ours is of CTCF as well"
    assert len(locate(tmp_path / "models")) == 3
    assert found(tmp_path) == models, "the original's data folder holds them in models"


def test_a_folder_may_be_one_model(tmp_path, demo):
    assert found(demo) == {"CTCF": ("CTCF", "demo")}
    keras(tmp_path / "MINE", "weights.h5")
    assert found(tmp_path / "MINE") == {"MINE": ("weights.h5", "file")}


def test_of_several_keras_files_none_is_taken_at_random(tmp_path):
    keras(tmp_path / "MINE", "a.h5", "b.h5")
    (location,) = locate(tmp_path)
    assert location.tfs == ("MINE",)
    with pytest.raises(ValueError, match=r"MINE holds several Keras files and not exactly one published one"):
        location.load()


def test_two_models_of_one_factor_are_an_error_when_it_is_asked_for(tmp_path, demo):
    shutil.copytree(demo, tmp_path / "one")
    shutil.copytree(demo, tmp_path / "two")
    with pytest.raises(ValueError, match=r"two models of CTCF: .*one and .*two\. Give the path"):
        by_tf(locate(tmp_path))["CTCF"].load()


def test_a_damaged_card_is_told_when_its_model_is_loaded(tmp_path):
    (tmp_path / "X").mkdir()
    (tmp_path / "X" / "model.json").write_text("{")
    (location,) = locate(tmp_path)
    assert location.tfs == ("X",)
    with pytest.raises(ValueError, match=r"model\.json"):
        location.load()


def test_models_of_the_user_come_before_downloaded_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "model_dir", tmp_path / "mine")
    monkeypatch.setattr(settings, "cache_dir", tmp_path / "cache")
    with pytest.raises(FileNotFoundError, match=r"mine \(set by settings.model_dir or SCMAXATAC_MODEL_DIR\)"):
        installed_models()
    keras(tmp_path / "mine" / "A", "mine.h5")
    keras(tmp_path / "cache" / "models" / "A", "downloaded.h5")
    keras(tmp_path / "cache" / "models" / "B", "downloaded.h5")
    assert {tf: one.path.name for tf, one in installed_models().items()} == {"A": "mine.h5", "B": "downloaded.h5"}
    monkeypatch.setattr(settings, "model_dir", None)
    assert {one.path.name for one in installed_models().values()} == {"downloaded.h5"}
