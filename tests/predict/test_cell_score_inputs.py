"""What scores of cells are computed from."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _slots import Truth, make_truth

from scmaxatac import Genome
from scmaxatac.predict._cell_score_inputs import (
    FactorSites,
    FragmentOptions,
    fragment_counts,
    fragment_regions,
    given_sites,
    matrix_regions,
    predicted_sites,
    region_gc,
)
from scmaxatac.results._reader import find_results

SITES = pd.DataFrame(
    {"chrom": "chr1", "start": [0, 50, 200], "end": [10, 60, 210], "tf": ["X", "Y", "X"], "score": [1.0, 2, 3]}
)
REGIONS = pd.DataFrame({"chrom": "chr1", "start": [0, 200], "end": [30, 260]})


@pytest.fixture
def truth(tmp_path) -> Truth:
    return make_truth(tmp_path / "run", groups=["B", "Mono"], tfs=["CTCF", "SPI1"])


def test_given_sites_are_those_of_the_factors_asked_for_in_their_order():
    assert given_sites(SITES, None, False).tfs == ["X", "Y"]
    chosen = given_sites(SITES, ["Y", "X"], True)
    assert chosen.tfs == ["Y", "X"]
    assert len(given_sites(SITES, "X", False).table) == 2


def test_factors_without_a_site_in_a_region_are_left_out():
    with pytest.warns(UserWarning, match="1 of 2 factors have no site in any region and get no score: Y"):
        weights, tfs = given_sites(SITES, None, False).weights(REGIONS)
    assert tfs == ["X"]
    assert weights.toarray().tolist() == [[1], [1]]
    with pytest.raises(ValueError, match="none of the 1 sites of Y lies in one of the 2 regions"):
        given_sites(SITES, "Y", False).weights(REGIONS)


def test_summed_scores_weigh_where_asked():
    weights, _ = given_sites(SITES, "X", True).weights(REGIONS)
    assert weights.toarray().tolist() == [[1], [3]]


def test_predicted_sites_have_the_thresholds_of_their_run(truth):
    run = find_results(truth.adata, "tfbs", "atac")
    found = predicted_sites(run, truth.tfs[1], True)
    assert isinstance(found, FactorSites)
    assert found.tfs == [truth.tfs[1]]
    assert set(found.table["tf"]) == {truth.tfs[1]}
    assert set(found.table["group"]) > {truth.groups[0]}
    assert found.thresholds[truth.tfs[1]][truth.groups[1]] == pytest.approx(0.41)


def test_fragments_are_counted_in_distinct_regions_given_or_predicted(truth):
    run = find_results(truth.adata, "tfbs", "atac")
    genome = Genome.from_sizes({"chr1": 1000})
    pd.testing.assert_frame_equal(fragment_regions(None, run, genome), run.table("regions")[["chrom", "start", "end"]])
    twice = pd.concat([REGIONS, REGIONS])
    assert fragment_regions(twice, None, genome)[["start", "end"]].to_numpy().tolist() == [[0, 30], [200, 260]]
    with pytest.raises(ValueError, match="no regions to count in"):
        fragment_regions(None, None, genome)
    with pytest.raises(ValueError, match="regions are empty"):
        fragment_regions(REGIONS[:0], None, genome)


def test_gc_is_that_of_the_sequence_or_not_known():
    genome = Genome.from_codes({"chr1": np.repeat([0, 1, 2, 3], [15, 15, 200, 100])})
    assert region_gc(REGIONS, genome).tolist() == [0.5, 0.5]
    for given, reason in ((None, "there is no genome"), (Genome.from_sizes({"chr1": 300}), "holds no sequence")):
        with pytest.warns(UserWarning, match=f"{reason}, so the background is matched in accessibility alone"):
            assert region_gc(REGIONS, given) is None


def test_objects_have_the_same_regions_or_it_is_told():
    adata = ad.AnnData(np.ones((2, 2), np.float32), var=pd.DataFrame(index=["chr1:0-30", "chr1-200-260"]))
    assert matrix_regions([adata, adata.copy()]).to_numpy().tolist() == [["chr1", 0, 30], ["chr1", 200, 260]]
    with pytest.raises(
        ValueError, match="the columns of object 3 are other regions than those of object 1 \\(1 and 2\\)"
    ):
        matrix_regions([adata, adata, adata[:, :1]])


def test_cells_of_several_objects_are_counted_one_after_the_other(mini, fragment_file):
    whole = mini.adata(fragment_file)
    regions = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [1000, 0], "end": [7000, 9000]})
    options = FragmentOptions(None, None, None, "atac")
    parts = [("a", whole[:20].copy()), ("b", whole[20:].copy())]
    together, expected = (
        fragment_counts(members, regions, mini.genome, options).totals() for members in (parts, [(None, whole)])
    )
    for found, alone in zip(together, expected, strict=True):
        assert np.array_equal(found, alone)
    assert expected[1].sum() > 1000
