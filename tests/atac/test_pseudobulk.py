from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scmaxatac._constants import HUMAN_GENOME_SIZE
from scmaxatac.atac import Insertions, Signal, _pseudobulk
from scmaxatac.atac._pseudobulk import make_pseudobulks
from scmaxatac.genome import Genome, Intervals

LENGTH = 100_000
BLACKLIST = Intervals({"chr1": (np.array([0]), np.array([40_000]))})
GENOME = Genome.from_sizes({"chr1": LENGTH, "chr2": LENGTH}, blacklist=BLACKLIST)
SIZES = {"A": 4000, "0.0 B/T|x": 1000, "0.1 B/T|y": 3000, "tiny": 30, "shallow": 40}
GROUPS = {"A": ["A"], "B/T": ["0.0 B/T|x", "0.1 B/T|y"], "tiny": ["tiny"], "shallow": ["shallow"], "none": []}
CELLS = [20, 12, 12, 9, 50]


@pytest.fixture
def insertions() -> Insertions:
    rng = np.random.default_rng(0)
    return Insertions.from_positions(
        {name: {"chr1": rng.integers(0, LENGTH, n)} for name, n in SIZES.items()}, n_cells=CELLS
    )


def make(insertions, groups=GROUPS, **options):
    with pytest.warns(UserWarning, match="group"):
        return make_pseudobulks(insertions, groups, GENOME, ["chr1"], **{"min_fragments": 100, **options})


def test_groups_that_are_too_small_are_skipped_with_a_warning_and_a_line(insertions):
    with pytest.warns(UserWarning, match="is skipped") as caught:
        bulks = make_pseudobulks(insertions, GROUPS, GENOME, ["chr1"], min_fragments=100)
    assert bulks.groups == ["A", "B/T"]
    assert bulks.qc.index.tolist() == list(GROUPS)
    assert bulks.qc["warnings"].tolist() == [
        "",
        "",
        "skipped: 9 cells, min_cells is 10",
        "skipped: 20 fragments, min_fragments is 100",
        "skipped: 0 cells, min_cells is 10",
    ]
    assert str(caught[0].message) == "group 'tiny' is skipped: 9 cells, min_cells is 10"
    assert len(caught) == 3


def test_the_table_counts_cells_fragments_and_insertions(insertions):
    row = make(insertions).qc.loc["B/T"]
    assert row[["n_cells", "n_fragments", "n_insertions"]].tolist() == [24, 2000, 4000]
    signal = Signal.from_insertions(insertions, GROUPS["B/T"], GENOME, ["chr1"])
    kept = sum(int((insertions.positions(name, "chr1") >= 40_020).sum()) for name in GROUPS["B/T"])
    assert row["n_insertions_kept"] == signal.n_insertions_kept == kept
    assert row["p99"] == signal.p99
    assert row["match_rate"] == 1


def test_the_signal_of_a_group_is_the_mean_of_its_replicates(insertions):
    signal = make(insertions).signal("B/T")
    expected = Signal.from_insertions(insertions, GROUPS["B/T"], GENOME, ["chr1"])
    np.testing.assert_array_equal(signal.values("chr1"), expected.values("chr1"))


@pytest.mark.filterwarnings("ignore:group '(tiny|shallow|none)' is skipped")
def test_replicates_that_are_too_small_are_left_out(insertions):
    with pytest.warns(
        UserWarning, match=r"group 'B/T': replicates left out: x \(500 fragments, min_fragments is 600\)"
    ):
        bulks = make_pseudobulks(insertions, GROUPS, GENOME, ["chr1"], min_fragments=600)
    assert bulks.libraries["B/T"] == ["0.1 B/T|y"]
    assert bulks.qc.loc["B/T", ["n_cells", "n_fragments"]].tolist() == [12, 1500]
    assert bulks.qc.loc["B/T", "warnings"].startswith("replicates left out: x")


def test_a_group_whose_replicates_are_all_too_small_is_skipped(insertions):
    bulks = make(insertions, min_fragments=1800)
    assert bulks.groups == ["A"]
    assert "each of its 2 replicates is too small: x (500" in bulks.qc.loc["B/T", "warnings"]
    assert bulks.qc.loc["B/T", "n_cells"] == 24


def test_asking_for_a_skipped_or_unknown_group_is_an_error_that_says_so(insertions):
    bulks = make(insertions)
    with pytest.raises(KeyError, match="group 'tiny' was skipped: skipped: 9 cells"):
        bulks.signal("tiny")
    with pytest.raises(KeyError, match="no group 'Z'; there are 'A', 'B/T'"):
        bulks.signal("Z")


def test_no_group_that_is_deep_enough_is_an_error_with_every_reason(insertions):
    with (
        pytest.raises(ValueError, match=r"no group is left.*'A': 2,000 fragments, min_fragments is 9,000; 'B/T': "),
        pytest.warns(UserWarning, match="skipped"),
    ):
        make_pseudobulks(insertions, GROUPS, GENOME, ["chr1"], min_fragments=9000)


def test_groups_without_signal_on_the_chosen_chromosomes_are_skipped():
    insertions = Insertions.from_positions(
        {
            "A": {"chr1": np.arange(60_000, 61_000)},
            "elsewhere": {"chr2": np.arange(1000)},
            "black": {"chr1": np.arange(1000)},
        },
        n_cells=[10, 10, 10],
    )
    groups = {name: [name] for name in insertions.libraries}
    bulks = make(insertions, groups)
    assert bulks.groups == ["A"]
    assert bulks.qc["warnings"].tolist() == [
        "",
        "skipped: no insertions on the chosen chromosomes",
        "skipped: all its insertions on the chosen chromosomes touch the blacklist",
    ]
    assert bulks.qc["p99"].isna().tolist() == [False, True, True]


def test_sparse_groups_and_groups_whose_cells_were_not_found_are_pointed_out():
    genome = Genome.from_sizes({"chr1": 3_100_000}, blacklist=BLACKLIST)
    rng = np.random.default_rng(0)
    positions = {name: {"chr1": rng.integers(0, 3_100_000, n)} for name, n in (("deep", 8000), ("sparse", 1000))}
    whole = Insertions.from_positions(positions, n_cells=[10, 10])
    insertions = replace(whole, n_cells_found=np.array([4, 10]))
    bulks = make_pseudobulks(insertions, {"deep": ["deep"], "sparse": ["sparse"]}, genome, ["chr1"], min_fragments=1)
    assert bulks.qc.loc["deep", "warnings"] == "only 40% of the cells have fragments"
    assert bulks.qc.loc["deep", "match_rate"] == 0.4
    assert bulks.qc.loc["sparse", "warnings"].startswith("sparse: as deep as 506,536 fragments over a human genome")


def test_the_table_survives_h5ad(insertions, tmp_path):
    import anndata

    adata = anndata.AnnData(uns={"qc": make(insertions).qc})
    adata.write_h5ad(tmp_path / "a.h5ad")
    back = anndata.read_h5ad(tmp_path / "a.h5ad").uns["qc"]
    pd.testing.assert_frame_equal(back, adata.uns["qc"], check_dtype=False)


@pytest.mark.parametrize(
    ("match_rate", "depth", "notes"),
    [
        (0.5, 1_000_000, []),
        (0.4999, 1_000_000, ["only 50% of the cells have fragments"]),
        (1.0, 999_999, ["sparse: as deep as 999,999 fragments over a human genome, where scores shrink"]),
        (float("nan"), 2_000_000, []),
    ],
)
def test_half_of_the_cells_and_the_papers_depth_are_enough(match_rate, depth, notes):
    """Depth in fragments over a human genome, each with two insertions."""
    row = {"match_rate": match_rate, "n_insertions": 2 * depth, "n_insertions_kept": 2 * depth}
    assert _pseudobulk._advice(row, HUMAN_GENOME_SIZE) == notes
