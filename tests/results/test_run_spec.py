"""The description of a run: what its fingerprint depends on, and what it does not."""

from dataclasses import replace

import pytest

from scmaxatac.nn.engines._options import EngineOptions
from scmaxatac.results._run_spec import ModelId, RunSpec, folder_name

SPEC = RunSpec(
    models=(ModelId(("CTCF",), "demo:CTCF", "a"), ModelId(("SPI1",), "demo:SPI1", "b")),
    genome="genome",
    sizes={"chr1": 1_000, "chr2": 500},
    signal_chroms=("chr1", "chr2"),
    signals={"B": "of B", "CD4/T": "of CD4/T"},
    regions={"chr1": "regions 1", "chr2": "regions 2"},
    step=256,
    strand="forward",
    engine=EngineOptions("torch", "cpu", "float32", 64),
    min_stored_score=0.01,
    ranks=(5, 7),
)
TASKS = [(group, chrom) for group in SPEC.groups for chrom in SPEC.chroms]

OF_EVERY_TASK = {
    "weights": {"models": (ModelId(("CTCF",), "demo:CTCF", "a"), ModelId(("SPI1",), "demo:SPI1", "c"))},
    "order of models": {"models": SPEC.models[::-1]},
    "genome": {"genome": "other"},
    "chromosomes of the percentile": {"signal_chroms": ("chr1",)},
    "step": {"step": 128},
    "strand": {"strand": "mean"},
    "backend": {"engine": replace(SPEC.engine, backend="openvino")},
    "kind of device": {"engine": replace(SPEC.engine, device="cuda:0")},
    "precision": {"engine": replace(SPEC.engine, precision="bfloat16")},
    "lowest score": {"min_stored_score": 0.02},
    "ranks": {"ranks": (5, 8)},
    "whole chromosomes": {"regions": None},
}

OF_THE_RUN = {
    "names of factors": {"models": (ModelId(("CTCF",), "demo:CTCF", "a"), ModelId(("PU.1",), "demo:SPI1", "b"))},
    "calibrations": {"models": (ModelId(("CTCF",), "demo:CTCF", "a", ("new table",)), SPEC.models[1])},
    "names of groups": {"signals": {"B": "of B", "T": "of CD4/T"}},
    "order of groups": {"signals": {"CD4/T": "of CD4/T", "B": "of B"}},
    "lengths": {"sizes": {"chr1": 1_000, "chr2": 501}},
    "order of chromosomes": {"sizes": {"chr2": 500, "chr1": 1_000}},
}

OF_NOTHING = {
    "where models come from": {"models": (ModelId(("CTCF",), "file:CTCF", "a"), ModelId(("SPI1",), "demo:SPI1", "b"))},
    "batch size": {"engine": replace(SPEC.engine, batch_size=8)},
}


@pytest.mark.parametrize("change", OF_EVERY_TASK.values(), ids=OF_EVERY_TASK)
def test_what_scores_depend_on_changes_every_task_and_the_run(change):
    other = replace(SPEC, **change)
    assert other.fingerprint != SPEC.fingerprint
    assert all(other.task_fingerprint(*task) != SPEC.task_fingerprint(*task) for task in TASKS)


@pytest.mark.parametrize("change", OF_THE_RUN.values(), ids=OF_THE_RUN)
def test_what_scores_are_stored_under_changes_the_run_alone(change):
    other = replace(SPEC, **change)
    assert other.fingerprint != SPEC.fingerprint
    found, expected = (
        {spec.task_fingerprint(g, c) for g in spec.groups for c in spec.chroms} for spec in (other, SPEC)
    )
    assert found == expected


@pytest.mark.parametrize("change", OF_NOTHING.values(), ids=OF_NOTHING)
def test_what_does_not_change_scores_changes_no_fingerprint(change):
    assert replace(SPEC, **change).fingerprint == SPEC.fingerprint


def test_insertions_of_one_group_change_its_tasks_alone():
    other = replace(SPEC, signals=SPEC.signals | {"B": "fewer"})
    changed = {task for task in TASKS if other.task_fingerprint(*task) != SPEC.task_fingerprint(*task)}
    assert changed == {("B", "chr1"), ("B", "chr2")}
    assert other.fingerprint != SPEC.fingerprint


def test_regions_of_one_chromosome_change_its_tasks_alone():
    other = replace(SPEC, regions={"chr1": "regions 1", "chr2": "more"})
    changed = {task for task in TASKS if other.task_fingerprint(*task) != SPEC.task_fingerprint(*task)}
    assert changed == {("B", "chr2"), ("CD4/T", "chr2")}


@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, regions=None)])
def test_a_description_survives_as_text(spec):
    back = RunSpec.from_json(spec.to_json())
    assert back == spec
    assert back.fingerprint == spec.fingerprint
    assert (back.tfs, back.groups, back.chroms) == (["CTCF", "SPI1"], ["B", "CD4/T"], ["chr1", "chr2"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"step": 256', '"step": 128', "does not give the fingerprint"),
        ('"format": 5', '"format": 3', "another version"),
        ('"step": 256,', "", "damaged"),
        ('"of B"', "3", "does not give the fingerprint"),
        ("{", "[", "Expecting"),
    ],
)
def test_a_text_that_was_changed_is_refused(old, new, message):
    text = SPEC.to_json()
    assert old in text
    with pytest.raises(ValueError, match=message):
        RunSpec.from_json(text.replace(old, new, 1))


def test_the_folder_is_called_after_the_fingerprint():
    assert SPEC.folder_name == folder_name(SPEC.fingerprint)
    assert SPEC.folder_name.removeprefix("run-") in SPEC.fingerprint
