"""MuData objects are made without their modalities' columns, whichever version is installed."""

import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace

import anndata as ad
import mudata as md
import pandas as pd
import pytest

from scmaxatac.containers._mudata import columns_not_pulled


def make():
    cells = ["c1", "c2"]
    return md.MuData({"atac": ad.AnnData(obs=pd.DataFrame({"leiden": ["a", "b"]}, index=cells))})


def test_columns_of_the_modalities_stay_where_they_are():
    with columns_not_pulled():
        mdata = make()
    assert list(mdata.obs.columns) == []
    assert list(mdata["atac"].obs.columns) == ["leiden"]


@pytest.mark.filterwarnings("ignore:.* will not pull:FutureWarning")
@pytest.mark.parametrize("asked", [True, False])
def test_what_the_user_has_set_holds_again_afterwards(asked):
    with columns_not_pulled():  # puts back what holds outside of this test
        if hasattr(md, "settings"):
            md.settings.pull_on_update = asked
        else:
            md.set_options(pull_on_update=asked)
        with columns_not_pulled():
            assert "atac:leiden" not in make().obs
        assert ("atac:leiden" in make().obs) is asked


@pytest.mark.parametrize("version", ["0.3", "0.4"])
def test_both_versions_are_asked_the_way_they_understand(monkeypatch, version):
    module, options = ModuleType("mudata"), {"pull_on_update": None}

    @contextmanager
    def change(**changes):
        before = dict(options)
        options.update(changes)
        yield
        options.update(before)

    if version == "0.3":
        module.set_options = change
    else:
        module.settings = SimpleNamespace(override=change)
    monkeypatch.setitem(sys.modules, "mudata", module)
    with columns_not_pulled():
        assert options == {"pull_on_update": False}
    assert options == {"pull_on_update": None}
