"""Names of results: every function that stores under one refuses those that files do not keep, before any work."""

import inspect
from collections.abc import Callable

import pytest

import scmaxatac as sma

FUNCTIONS: dict[str, Callable[..., object]] = {
    f"{room.__name__.rpartition('.')[2]}.{name}": getattr(room, name)
    for room in (sma.pp, sma.tl, sma.get, sma.pl)
    for name in room.__all__
    if "key_added" in inspect.signature(getattr(room, name)).parameters
}


def test_functions_that_store_results_are_among_those_that_are_tested():
    assert {
        "pp.call_peaks", "tl.call_sites", "tl.differential_tfbs", "tl.footprint", "tl.open_run", "tl.predict_tfbs",
        "tl.rank_tfs", "tl.score_cells",
    } <= set(FUNCTIONS)  # fmt: skip


@pytest.mark.parametrize("key", [".", "a/b"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_name_that_files_do_not_keep_is_refused_before_any_work(name, key):
    toy = sma.datasets.toy()
    before = list(toy.adata.uns)
    given = {
        "data": toy.adata, "groupby": "cell_type", "genome": toy.genome, "models": "demo", "fragments": "nowhere.tsv",
        "group": "B", "reference": "Mono", "threshold": 0.5, "folder": "nowhere", "key_added": key,
    }  # fmt: skip
    function = FUNCTIONS[name]
    taken = {option: value for option, value in given.items() if option in inspect.signature(function).parameters}
    with pytest.raises(ValueError, match=rf"^key_added is '{key}'; .*text without '/'"):
        function(**taken)
    assert list(toy.adata.uns) == before
