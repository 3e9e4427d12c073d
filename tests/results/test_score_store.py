"""Scores of a run on disk, by group and chromosome."""

import json
import logging

import numpy as np
import pytest

from scmaxatac.results._complete import COMPLETE, complete_run, noted_checksums
from scmaxatac.results._score_store import ScoreStore

GROUPS, TFS, SIZES = ["B", "../T"], ["CTCF", "SPI1"], {"chr1": 3_200, "chr2": 640}
PAIRS = [(group, chrom) for group in GROUPS for chrom in SIZES]


def open_store(folder, **changes) -> ScoreStore:
    fingerprints = {(group, chrom): f"{GROUPS.index(group)}{chrom}" for group, chrom in PAIRS}
    return ScoreStore(folder, **{"groups": GROUPS, "tfs": TFS, "sizes": SIZES, "fingerprints": fingerprints} | changes)


def content(group: str, chrom: str) -> dict:
    """Scores of a group on a chromosome: other bins for each, scores that tell all apart."""
    rng = np.random.default_rng(PAIRS.index((group, chrom)))
    bins = [np.sort(rng.choice(SIZES[chrom] // 32, n, replace=False)) for n in (10, 3)]
    return {
        "bins": bins,
        "scores": [rng.random(len(b)).astype(np.float32) for b in bins],
        "min_stored_scores": rng.random(2),
        "region_scores": rng.random((4, 2)).astype(np.float32),
        "n_ranked": int(rng.integers(99)),
    }


def fill(store: ScoreStore, pairs=PAIRS) -> None:
    for group, chrom in pairs:
        store.write_scores(group, chrom, **content(group, chrom))
        store.write_insertions(group, chrom, [np.arange(3, dtype=np.int32)], [0.5], (0.0, 2.0))


@pytest.fixture
def store(tmp_path) -> ScoreStore:
    store = open_store(tmp_path / "run")
    fill(store)
    return store


def test_scores_are_read_as_they_were_written(store):
    store.finish("run", [])
    for group, chrom in PAIRS:
        written = content(group, chrom)
        for i, tf in enumerate(TFS):
            starts, scores = store.read(group, tf, chrom)
            assert starts.tolist() == (written["bins"][i] * 32).tolist()
            np.testing.assert_array_equal(scores, written["scores"][i])
        np.testing.assert_array_equal(store.region_scores(group, chrom), written["region_scores"])
    for group in GROUPS:
        mine = [content(group, chrom) for chrom in SIZES]
        assert store.n_ranked(group) == sum(one["n_ranked"] for one in mine)
        for i, tf in enumerate(TFS):
            assert store.min_stored_score(group, tf) == max(one["min_stored_scores"][i] for one in mine)


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 3_200), (31, 33), (32, 64), (64, 65), (1_000, 2_000)])
def test_part_of_a_chromosome_holds_the_bins_that_share_a_base_with_it(store, start, end):
    written = content("B", "chr1")["bins"][0] * 32
    expected = [at for at in written if at + 32 > start and (end is None or at < end)]
    assert store.read("B", "CTCF", "chr1", start, end)[0].tolist() == expected


def test_a_run_is_complete_when_it_was_finished_and_not_before(store):
    assert complete_run(store.folder) is None
    store.finish("run", [])
    assert complete_run(store.folder) == "run"
    noted = (store.folder / COMPLETE).stat().st_mtime_ns
    store.finish("run", [])
    assert (store.folder / COMPLETE).stat().st_mtime_ns == noted, "nothing changed, so nothing is written"


def test_a_run_with_missing_scores_can_not_be_finished(tmp_path):
    store = open_store(tmp_path)
    fill(store, PAIRS[:-1])
    with pytest.raises(FileNotFoundError):
        store.finish("run", [])
    assert complete_run(tmp_path) is None


def test_what_is_lost_from_a_complete_run_is_told_by_its_readers(store):
    store.finish("run", [])
    store.scores_path("B", "chr1").unlink()
    again = open_store(store.folder)
    assert not again.has_scores("B", "chr1")
    assert again.has_scores("B", "chr2")
    with pytest.raises(FileNotFoundError, match=r"is missing; run tl\.predict_tfbs again"):
        again.read("B", "CTCF", "chr1")


def test_another_file_in_place_of_scores_is_refused_and_removed_to_be_computed_again(store, caplog):
    store.finish("run", [])
    path = store.scores_path("B", "chr1")
    path.write_bytes(store.scores_path("B", "chr2").read_bytes())
    again = open_store(store.folder)
    with pytest.raises(ValueError, match=r"Call tl\.predict_tfbs again"):
        again.read("B", "CTCF", "chr1")
    with caplog.at_level(logging.WARNING, "scmaxatac"):
        assert not again.has_scores("B", "chr1")
    assert "is damaged" in caplog.text
    assert not path.exists()


def test_a_file_beside_the_scores_is_noted_as_well(store):
    (store.folder / "run.json").write_text("{}")
    store.finish("run", ["run.json"])
    assert store.has_inputs()
    assert store.intact("run.json") == store.folder / "run.json"
    (store.folder / "run.json").write_text("{ }")
    assert not store.has_inputs()
    with pytest.raises(ValueError, match=r"Call tl\.predict_tfbs again"):
        store.intact("run.json")
    assert store.intact("nothing") is None


def test_inputs_are_not_there_before_the_run_was_finished(store):
    assert not store.has_inputs()


def test_a_folder_is_there_with_all_of_its_files_only(store):
    names = [f"scores.zarr/c/{i}" for i in range(3)]
    (store.folder / "scores.zarr" / "c").mkdir(parents=True)
    for name in names:
        (store.folder / name).write_text(name)
    assert not store.has_folder("scores.zarr"), "nobody has noted it yet"
    store.finish("run", names)
    assert store.has_folder("scores.zarr")
    (store.folder / names[1]).unlink()
    assert not store.has_folder("scores.zarr")


def test_scores_of_another_run_that_were_computed_from_the_same_are_taken_over(store, tmp_path):
    names = dict(store.fingerprints) | {("B", "chr1"): "from other insertions"}
    other = open_store(tmp_path / "other", fingerprints=names)
    other.adopt(store.folder)
    assert [other.has_scores(*one) for one in PAIRS] == [one != ("B", "chr1") for one in PAIRS]
    np.testing.assert_array_equal(other.read("B", "SPI1", "chr2")[1], content("B", "chr2")["scores"][1])


def test_parts_are_removed_by_group_and_chromosome(store):
    paths = {
        (group, chrom, all_bins): store.part_path(group, chrom, 0, 800, all_bins=all_bins)
        for group, chrom in PAIRS
        for all_bins in (False, True)
    }
    assert len(set(paths.values())) == 8
    for path in paths.values():
        path.parent.mkdir(exist_ok=True)
        path.write_text("a part")
    store.remove_parts("../T", "chr1")
    assert {part for part, path in paths.items() if not path.exists()} == {
        ("../T", "chr1", False),
        ("../T", "chr1", True),
    }


def test_a_sample_beside_the_regions_is_read_by_factor(store):
    assert not store.has_background("B")
    with pytest.raises(ValueError, match="only predict_tfbs scores"):
        store.read_background("B", "CTCF")
    maxima = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    store.write_background("B", maxima)
    assert store.has_background("B")
    assert not store.has_background("../T")
    assert store.read_background("B", "SPI1").tolist() == [4, 5, 6]


def test_insertions_are_read_as_they_were_written(store):
    positions = [np.array([1, 5], np.int32), np.array([], np.int32)]
    store.write_insertions("../T", "chr2", positions, [0.25, 4.0], (0.125, 8.0))
    found, scales, span = store.read_insertions("../T", "chr2")
    assert [part.tolist() for part in found] == [[1, 5], []]
    assert (scales.tolist(), span) == ([0.25, 4.0], (0.125, 8.0))


def test_no_path_is_built_from_the_name_of_a_group(store):
    paths = [
        store.scores_path("../T", "chr1"),
        store.part_path("../T", "chr1", 0, 800, all_bins=True),
        store.insertions_path("../T", "chr1"),
        store.all_bins_path("../T", "chr1"),
    ]
    for path in [*paths, store.folder / "tracks" / store.file_stem("../T")]:
        assert ".." not in path.parts
        assert path.resolve().is_relative_to(store.folder.resolve())


def test_files_are_closed_when_the_store_is_no_longer_needed(store):
    another = open_store(store.folder)
    another.read("B", "CTCF", "chr1")
    (opened,) = another._opened.values()
    assert opened.zip is not None
    del another
    assert opened.zip is None


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"run": 3, "sha256": {}}), json.dumps({"run": "a"})])
def test_a_damaged_note_counts_as_none(tmp_path, text):
    (tmp_path / COMPLETE).write_text(text)
    assert complete_run(tmp_path) is None


def test_scores_that_are_computed_again_may_differ_in_their_last_digits(store):
    """Rounding depends on what else is scored in a call; the other files stay what was noted."""
    store.finish("run", [])
    store.scores_path("B", "chr1").unlink()
    again, others = open_store(store.folder), content("B", "chr1")
    others["scores"] = [np.nextafter(scores, np.float32(1)) for scores in others["scores"]]
    again.write_scores("B", "chr1", **others)
    assert again.has_scores("B", "chr1")
    np.testing.assert_array_equal(again.read("B", "CTCF", "chr1")[1], others["scores"][0])
    noted = noted_checksums(store.folder)
    names = {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*.npz")}
    assert names - set(noted) == {again.scores_path("B", "chr1").relative_to(store.folder).as_posix()}
    again.finish("run", [])
    assert set(noted_checksums(store.folder)) == names
    again.scores_path("B", "chr1").write_bytes(again.scores_path("B", "chr2").read_bytes())
    with pytest.raises(ValueError, match="damaged or was changed"):
        open_store(store.folder).read("B", "CTCF", "chr1")
