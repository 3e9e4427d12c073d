import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scmaxatac.containers._copies import copied
from scmaxatac.fragments._read_groups import read_groups

BARCODES = ["AAACGAAAGAAACGCC-1", "AAACGAAAGAAACGTT-1", "AAACGAAAGAAACGAA-1", "AAACGAAAGAAACGGG-1"]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "f.tsv"
    path.write_text("".join(f"chr1\t{i}\t{i + 50}\t{barcode}\t1\n" for i, barcode in enumerate(BARCODES)))
    return path


def make(group, replicate=None, names=BARCODES) -> ad.AnnData:
    return ad.AnnData(obs=pd.DataFrame({"group": group, "replicate": replicate}, index=names, dtype=object))


def libraries_of_cells(grouped) -> list[str | None]:
    """Library of every cell of the only source."""
    ((_, codes),) = grouped.sources
    return [grouped.libraries[code] if code >= 0 else None for code in codes]


def test_without_replicates_a_group_is_its_own_library(path):
    grouped = read_groups(make(["B", "A/x", None, "B"]), "group", fragments=path)
    assert grouped.groups == {"A/x": ["A/x"], "B": ["B"]}
    assert libraries_of_cells(grouped) == ["B", "A/x", None, "B"]
    assert grouped.codes[0].tolist() == [1, 0, -1, 1]


@pytest.mark.parametrize("text", ["nan", "None", "<NA>", "NaT", "NaN"])
def test_a_group_that_looks_like_a_missing_value_is_told(path, text):
    with pytest.warns(UserWarning, match=rf"^'{text}' \(of 2 cells\) looks like missing values that became text"):
        grouped = read_groups(make(["B", text, text, "B"]), "group", fragments=path)
    assert set(grouped.groups) == {"B", text}
    with pytest.warns(UserWarning, match=rf"'B\|{text}' \(of 1 cells"):
        read_groups(make(["B"] * 4, ["x", text, "y", "y"]), ["group", "replicate"], fragments=path)


def test_libraries_of_confusable_names_stay_apart(path):
    adata = make(["a", "a|b", "a", "a|b"], ["b|c", "c", "b|c", "d"])
    grouped = read_groups(adata, "group", fragments=path, replicate_key="replicate")
    assert len(set(grouped.libraries)) == len(grouped.libraries) == 3
    first, second, third, fourth = libraries_of_cells(grouped)
    assert first == third
    assert grouped.groups == {"a": [first], "a|b": [second, fourth]}


def test_cells_without_a_replicate_keep_their_group_but_have_no_library(path):
    with pytest.warns(UserWarning, match=r"2 cells have a group but no replicate in obs\['replicate'\]"):
        grouped = read_groups(
            make(["A", "A", "B", None], ["x", None, None, "x"]), "group", fragments=path, replicate_key="replicate"
        )
    assert [library is None for library in libraries_of_cells(grouped)] == [False, True, True, True]
    assert grouped.codes[0].tolist() == [0, 0, 1, -1]
    assert grouped.groups["B"] == []


def test_groups_and_replicates_of_several_objects_are_pooled(path):
    one = make(["B", "A"], ["x", "x"], BARCODES[:2])
    two = make(["C", "A"], ["x", "y"], BARCODES[2:])
    grouped = read_groups([one, two], "group", fragments=path, replicate_key="replicate")
    assert list(grouped.groups) == ["A", "B", "C"]
    assert [len(libraries) for libraries in grouped.groups.values()] == [2, 1, 1]
    assert [codes.tolist() for codes in grouped.codes] == [[1, 0], [2, 0]]
    assert len(grouped.sources) == 2


def test_each_object_of_a_dict_has_its_own_file(path, tmp_path):
    other = tmp_path / "other.tsv"
    other.write_text(path.read_text())
    objects = {"s1": make("A", names=BARCODES[:2]), "s2": make("A", names=BARCODES[2:])}
    grouped = read_groups(objects, "group", fragments={"s1": path, "s2": other})
    assert [source.name for source, _ in grouped.sources] == [str(path), str(other)]


def test_files_without_any_cell_of_a_group_are_not_read(path):
    objects = {"s1": make(["A", None], names=BARCODES[:2]), "s2": make([None, "B"], names=BARCODES[2:])}
    objects["s2"].obs["sample"] = ["p", "q"]
    objects["s1"].obs["sample"] = ["p", "q"]
    grouped = read_groups(objects, "group", fragments={"p": path, "q": path}, sample_key="sample")
    assert len(grouped.sources) == 2


def test_copies_come_in_the_form_of_the_originals():
    one, two = make("A"), make("B")
    same = copied(one)
    assert same is not one
    assert copied([one, two])[1].obs["group"].iloc[0] == "B"
    both = copied({"x": one, "y": two})
    assert list(both) == ["x", "y"]
    both["x"].obs["group"] = "changed"
    assert one.obs["group"].iloc[0] == "A"


def test_backed_objects_can_not_be_copied(tmp_path):
    make("A", replicate="x").write_h5ad(tmp_path / "a.h5ad")
    backed = ad.read_h5ad(tmp_path / "a.h5ad", backed="r")
    with pytest.raises(ValueError, match="copy=True needs objects in memory"):
        copied(backed)
    assert np.array_equal(backed.obs_names, BARCODES)
