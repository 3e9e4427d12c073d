"""Samples of a comparison: which are kept, which are split, and the depth that all have."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scmaxatac import Genome
from scmaxatac.atac._options import PseudobulkOptions
from scmaxatac.atac._read_pseudobulks import GenomeScope
from scmaxatac.fragments._read_groups import GroupedFragments
from scmaxatac.fragments._source import FragmentChunk
from scmaxatac.predict._samples import read_samples, sample_values

GENOME = Genome.from_sizes({"chr1": 50_000, "chr2": 20_000})
EXTENT = GenomeScope(GENOME, ["chr1"], ["chr1"])


class Source:
    """Fragments of cells, on both chromosomes."""

    name = "made up"
    chroms = ["chr1", "chr2"]  # noqa: RUF012  (a stand-in, not shared)
    match = None

    def __init__(self, per_cell):
        self.n_cells = len(per_cell)
        rng = np.random.default_rng(0)
        cell = np.repeat(np.arange(len(per_cell)), per_cell).astype(np.int32)
        start = rng.permutation(19_000)[: len(cell)].astype(np.int32)  # so that fragments differ
        chrom = (rng.random(len(cell)) < 0.3).astype(np.int32)
        self.chunk = FragmentChunk(cell, chrom, start, start + 150, both_ends=True)

    def chunks(self):
        yield self.chunk


def make_groups(counts):
    """Two cells a library, with so many fragments each; ``{group: {replicate: fragments a cell}}``."""
    libraries, groups, per_cell, codes = [], {}, [], []
    for g, (group, replicates) in enumerate(counts.items()):
        groups[group] = []
        for r, (replicate, n) in enumerate(replicates.items()):
            library = f"{g}.{r} {group}|{replicate}" if replicate else group
            groups[group].append(library)
            codes += [len(libraries)] * 2
            per_cell += [n, n]
            libraries.append(library)
    return GroupedFragments([(Source(per_cell), np.array(codes, dtype=np.int32))], libraries, groups, [])


def read(counts, groups=None, *, halves=True, max_fragments=None, **options):
    settings = PseudobulkOptions(**({"min_cells": 1, "min_fragments": 50} | options))
    grouped = make_groups(counts)
    return read_samples(grouped, groups or list(counts), settings, EXTENT, halves=halves, max_fragments=max_fragments)


def on_chr1(counts):
    """Fragments of each library on the chromosome of the signal."""
    ((source, codes),) = make_groups(counts).sources
    return np.bincount(codes[source.chunk.cell[source.chunk.chrom == 0]])


COUNTS = {"A": {"d1": 400, "d2": 500}, "B": {"d1": 150, "d2": 160}, "C": {"d1": 5, "d2": 5}}


def test_all_have_the_depth_of_the_smallest_sample_or_half():
    found = read(COUNTS, ["A", "B"])
    assert found.table.index.tolist() == ["A|d1", "A|d2", "B|d1", "B|d2"]
    assert found.table["n_fragments"].tolist() == [800, 1_000, 300, 320]
    used = found.bulks.qc["n_fragments_used"]
    assert set(used) == {min(on_chr1(COUNTS)[2:4])}  # those of B; a half of A's smallest has more
    assert found.bulks.groups == [*found.table.index, *(half for pair in found.halves.values() for half in pair)]


def test_the_group_whose_smallest_sample_is_deepest_is_split():
    found = read(COUNTS, ["A", "B"])
    assert found.halves == {name: (f"{name}, half 1", f"{name}, half 2") for name in ("A|d1", "A|d2")}
    assert read(COUNTS, ["A", "B"], halves=False).halves == {}


def test_where_a_group_has_one_sample_all_are_split():
    found = read({"A": {"": 400}, "B": {"d1": 150, "d2": 160}})
    assert set(found.halves) == {"A", "B|d1", "B|d2"}
    assert found.bulks.qc["n_fragments_used"].nunique() == 1
    assert found.bulks.qc["n_fragments_used"].iloc[0] < 160  # the smaller half of B|d1


def test_halves_of_a_sample_share_no_fragment():
    found = read({"A": {"": 400}, "B": {"": 400}})
    insertions = found.bulks.insertions
    one, other = (insertions.index(found.bulks.libraries[name][0]) for name in found.halves["A"])
    assert len(insertions.fragments[one, "chr1"]) > 100
    assert not set(insertions.fragments[one, "chr1"]) & set(insertions.fragments[other, "chr1"])


def test_a_number_of_fragments_can_only_lower_the_depth():
    assert set(read(COUNTS, ["A", "B"], max_fragments=100).bulks.qc["n_fragments_used"]) == {100}
    assert set(read(COUNTS, ["A", "B"], max_fragments=9_000).bulks.qc["n_fragments_used"]) == {
        min(on_chr1(COUNTS)[2:4])
    }


def test_samples_that_are_too_small_are_left_out_and_named():
    counts = COUNTS | {"D": {"d1": 0, "d2": 300}}
    with pytest.warns(UserWarning, match=r"2 of 4 samples are left out: 'A\|d2' has 10 fragments, min_fragments is 50"):
        found = read({**counts, "C": {"d1": 5, "d2": 300}, "A": {"d1": 400, "d2": 5}}, ["A", "C"])
    assert found.table.index.tolist() == ["A|d1", "C|d2"]
    with pytest.warns(UserWarning, match=r"1 of 4 samples are left out: 'D\|d1' has no fragment"):
        read(counts, ["A", "D"])


def test_a_comparison_needs_two_groups_with_samples():
    with (
        pytest.warns(UserWarning, match="2 of 4 samples"),
        pytest.raises(ValueError, match="only 'A' has samples that are deep enough"),
    ):
        read(COUNTS, ["A", "C"])
    with pytest.raises(ValueError, match=r"no sample is deep enough: 'C\|d1' has 10 fragments"):
        read(COUNTS, ["C"])


def test_halves_that_are_too_small_are_not_made():
    with pytest.warns(UserWarning, match="halves of samples would have .* there is no null of halves and no technical"):
        found = read({"A": {"": 60}, "B": {"": 70}}, min_fragments=100)
    assert found.halves == {}
    assert set(found.bulks.qc["n_fragments_used"]) == {min(on_chr1({"A": {"": 60}, "B": {"": 70}}))}


@pytest.mark.parametrize("rng", [0, None, np.random.default_rng(3)])
def test_seeds_generators_and_chance_are_taken(rng):
    assert len(read(COUNTS, ["A", "B"], rng=rng).halves) == 2


def test_values_of_samples_are_those_of_their_cells():
    obs = pd.DataFrame(
        {"group": list("AABB"), "donor": ["d1", "d2", "d1", "d2"], "sex": ["f", "m", "f", "m"], "x": [1, 2, 1, None]}
    )
    adata = ad.AnnData(obs=obs.set_index(pd.Index(["c0", "c1", "c2", "c3"])))
    table = pd.DataFrame({"group": ["A", "B"], "replicate": ["d2", "d2"]}, index=["A|d2", "B|d2"])
    found = sample_values([adata], "group", "donor", ["sex"], table, "atac")
    assert found["sex"].tolist() == ["m", "m"]
    with pytest.raises(ValueError, match=r"covariate 'x' has no single value in sample 'B\|d2': none"):
        sample_values([adata], "group", "donor", ["x"], table, "atac")
