import csv
import hashlib

import pytest

from scmaxatac._constants import WEAK_MODEL_F1
from scmaxatac.zoo._registry import BASE_URL, BLACKLIST, CHROM_SIZES, published, require_published, weakness

WEAK = {"SETDB1", "ZZZ3", "PAX8", "CBX2", "NFXL1", "LEF1", "ZBTB33", "ZNF282"}


def test_all_127_published_models_are_there_with_a_checksum_each():
    models = published()
    assert len(models) == 127
    assert list(models) == sorted(models)
    for kind in ("weights", "calibration"):
        files = [getattr(model, kind) for model in models.values()]
        assert len({file.sha256 for file in files}) == len({file.path for file in files}) == 127
        assert all(len(file.sha256) == 64 and file.size > 10_000 for file in files)


def test_exactly_the_eight_weak_models_deserve_a_warning():
    assert {model.tf for model in published().values() if weakness(model.max_f1)} == WEAK
    assert not weakness(WEAK_MODEL_F1)
    assert not weakness(None)
    assert not weakness(float("nan"))


def test_urls_name_the_commit_and_the_folder_of_the_transcription_factor():
    weights = published()["CTCF"].weights
    assert weights.path == "models/CTCF/CTCF_binary_revcomp99_fullModel_RR0_95.h5"
    assert BASE_URL.endswith("MiraldiLab/maxATAC_data/43f19e99471ea0a037f5165c27c73520eaeec309")


def test_unknown_names_are_an_error_that_suggests_the_nearest():
    with pytest.raises(KeyError, match=r"'FOSL3' \(did you mean 'FOSL2' or 'FOSL1'"):
        require_published(["CTCF", "FOSL3"])
    assert require_published(["ctcf"]) == require_published(["CTCF"])


def test_names_asked_for_twice_are_given_once():
    assert [model.tf for model in require_published(["SPI1", "CTCF", "SPI1"])] == ["SPI1", "CTCF"]


def test_registry_agrees_with_the_reference_data(data_dir):
    with open(data_dir / "maxatac" / "registry.tsv") as handle:
        rows = {row["tf"]: row for row in csv.DictReader(handle, delimiter="\t")}
    assert set(rows) == set(published())
    for tf, model in published().items():
        assert (model.weights.name, model.weights.sha256) == (rows[tf]["weights"], rows[tf]["weights_sha256"])
        assert model.max_f1 == float(rows[tf]["max_f1"])


def test_checksums_are_those_of_the_files(data_dir):
    folder = data_dir / "maxatac"
    files = [(folder / BLACKLIST.name, BLACKLIST), (folder / CHROM_SIZES.name, CHROM_SIZES)]
    for tf in ("CTCF", "REST"):
        files += [(folder / file.path, file) for file in (published()[tf].weights, published()[tf].calibration)]
    for path, file in files:
        content = path.read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
