"""Where a prediction is made."""

import logging

import numpy as np
import pandas as pd
import pytest
from _mini import REGIONS, SIZES

from scmaxatac.predict._regions import regions_of_columns, resolve_regions

CHROMS = list(SIZES)


@pytest.fixture
def adata(mini):
    return mini.adata()


def rows(frame: pd.DataFrame) -> list[tuple[str, int, int]]:
    return [(str(row.chrom), row.start, row.end) for row in frame[["chrom", "start", "end"]].itertuples()]


EXPECTED = sorted(rows(REGIONS), key=lambda row: (CHROMS.index(row[0]), *row[1:]))


@pytest.mark.parametrize("notation", ["{}:{}-{}", "{}-{}-{}", "{}_{}_{}"])
def test_auto_takes_intervals_in_var_names(adata, mini, caplog, notation):
    adata.var_names = [notation.format(*row) for row in rows(REGIONS)]
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        found = resolve_regions([adata], "auto", mini.genome, CHROMS)
    assert rows(found) == EXPECTED
    assert f"{len(EXPECTED)} from var_names" in caplog.text


def test_regions_are_sorted_distinct_and_on_the_chosen_chromosomes(adata, mini, caplog):
    table = pd.concat([REGIONS.iloc[::-1], REGIONS.iloc[:3]]).assign(name="x")
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        found = resolve_regions([adata], table, mini.genome, ["chrX", "chr1"])
    assert rows(found) == [row for chrom in ("chrX", "chr1") for row in EXPECTED if row[0] == chrom]
    assert found["chrom"].cat.categories.tolist() == ["chrX", "chr1"]
    assert found.columns.tolist() == ["chrom", "start", "end"]
    assert "lie on other chromosomes" in caplog.text


def tiles(width: int, shift: int = 0) -> list[str]:
    return [
        f"{chrom}:{start}-{min(start + width, size)}"
        for chrom, size in SIZES.items()
        for start in range(shift, size, width)
    ]


def tile_object(mini, names):
    import anndata as ad

    return ad.AnnData(np.zeros((len(mini.obs), len(names)), np.float32), mini.obs.copy(), pd.DataFrame(index=names))


@pytest.mark.parametrize("width", [500, 5000])
@pytest.mark.parametrize("kept", ["all", "some"])
def test_tiles_of_the_genome_are_no_peaks(mini, width, kept):
    names = tiles(width)
    adata = tile_object(mini, names if kept == "all" else names[1::2])
    with pytest.raises(ValueError, match=r"are tiles of the genome.*pp\.call_peaks.*regions='genome'"):
        resolve_regions([adata], "auto", mini.genome, CHROMS)


@pytest.mark.parametrize("what", ["genes", "nothing", "snapatac2"])
def test_without_intervals_the_error_offers_peaks_and_the_genome(mini, what):
    adata = {
        "genes": lambda: tile_object(mini, ["CD3D", "MS4A1"]),
        "nothing": lambda: mini.adata()[:, :0].copy(),
        "snapatac2": mini.snapatac2,
    }[what]()
    with pytest.raises(
        ValueError, match=r"(are no intervals|there are no names).*uns\['macs3'\].*pp\.call_peaks.*regions='genome'"
    ):
        resolve_regions([adata], "auto", mini.genome, CHROMS)


def test_the_first_name_that_fails_is_shown_and_how_many_do(mini):
    names = ["chr1:10-20", "gene1", "chr1:30-40", "gene2"]
    told = r"of var_names, 2 of 4 names are no intervals such as chr1:100-200, the first is 'gene1'"
    with pytest.raises(ValueError, match=f"found no peaks: {told}"):
        resolve_regions([tile_object(mini, names)], "auto", mini.genome, CHROMS)
    with pytest.raises(ValueError, match=f"no regions: {told}"):
        regions_of_columns(tile_object(mini, names))


def test_uniform_peaks_are_peaks_though_all_have_one_width(mini):
    """As those of ArchR and SnapATAC2, 501 bp around a summit."""
    starts = [100, 1_333, 2_004, 5_511]
    adata = tile_object(mini, [f"chr1:{start}-{start + 501}" for start in starts])
    assert resolve_regions([adata], "auto", mini.genome, CHROMS)["start"].tolist() == starts


def test_a_single_region_is_no_tiling_wherever_it_starts(mini):
    adata = tile_object(mini, ["chr1:1000-1500"])
    assert rows(resolve_regions([adata], "auto", mini.genome, CHROMS)) == [("chr1", 1_000, 1_500)]
    with pytest.raises(ValueError, match="are tiles of the genome"):
        resolve_regions([tile_object(mini, ["chr1:1000-1500", "chr1:2500-3000"])], "auto", mini.genome, CHROMS)


def peak_table(frame: pd.DataFrame, kind: str):
    """Peaks as different versions of SnapATAC2 and tools keep them."""
    frame = frame.assign(name="peak", score=3, signal_value=1.5)
    if kind == "polars":
        return pytest.importorskip("polars").from_pandas(frame)
    if kind == "names":
        return pd.DataFrame({"Peaks": [f"{row.chrom}:{row.start}-{row.end}" for row in frame.itertuples()], "B": True})
    return frame


@pytest.mark.parametrize("kind", ["pandas", "polars", "names"])
def test_peaks_of_groups_are_taken_where_var_names_are_tiles(mini, kind, caplog):
    adata = tile_object(mini, tiles(500))
    halves = REGIONS.iloc[:7], REGIONS.iloc[5:]  # some peaks are in both groups
    adata.uns["macs3"] = {"B": peak_table(halves[0], kind), "CD4": {"T": peak_table(halves[1], kind)}}
    adata.uns["macs3_pseudobulk"] = peak_table(REGIONS.iloc[:1], "pandas")
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        found = resolve_regions([adata], "auto", mini.genome, CHROMS)
    assert rows(found) == EXPECTED, "the union of all groups, as reading an h5ad nests a group called CD4/T"
    assert f"{len(EXPECTED)} from uns['macs3']" in caplog.text


def test_peaks_of_the_pseudobulk_are_the_last_resort(mini):
    adata = tile_object(mini, tiles(500))
    adata.uns["macs3_pseudobulk"] = peak_table(REGIONS, "pandas")
    assert rows(resolve_regions([adata], "auto", mini.genome, CHROMS)) == EXPECTED


def test_var_names_win_over_stored_peaks(adata, mini):
    adata.uns["macs3"] = {"B": REGIONS.iloc[:2]}
    assert rows(resolve_regions([adata], "auto", mini.genome, CHROMS)) == EXPECTED


def test_several_objects_give_the_union_of_their_regions(mini, adata):
    objects = [adata[:, :5].copy(), adata[:, 3:].copy()]
    assert rows(resolve_regions(objects, "auto", mini.genome, CHROMS)) == EXPECTED


def test_stored_peaks_of_another_form_are_refused_by_name(mini):
    adata = tile_object(mini, tiles(500))
    adata.uns["macs3"] = {"B": pd.DataFrame({"contig": ["chr1"], "start": [1], "end": [9]})}
    with pytest.raises(ValueError, match=r"peaks in uns\['macs3'\]: no column chrom among 'contig'"):
        resolve_regions([adata], "auto", mini.genome, CHROMS)


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("name", ["peaks.bed", "peaks.bed.gz"])
def test_a_bed_file_is_read(adata, mini, tmp_path, as_text, name):
    path = tmp_path / name
    REGIONS.assign(name="peak").to_csv(path, sep="\t", header=False, index=False)
    assert rows(resolve_regions([adata], str(path) if as_text else path, mini.genome, CHROMS)) == EXPECTED


def test_genome_means_whole_chromosomes(adata, mini):
    assert resolve_regions([adata], "genome", mini.genome, CHROMS) is None


@pytest.mark.parametrize(
    ("rows_given", "message"),
    [
        ([("chr1", 13_000, 13_346)], r"chr1:13000-13346.*lies off .*13,345 bp.*same assembly"),
        (
            [("chr1", 5, 6), ("chr1", -1, 6)],
            r"regions: row 2 of 2 \(chr1, -1, 6\) is no interval: start is -1, before 0. 1 of",
        ),
        ([("chr1", 6, 6)], r"regions: row 1 of 1 \(chr1, 6, 6\) is no interval: end is 6, not after start"),
        ([("chr1", 9, 6)], r"regions: row 1 of 1 \(chr1, 9, 6\) is no interval: end is 6, not after start"),
        (
            [("1", 5, 60), ("2", 5, 60)],
            r"regions are on 1, 2, none of which .* \(chr1.*same style \(chr1, not 1\)",
        ),
        ([("chr2", 5, 60)], r"none of the 1 regions .* lies on chr1"),
        ([], "none of the 0 regions"),
    ],
)
def test_regions_off_the_genome_are_errors_that_show_one(adata, mini, rows_given, message):
    table = pd.DataFrame(rows_given, columns=["chrom", "start", "end"])
    with pytest.raises(ValueError, match=message):
        resolve_regions([adata], table, mini.genome, ["chr1"])


def test_missing_columns_are_named(adata, mini):
    with pytest.raises(
        ValueError, match=r"regions: no column chrom among 'contig', 'start', 'end'\. .*chromosome or Chromosome"
    ):
        resolve_regions([adata], REGIONS.rename(columns={"chrom": "contig"}), mini.genome, CHROMS)


def test_a_file_that_is_not_there_is_an_error(adata, mini, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.bed"):
        resolve_regions([adata], tmp_path / "nothing.bed", mini.genome, CHROMS)


def test_the_table_that_was_given_stays_as_it_is(adata, mini):
    table = REGIONS.iloc[::-1].copy()
    before = table.copy()
    resolve_regions([adata], table, mini.genome, CHROMS)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("dtype", ["category", object, "string"])
def test_chromosomes_may_be_of_any_text_type_and_positions_whole_floats(adata, mini, dtype):
    table = REGIONS.astype({"chrom": dtype, "start": float, "end": float})
    found = resolve_regions([adata], table, mini.genome, CHROMS)
    assert rows(found) == EXPECTED
    assert found["start"].dtype == np.int64


@pytest.mark.parametrize("form", [list, tuple, pd.Index, pd.Series, np.array])
def test_names_such_as_var_names_are_regions(mini, form):
    found = resolve_regions(
        [], form([f"{chrom}:{start}-{end}" for chrom, start, end in rows(REGIONS)]), mini.genome, CHROMS
    )
    assert rows(found) == EXPECTED


def test_names_that_are_no_regions_are_counted_and_the_first_is_shown(mini):
    with pytest.raises(ValueError, match=r"2 of 3 names are no intervals such as chr1:100-200, the first is 'CD19'"):
        resolve_regions([], ["chr1:100-200", "CD19", "chr1:9-5"], mini.genome, CHROMS)
    with pytest.raises(ValueError, match=r"regions is a int\. Give regions="):
        resolve_regions([], 5, mini.genome, CHROMS)
    with pytest.raises(ValueError, match="pseudobulks hold none"):
        resolve_regions([], "auto", mini.genome, CHROMS)
