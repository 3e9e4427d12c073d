"""The ATAC modality of a MuData whose name is another."""

import anndata as ad
import mudata as md
import numpy as np
import pandas as pd
import pytest

from scmaxatac.containers._modality import modality_of
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.containers._objects import group_labels, unwrap

GENES, PEAKS = ["CD19", "SPI1"], ["chr1:10-20", "chr2-5-9"]


def make(names):
    obs = pd.DataFrame({"type": ["B", "T", "B"]}, index=["a", "b", "c"])
    return ad.AnnData(np.zeros((3, 2), dtype=np.float32), obs=obs, var=pd.DataFrame(index=names))


@pytest.fixture
def members():
    return {"peaks": make(PEAKS), "rna": make(GENES), "tiles": make(PEAKS)}


def test_the_only_one_called_as_intervals_then_with_fragments_then_with_results_counts(members):
    with pytest.raises(KeyError, match=r"no modality 'atac', it has \['peaks', 'rna', 'tiles'\]"):
        modality_of(members, "atac")
    assert modality_of({name: members[name] for name in ("rna", "tiles")}, "atac") == "tiles"
    members["peaks"].uns["files"] = {"fragments": "fragments.tsv.gz"}
    assert modality_of(members, "atac") == "peaks"
    members["tiles"].uns["tfbs"] = {"params": "{}"}
    assert modality_of(members, "atac") == "tiles"
    members["tiles"].uns["tfbs"] = {"params": {"of": "another package"}}
    assert modality_of(members, "atac") == "peaks"
    members["tiles"].uns["tfbs"] = {"sites": pd.DataFrame(), "qc": pd.DataFrame()}  # a damaged one, without params
    assert modality_of(members, "atac") == "tiles"
    del members["tiles"].uns["tfbs"]
    members["rna"].obsm["fragment_paired"] = np.zeros((3, 1))
    with pytest.raises(KeyError, match="name the ATAC one with mod="):
        modality_of(members, "atac")


def test_a_name_that_is_there_or_was_given_stays(members):
    assert modality_of(members | {"atac": make(GENES)}, "atac") == "atac"
    with pytest.raises(KeyError, match="no modality 'ATAC'"):
        modality_of({"peaks": members["peaks"]}, "ATAC")
    with pytest.raises(KeyError, match="no modality 'atac'"):
        modality_of({"rna": members["rna"]}, "atac")


def test_groups_are_found_in_it(members):
    with columns_not_pulled():
        mdata = md.MuData({"peaks": members["peaks"], "rna": members["rna"]})
        assert unwrap(mdata) is mdata.mod["peaks"]
        mdata["rna"].obs["type"] = ["x", "y", "z"]
        assert group_labels(mdata, "type").names == ["B", "T"]
