import warnings
from pathlib import Path

import pytest

from scmaxatac import settings
from scmaxatac.models import load
from scmaxatac.zoo import _locate


@pytest.fixture
def model_dir(published, tmp_path, monkeypatch):
    """Folder of the original's layout with both made-up models."""
    folder = published.write(tmp_path / "original") / "models"
    monkeypatch.setattr(settings, "model_dir", folder)
    return folder


def test_a_name_is_looked_up_in_the_folder_of_models(model_dir):
    model = load("TOYA")
    assert (model.tf, model.id) == ("TOYA", "maxatac:TOYA")
    assert model.threshold("f1") == 0.5
    assert load("maxatac:TOYA").sha256 == model.sha256


def test_nothing_is_written_into_the_folder_of_models(model_dir):
    before = sorted(model_dir.rglob("*"))
    load("TOYA")
    assert sorted(model_dir.rglob("*")) == before


def test_the_originals_data_folder_works_too(model_dir, monkeypatch):
    monkeypatch.setattr(settings, "model_dir", model_dir.parent)
    assert load("TOYA").id == "maxatac:TOYA"


def test_the_folder_of_models_comes_before_downloads(make_model, empty_install, tmp_path, monkeypatch):
    make_model("MINE", seed=1).save(empty_install / "models" / "MINE")
    assert load("MINE").sha256 == make_model(seed=1).sha256
    make_model("MINE", seed=2).save(tmp_path / "mine" / "MINE")
    monkeypatch.setattr(settings, "model_dir", str(tmp_path / "mine"))
    assert load("MINE").sha256 == make_model(seed=2).sha256


@pytest.mark.parametrize("kind", ["ours", "original folder", "original file"])
def test_a_path_is_loaded_whatever_is_installed(kind, make_model, published, empty_install, tmp_path):
    original = published.write(tmp_path / "original") / "models" / "TOYA"
    path = {
        "ours": make_model("TOYA", seed=0).save(tmp_path / "ours"),
        "original folder": original,
        "original file": original / "TOYA_binary_1.h5",
    }[kind]
    model = load(path)
    assert (model.tf, model.sha256) == ("TOYA", make_model("TOYA", seed=0).sha256)
    assert load(str(path)).sha256 == model.sha256


def test_a_folder_in_the_working_directory_needs_no_slash(make_model, empty_install, tmp_path, monkeypatch):
    make_model("MINE").save(tmp_path / "mymodel")
    monkeypatch.chdir(tmp_path)
    assert load("mymodel").tf == "MINE"


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_may_begin_with_a_tilde(kind, make_model, empty_install, tmp_path, monkeypatch):
    make_model("MINE").save(tmp_path / "models" / "MINE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "models")
    assert load(kind("~/models/MINE")).tf == "MINE"


def test_demo_models_come_with_the_package(make_model, tmp_path, monkeypatch):
    make_model("TOYA").save(tmp_path / "demo" / "TOYA")
    monkeypatch.setattr(_locate, "demo_folder", lambda: tmp_path / "demo")
    assert load("demo:TOYA").tf == "TOYA"
    with pytest.raises(KeyError, match=r"'demo:TOYB' \(did you mean 'demo:TOYA'"):
        load("demo:TOYB")


def test_a_published_model_that_is_not_installed_is_an_error_with_the_line_to_download_it(empty_install):
    with pytest.raises(FileNotFoundError, match=r"scmaxatac\.models\.download\('CTCF'\).*SCMAXATAC_MODEL_DIR"):
        load("CTCF")


@pytest.mark.parametrize(("name", "hint"), [("CTFC", "'CTCF'"), ("RUNX2", "'RUNX1'")])
def test_an_unknown_name_is_an_error_that_suggests_the_nearest(empty_install, name, hint):
    with pytest.raises(KeyError, match=f"did you mean {hint}"):
        load(name)


def test_a_name_that_may_be_a_folder_is_said_to_be_none(empty_install):
    with pytest.raises(KeyError, match=r"no model is known for 'mdl', and there is no folder 'mdl'\. scmaxatac"):
        load("mdl")
    with pytest.raises(KeyError, match=r"no model is known for 'mdl'\. scmaxatac"):
        load("maxatac:mdl")


def test_an_unknown_source_is_an_error(empty_install):
    with pytest.raises(ValueError, match="unknown source 'zoo'"):
        load("zoo:CTCF")


def test_a_model_of_ones_own_is_not_taken_for_the_published_one(make_model, empty_install):
    make_model("CTCF").save(empty_install / "models" / "CTCF")
    assert load("CTCF").id == "file:CTCF"
    with pytest.raises(ValueError, match="holds the model file:CTCF, not maxatac:CTCF"):
        load("maxatac:CTCF")


def test_paths_without_a_model_are_errors(make_model, empty_install, tmp_path):
    with pytest.raises(FileNotFoundError, match="model not found"):
        load(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="holds no model"):
        load(tmp_path / "empty")
    for tf in ("A", "B"):
        make_model(tf).save(tmp_path / "two" / tf)
    with pytest.raises(ValueError, match=r"holds 2 models \(A, B"):
        load(tmp_path / "two")


def test_a_missing_folder_of_models_is_an_error_that_names_the_setting(empty_install, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "model_dir", tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"nothing \(set by settings.model_dir or SCMAXATAC_MODEL_DIR\)"):
        load("CTCF")


def test_of_several_keras_files_the_published_one_is_taken(model_dir, keras_file, weights):
    keras_file(model_dir / "TOYA" / "TOYA_epoch_3.h5", weights)
    assert load("TOYA").id == "maxatac:TOYA"


def test_several_unknown_keras_files_are_an_error_that_names_them(empty_install, tmp_path, keras_file, weights):
    for epoch in (1, 2):
        keras_file(tmp_path / "all" / "TF" / f"epoch_{epoch}.h5", weights)
    with pytest.raises(ValueError, match=r"several Keras files.*epoch_1\.h5.*epoch_2\.h5"):
        load(tmp_path / "all" / "TF")


def test_a_weak_model_warns_once(model_dir):
    with pytest.warns(UserWarning, match="TOYB: weak model: its largest F1") as caught:
        load("TOYB")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        load("TOYA")
