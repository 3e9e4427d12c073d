import numpy as np
import pytest

from scmaxatac import settings
from scmaxatac.models import list_models
from scmaxatac.zoo import _locate


def test_all_published_models_are_listed_with_their_quality(empty_install):
    table = list_models().set_index("name")
    published = table[table["source"] == "maxatac"]
    assert len(published) == 127
    assert not published["installed"].any()
    assert table.loc["CTCF", ["max_f1", "threshold_f1", "path", "warning"]].tolist() == [0.6408, 0.454, "", ""]
    assert (published["warning"] != "").sum() == 8
    assert "0.026" in table.loc["SETDB1", "warning"]


def test_models_of_ones_own_are_listed_with_what_their_table_says(make_model, empty_install, tmp_path, monkeypatch):
    make_model("OWN", best=0.1).save(tmp_path / "models" / "OWN")
    make_model("BARE", best=None).save(tmp_path / "models" / "BARE")
    monkeypatch.setattr(settings, "model_dir", tmp_path / "models")
    table = list_models(installed=True).set_index("name")
    assert table.index.tolist()[:2] == ["BARE", "OWN"]
    assert table.loc["OWN", ["tf", "source", "max_f1", "threshold_f1"]].tolist() == ["OWN", "file", 0.1, 0.5]
    assert "weak model" in table.loc["OWN", "warning"]
    assert table.loc["OWN", "path"] == str(tmp_path / "models" / "OWN")
    assert np.isnan(table.loc["BARE", "max_f1"])
    assert table.loc["BARE", "warning"] == ""


def test_every_name_of_the_list_can_be_told_apart(make_model, tmp_path, monkeypatch, empty_install):
    make_model("CTCF").save(tmp_path / "demo" / "CTCF")
    monkeypatch.setattr(_locate, "demo_folder", lambda: tmp_path / "demo")
    table = list_models()
    assert table["name"].is_unique
    assert table.set_index("name").loc["demo:CTCF", ["tf", "source", "installed"]].tolist() == ["CTCF", "demo", True]


def test_what_cannot_be_loaded_is_listed_with_the_reason(empty_install, tmp_path, monkeypatch, keras_file, weights):
    for epoch in (1, 2):
        keras_file(tmp_path / "models" / "TF" / f"epoch_{epoch}.h5", weights)
    monkeypatch.setattr(settings, "model_dir", tmp_path / "models")
    table = list_models(installed=True).set_index("name")
    assert "several Keras files" in table.loc["TF", "warning"]


@pytest.mark.parametrize("layout", ["original", "ours"])
def test_published_models_that_are_installed_say_where(layout, published, tmp_path, monkeypatch):
    from scmaxatac.models import from_keras

    folder = published.write(tmp_path / "original") / "models"
    if layout == "ours":
        model = from_keras(folder / "TOYA" / "TOYA_binary_1.h5")
        folder = model.save(tmp_path / "ours" / "TOYA").parent
    monkeypatch.setattr(settings, "model_dir", folder)
    row = list_models().set_index("name").loc["TOYA"]
    assert row[["source", "installed", "max_f1"]].tolist() == ["maxatac", True, 0.6]
    assert row["path"].startswith(str(folder))
