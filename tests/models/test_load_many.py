from pathlib import Path

import pytest
from _family import TFS, family_model

from scmaxatac import settings
from scmaxatac.models import TFModel, list_models, load, load_many
from scmaxatac.zoo import _locate


@pytest.fixture
def folder(make_model, tmp_path):
    for seed, tf in enumerate("CAB"):
        make_model(tf, seed=seed).save(tmp_path / "models" / tf)
    return tmp_path / "models"


def names(models: list[TFModel]) -> list[str]:
    return [model.tf for model in models]


def test_without_names_all_models_of_a_folder_are_loaded(folder):
    assert names(load_many(folder)) == names(load_many(str(folder))) == ["A", "B", "C"]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder_may_begin_with_a_tilde(kind, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(folder)
    assert names(load_many(kind("~/models"))) == ["A", "B", "C"]
    assert names(load_many([kind("~/models/C"), kind("~/models/A")])) == ["C", "A"]
    assert names(load_many({"mine": kind("~/models/B")})) == ["mine"]


def test_names_choose_and_order_the_models(folder):
    assert names(load_many(folder, ["C", "A", "C"])) == ["C", "A"]
    assert names(load_many(folder, "B")) == ["B"]


def test_without_a_folder_the_installed_models_are_loaded(folder, make_model, empty_install, monkeypatch):
    monkeypatch.setattr(settings, "model_dir", folder)
    make_model("D").save(empty_install / "models" / "D")
    make_model("A", seed=9).save(empty_install / "models" / "A")
    models = load_many()
    assert names(models) == ["A", "B", "C", "D"]
    assert models[0].sha256 == make_model(seed=1).sha256


def test_nothing_installed_is_an_error_that_says_what_to_do(empty_install):
    with pytest.raises(FileNotFoundError, match=r"no models are installed.*download.*SCMAXATAC_MODEL_DIR.*demo"):
        load_many()


def test_only_the_models_asked_for_are_read(folder):
    (folder / "B" / "model.safetensors").write_bytes(b"damaged")
    assert names(load_many(folder, ["A", "C"])) == ["A", "C"]
    with pytest.raises(ValueError, match="damaged"):
        load_many(folder)


def test_a_model_or_a_list_of_anything_that_stands_for_one(folder, make_model, published):
    original = published.write(folder.parent / "original") / "models" / "TOYA"
    model = make_model("OWN")
    assert load_many(model) == [model]
    assert names(load_many([model, folder / "A", original / "TOYA_binary_1.h5"])) == ["OWN", "A", "TOYA"]
    assert names(load_many([model, folder])) == ["OWN", "A", "B", "C"]


def test_the_names_of_a_dict_replace_those_of_the_models(folder, make_model):
    models = load_many({"X": make_model("A"), "Y": folder / "A"})
    assert names(models) == ["X", "Y"]
    assert [model.id for model in models] == ["file:A", "file:A"]


def test_demo_models(make_model, tmp_path, monkeypatch, empty_install):
    make_model("TOY").save(tmp_path / "demo" / "TOY")
    make_model("MINE").save(empty_install / "models" / "MINE")
    monkeypatch.setattr(_locate, "demo_folder", lambda: tmp_path / "demo")
    assert names(load_many("demo")) == ["TOY"]
    assert names(load_many("demo:TOY")) == ["TOY"]
    assert names(load_many(None, ["MINE", "demo:TOY"])) == ["MINE", "TOY"]
    assert names(load_many()) == ["MINE"]


def test_two_models_of_one_transcription_factor_are_an_error(folder, make_model):
    with pytest.raises(ValueError, match="two models of A were given; name them with a dict"):
        load_many([make_model("A"), folder])
    make_model("A").save(folder / "A_again")
    with pytest.raises(ValueError, match="two models of A: "):
        load_many(folder)
    assert names(load_many(folder, ["B"])) == ["B"]


def test_an_installed_and_a_demo_model_of_one_name_are_an_error(make_model, tmp_path, monkeypatch, empty_install):
    make_model("TOY").save(tmp_path / "demo" / "TOY")
    make_model("TOY", seed=1).save(empty_install / "models" / "TOY")
    monkeypatch.setattr(_locate, "demo_folder", lambda: tmp_path / "demo")
    with pytest.raises(ValueError, match="both models of TOY"):
        load_many(None, ["TOY", "demo:TOY"])


def test_names_that_are_not_there_are_all_named(folder, empty_install):
    with pytest.raises(KeyError, match=r"^\"'AA', 'CTCF' not among those of .*models \(A, B, C\)"):
        load_many(folder, ["A", "AA", "CTCF"])
    with pytest.raises(KeyError, match=r"'CTFC' not among the demo models \(CTCF, .*\); did you mean 'CTCF'"):
        load_many("demo", ["CTFC"])
    assert names(load_many(folder, ["A", "a", "b"])) == ["A", "B"]
    with pytest.raises(FileNotFoundError, match=r"download\(\['CTCF', 'SPI1'\]\)"):
        load_many(None, ["CTCF", "SPI1"])


def test_unknown_names_come_before_missing_downloads(make_model, empty_install):
    make_model("MINE").save(empty_install / "models" / "MINE")
    with pytest.raises(KeyError, match=r"'MIME' \(did you mean 'MINE'"):
        load_many(None, ["CTCF", "MIME"])


def test_no_names_at_all_and_an_empty_folder_are_errors(folder, tmp_path):
    with pytest.raises(ValueError, match="tfs is empty"):
        load_many(folder, [])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no models in"):
        load_many(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="folder of models not found"):
        load_many(tmp_path / "nothing")


def test_weak_models_are_told_in_one_warning(folder, make_model):
    for tf in ("W1", "W2"):
        make_model(tf, best=0.1).save(folder / tf)
    with pytest.warns(UserWarning, match="W1: weak model.*W2: weak model") as caught:
        load_many(folder)
    assert len(caught) == 1


@pytest.fixture
def with_family(folder):
    """A folder of models of one factor and one of three."""
    family_model().save(folder / "family")
    return folder


def test_a_model_of_several_factors_stands_for_all_of_them(with_family):
    assert [model.tfs for model in load_many(with_family)] == [("A",), ("B",), ("C",), TFS]


def test_factors_of_a_model_are_loaded_once_and_follow_each_other(with_family):
    models = load_many(with_family, ["DDD", "B", "AAA"])
    assert [model.tfs for model in models] == [("AAA", "DDD"), ("B",)]
    assert models[0].spec.outputs == 2


def test_a_name_in_a_dict_is_a_factor_of_a_model_of_several(with_family):
    model = family_model()
    assert [m.tfs for m in load_many({"DDD": model, "X": with_family / "A"})] == [("DDD",), ("X",)]
    with pytest.raises(KeyError, match="does not score X; it scores AAA, BBB::CCC, DDD"):
        load_many({"X": model})


def test_a_factor_in_two_models_is_refused(with_family, make_model):
    make_model("AAA").save(with_family / "single")
    with pytest.raises(ValueError, match=r"two models of AAA: .*family and .*single"):
        load_many(with_family, ["AAA"])
    assert [m.tfs for m in load_many(with_family, ["BBB::CCC", "DDD"])] == [("BBB::CCC", "DDD")]
    with pytest.raises(ValueError, match="two models of DDD were given"):
        load_many([family_model(), make_model("DDD")])


def test_a_factor_of_several_is_loaded_by_its_name(with_family, monkeypatch, empty_install):
    monkeypatch.setattr(settings, "model_dir", with_family)
    assert load("DDD").tfs == ("DDD",)
    assert load(with_family / "family").tfs == TFS
    listed = list_models(installed=True).set_index("name")
    assert listed.loc[list(TFS), "threshold_f1"].tolist() == pytest.approx([0.4, 0.5, 0.6])


@pytest.mark.parametrize("name", ["FOS/JUN", "_index", "."])
def test_names_that_cannot_be_keys_are_refused(make_model, name):
    with pytest.raises(ValueError, match="can't be the name of a transcription factor"):
        load_many({name: make_model("A")})
