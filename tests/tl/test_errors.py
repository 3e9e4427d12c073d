"""Bad input gets one clear error, before anything is predicted, and leaves object and disk as they were."""

import gzip
import warnings

import numpy as np
import pandas as pd
import pytest
from _mini import SIZES
from _networks import random_model

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def adata(mini, fragment_file):
    return mini.adata(fragment_file)


@pytest.fixture
def refused(predict, analytic, tmp_path):
    """Predict, expect an error, and check that nothing was changed or written."""

    def run(adata, error, match, *, groupby="leiden", out_dir=None, objects=None, **options):
        members = objects or [adata]
        before = [(set(member.uns), set(member.obsm), member.obs.copy()) for member in members]
        folder = tmp_path / "run" if out_dir is None else out_dir
        with pytest.raises(error, match=match) as caught:
            predict(adata, groupby, out_dir=folder, **options)
        assert type(caught.value) is error
        for member, (uns, obsm, obs) in zip(members, before, strict=True):
            assert set(member.uns) == uns
            assert set(member.obsm) == obsm
            pd.testing.assert_frame_equal(member.obs, obs)
        assert analytic.windows == 0
        if folder.is_dir():
            assert [path for path in folder.rglob("*") if path.is_file()] == []

    return run


def test_no_fragments(refused, mini):
    slots = r"obsm\['fragment_paired'\].*obsm\['fragment_single'\].*uns\['files'\]\['fragments'\]"
    refused(mini.adata(), ValueError, rf"no fragments found.*fragments=.*{slots}")


def test_a_fragment_file_that_does_not_exist(refused, mini, tmp_path):
    refused(mini.adata(), FileNotFoundError, r"nothing\.tsv\.gz", fragments=tmp_path / "nothing.tsv.gz")


def test_a_path_in_the_object_that_does_not_exist_any_more(refused, mini, tmp_path):
    refused(mini.adata(tmp_path / "moved.tsv.gz"), FileNotFoundError, r"moved\.tsv\.gz, which does not exist")


def test_too_few_barcodes_match(refused, adata, mini):
    adata.obs_names = [f"AAAA{'ACGT'[i % 4]}{i}" for i in range(adata.n_obs)]
    names = mini.fragments["barcode"]
    refused(adata, ValueError, rf"only 0 of the object's 45 cells .*'AAAAA0' and 'AAAAC1'.*{names[0]}.*barcode_key=")


def test_some_barcodes_match_but_fewer_than_the_settings_ask(refused, adata, monkeypatch):
    monkeypatch.setattr(sma.settings, "min_match_rate", 0.5)
    known = list(adata.obs_names[:15])
    adata.obs_names = [*known, *(f"cell{i}" for i in range(15, adata.n_obs))]
    refused(adata, ValueError, r"only 15 of the object's 45 cells \(33.3%\).*min_match_rate \(50%\)")


def test_contigs_of_another_style(refused, mini, tmp_path):
    frame = mini.fragments.assign(chrom=mini.fragments["chrom"].str.removeprefix("chr"))
    frame.to_csv(tmp_path / "f.tsv.gz", sep="\t", header=False, index=False)
    refused(
        mini.adata(tmp_path / "f.tsv.gz"), ValueError, r"f\.tsv\.gz: its contigs \(1.*\) do not match.*\(chr1, not 1\)"
    )


def test_fragments_past_the_end_of_a_chromosome(refused, mini, tmp_path):
    frame = mini.fragments.copy()
    frame.loc[frame.index[frame["barcode"].isin(mini.obs.index)][-1], ["chrom", "start", "end"]] = [
        "chrX",
        7_000,
        7_012,
    ]
    frame.to_csv(tmp_path / "f.tsv.gz", sep="\t", header=False, index=False)
    refused(mini.adata(tmp_path / "f.tsv.gz"), ValueError, r"chrX:7000-7012 reaches past the end.*7011.*assemblies")


def test_a_truncated_gzip_file(refused, mini, fragment_file, tmp_path):
    data = fragment_file.read_bytes()
    (tmp_path / "cut.tsv.gz").write_bytes(data[: len(data) * 2 // 3])
    refused(mini.adata(tmp_path / "cut.tsv.gz"), ValueError, r"cut\.tsv\.gz is truncated.*again")


def test_a_damaged_line(refused, mini, fragment_file, tmp_path):
    text = gzip.decompress(fragment_file.read_bytes()) + b"chr1\tten\t20\tx\t1\n"
    (tmp_path / "f.tsv.gz").write_bytes(gzip.compress(text))
    refused(mini.adata(tmp_path / "f.tsv.gz"), ValueError, r"f\.tsv\.gz, line \d+: expected whole numbers")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"min_cells": 50}, "'B': 14 cells, min_cells is 50"), ({"min_fragments": 10**6}, "'B': 840 fragments, min_frag")],
)
@pytest.mark.filterwarnings("ignore:group .* is skipped")
def test_all_groups_are_too_small(refused, adata, limits, reason):
    refused(
        adata, ValueError, rf"no group is left.*{reason}.*lower min_cells or min_fragments, or merge groups", **limits
    )


def test_a_group_without_fragments_on_the_chosen_chromosomes(refused, mini, tmp_path):
    frame = mini.fragments[mini.fragments["chrom"] != "chr2"]
    frame.to_csv(tmp_path / "f.tsv.gz", sep="\t", header=False, index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refused(
            mini.adata(tmp_path / "f.tsv.gz"), ValueError, "no group is left.*no insertions on the chosen chromosomes",
            chroms="chr2", regions="genome",
        )  # fmt: skip


@pytest.mark.parametrize(("tfs", "error", "message"), [
    ("AAB", KeyError, r"'AAB' not among .*\(AAA, BBB\); did you mean 'AAA'"),
    (["AAA", "bbc"], KeyError, r"did you mean 'BBB'\?"),
    ([], ValueError, "tfs is empty"),
])  # fmt: skip
def test_unknown_factors(refused, adata, tfs, error, message):
    refused(adata, error, message, tfs=tfs)


def test_unknown_published_factors_get_the_nearest_names(refused, adata, monkeypatch, tmp_path):
    monkeypatch.setattr(sma.settings, "cache_dir", tmp_path / "cache")
    monkeypatch.setattr(sma.settings, "model_dir", None)
    refused(adata, KeyError, r"'CTFC' \(did you mean 'CTCF'", models=None, tfs=["CTFC"])
    refused(adata, FileNotFoundError, r"not installed: CTCF.*models\.download\('CTCF'\)", models=None, tfs="CTCF")
    refused(adata, FileNotFoundError, r"no models are installed.*models\.download", models=None)


def test_a_damaged_model_file(refused, adata, tmp_path):
    folder = random_model("AAA", 1).save(tmp_path / "models" / "AAA")
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    refused(adata, ValueError, r"model\.safetensors is damaged or was changed: its sha256", models=tmp_path / "models")


def test_two_models_of_one_factor(refused, adata):
    refused(
        adata,
        ValueError,
        "two models of AAA|both models of AAA",
        models=[random_model("AAA", 1), random_model("AAA", 2)],
    )


def test_no_genome(refused, adata):
    refused(adata, ValueError, r"genome is missing: give scmaxatac\.Genome", genome=None)


def test_something_that_is_no_genome(refused, adata, mini):
    refused(adata, TypeError, r"genome .*scmaxatac\.Genome\('hg38\.fa'", genome=mini.codes)
    refused(adata, FileNotFoundError, "genome is 'hg38.fa', and there is no such file", genome="hg38.fa")


def test_a_genome_without_sequence(refused, adata):
    refused(adata, ValueError, r"holds no sequence; predictions need Genome\('genome\.fa'\)",
            genome=sma.Genome.from_sizes(SIZES))  # fmt: skip


@pytest.mark.parametrize(
    ("chroms", "error", "message"),
    [
        (["chr1", "chr9"], KeyError, "chromosome 'chr9' is not in"),
        ("1", KeyError, "did you mean 'chr1'"),
        ([], ValueError, "chroms is empty"),
    ],
)
@pytest.mark.parametrize("name", ["chroms", "signal_chroms"])
def test_unknown_chromosomes(refused, adata, chroms, error, message, name):
    refused(adata, error, message, **{name: chroms})


@pytest.mark.parametrize(
    ("column", "message"),
    [("leidn", "no column 'leidn'; did you mean 'leiden'"), (["leiden", "nope"], "no column 'nope'")],
)
def test_unknown_columns(refused, adata, column, message):
    refused(adata, KeyError, message, groupby=column)


@pytest.mark.parametrize("name", ["sample_key", "barcode_key", "replicate_key"])
def test_other_columns_that_do_not_exist(refused, adata, fragment_file, name):
    fragments = {"s1": fragment_file, "s2": fragment_file}
    refused(
        adata, KeyError, "no column 'nope'", fragments=fragments if name == "sample_key" else None, **{name: "nope"}
    )


def test_a_sample_without_a_file(refused, adata, fragment_file):
    refused(adata, KeyError, "no file for sample 's2'", fragments={"s1": fragment_file}, sample_key="batch")


def test_several_files_without_a_sample_key(refused, adata, fragment_file):
    refused(adata, ValueError, "names 2 samples.*sample_key=", fragments={"s1": fragment_file, "s2": fragment_file})


def test_a_column_without_values(refused, adata):
    adata.obs["empty"] = None
    refused(adata, ValueError, "no cell has a value", groupby="empty")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strand": "reverse"}, "strand is 'reverse'; it can be 'forward' or 'mean'"),
        ({"step": 100}, "step is 100 bp; it has to be a multiple of 32"),
        ({"step": 0}, "step is 0 bp"),
        ({"step": 2048}, "step is 2048 bp"),
        ({"preset": "best"}, "preset is 'best'; it can be 'original' or 'accurate'"),
        ({"precision": "float16"}, "precision is 'float16'; it can be"),
        ({"backend": "jax"}, "backend is 'jax'; it can be"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"threshold": "best"}, "threshold rule 'best' is not understood"),
        ({"threshold": 0.001}, "lies below scmaxatac.settings.min_stored_score"),
    ],
)
def test_nonsense_options(refused, adata, options, message):
    refused(adata, ValueError, message, **options)


@pytest.mark.parametrize(
    ("device", "message"), [("gpu", "device is 'gpu'; it can be"), ("cuda:99", "torch sees . CUDA devices")]
)
def test_devices_that_are_not_there(refused, adata, device, message):
    pytest.importorskip("torch")
    refused(adata, ValueError, message, device=device)


def test_regions_off_the_genome(refused, adata):
    table = pd.DataFrame({"chrom": ["chr1"], "start": [13_000], "end": [20_000]})
    refused(adata, ValueError, r"chr1:13000-20000.*lies off.*13,345 bp", regions=table)


def test_a_bed_file_that_does_not_exist(refused, adata, tmp_path):
    refused(adata, FileNotFoundError, r"no\.bed", regions=tmp_path / "no.bed")


def test_no_peaks_and_no_choice(refused, adata):
    adata.var_names = [f"gene{i}" for i in range(adata.n_vars)]
    refused(adata, ValueError, r"regions='auto' found no peaks.*call_peaks.*regions='genome'")


def test_regions_that_no_window_reaches(refused, adata):
    table = pd.DataFrame({"chrom": ["chr3", "chr1"], "start": [10, 6_010], "end": [700, 6_020]})
    refused(adata, ValueError, "no window to predict", regions=table)


@pytest.mark.parametrize("below", [False, True])
def test_an_out_dir_that_cannot_be_written(refused, adata, tmp_path, below):
    (tmp_path / "file").write_text("here is something else")
    folder = tmp_path / "file" / "below" if below else tmp_path / "file"
    refused(adata, ValueError, r"out_dir .*file.* can.t be written to.*choose another folder", out_dir=folder)
    assert (tmp_path / "file").read_text() == "here is something else"


def test_a_default_folder_that_cannot_be_written_is_told_before_fragments_are_read(
    predict, adata, monkeypatch, tmp_path
):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "runs").write_text("here is something else")
    monkeypatch.setattr(sma.settings, "cache_dir", tmp_path / "cache")

    def read(*args, **options):
        raise AssertionError("fragments were read")

    monkeypatch.setattr("scmaxatac.atac._options.read_groups", read)
    with pytest.raises(ValueError, match=r"cache/runs can't be written to.*choose another folder"):
        predict(adata, out_dir=None)


def test_something_that_is_no_object(predict):
    with pytest.raises(TypeError, match="expected AnnData, MuData or SnapATAC2's AnnData, found DataFrame"):
        predict(pd.DataFrame({"leiden": ["a"]}))
    with pytest.raises(ValueError, match="no objects"):
        predict([])


def test_a_modality_that_does_not_exist(refused, adata):
    mudata = pytest.importorskip("mudata")
    with columns_not_pulled():
        mdata = mudata.MuData({"peaks": adata, "bins": adata[:, :0].copy()})
    refused(mdata, KeyError, r"no modality 'atac', it has \['peaks', 'bins'\].*mod=", objects=[adata])


def test_an_error_in_one_of_several_objects_leaves_all_as_they_were(refused, mini, fragment_file):
    objects = [mini.adata(fragment_file)[:20].copy(), mini.adata()[20:].copy()]
    refused(objects, ValueError, "no fragments found", objects=objects)


def test_an_error_leaves_earlier_results_as_they_were(predict, adata):
    predict(adata)
    before = adata.copy()
    with pytest.raises(ValueError, match="step is 5"):
        predict(adata, step=5)
    assert adata.uns["tfbs"]["sites"].equals(before.uns["tfbs"]["sites"])
    assert adata.obsm["X_tfbs"].equals(before.obsm["X_tfbs"])
    sma.tl.call_sites(adata)


def test_an_error_with_copy_changes_nothing(predict, adata):
    with pytest.raises(KeyError, match="no column 'nope'"):
        predict(adata, "nope", copy=True)
    assert set(adata.uns) == {"files"}


@pytest.mark.filterwarnings("ignore:group 'Mono' is skipped")
def test_a_group_that_is_too_small_is_no_error(predict, adata):
    adata.obs["leiden"] = adata.obs["leiden"].cat.add_categories(["Rare"])
    adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "Mono")[:9], 0] = "Rare"
    with pytest.warns(UserWarning, match="group 'Rare' is skipped: 540 fragments, min_fragments is 600"):
        predict(adata, min_fragments=600, min_cells=1, regions="genome", chroms="chr1", groupby="leiden")


@pytest.mark.parametrize("key", ["", "a/b", "a\\b", ".", "..", " "])
def test_names_that_files_cannot_keep(refused, adata, key):
    refused(adata, ValueError, r"key_added is .*without '/'", key_added=key)


def test_no_name_at_all(refused, adata):
    refused(adata, ValueError, "key_added is None .*it has to be text", key_added=None)


def test_names_of_entries_that_are_something_else(refused, adata, fragment_file):
    refused(adata, ValueError, r"uns\['files'\] holds something else than a prediction", key_added="files")
    assert adata.uns["files"] == {"fragments": str(fragment_file)}
