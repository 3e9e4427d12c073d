"""Options that are numbers: what is refused, and that every public function refuses it before it looks at the data."""

import inspect
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

import scmaxatac as sma
from scmaxatac._checks import check_number

ROOMS = ("datasets", "get", "pl", "pp", "tl")
OTHER_KINDS = {"rng", "threshold", "devices", "ax", "figsize", "signal_scaling", "sizes"}
"""Parameters that may be numbers among other things; they have checks of their own."""


def numeric_options() -> Iterator[tuple[str, str]]:
    """Every option of a public function whose type is a number, maybe None: those whose annotation names one."""
    for room in ROOMS:
        for name in getattr(sma, room).__all__:
            function = getattr(getattr(sma, room), name)
            if not inspect.isfunction(function):
                continue
            for parameter in inspect.signature(function).parameters.values():
                text = str(parameter.annotation)
                if isinstance(parameter.annotation, type):
                    text = parameter.annotation.__name__
                if re.search(r"\b(int|float)\b", text) and parameter.name not in OTHER_KINDS:
                    yield f"{room}.{name}", parameter.name


OPTIONS = list(numeric_options())

RIGHT_TYPES = {
    "group": "B", "tf": "CTCF", "out_dir": "folder", "table": pd.DataFrame(), "tfs": "CTCF", "region": "chr1:1-2",
    "haplotypes": AnnData(), "path": "scored.vcf", "target": "a", "reference": "b",
}  # fmt: skip
"""Of what a function needs beside: types are checked before numbers, but nothing is opened before both."""


@pytest.fixture(scope="module")
def toy():
    return sma.datasets.toy()


@pytest.mark.parametrize("wrong", ["17", float("nan"), True, None, [3], 3 + 0j, np.array([3]), np.bool_(True)])
def test_what_is_no_number_is_refused_by_its_name(wrong):
    with pytest.raises(ValueError, match=rf"^window is .*\({type(wrong).__name__}\); it has to be a number$"):
        check_number("window", wrong)


@pytest.mark.parametrize("right", [3, 2.5, np.int32(3), np.float32(2.5), float("inf"), -1])
def test_numbers_of_python_and_numpy_pass(right):
    check_number("window", right)


@pytest.mark.parametrize(("wrong", "message"), [
    (2.0, r"n is 2\.0 \(float\); it has to be a whole number"),
    (np.float64(2), "it has to be a whole number"),
    (0, "n is 0; it has to be from 1 to 10"),
    (11, "n is 11; it has to be from 1 to 10"),
])  # fmt: skip
def test_whole_numbers_and_ranges(wrong, message):
    with pytest.raises(ValueError, match=message):
        check_number("n", wrong, low=1, high=10, whole=True)
    for right in (1, np.int64(10)):
        check_number("n", right, low=1, high=10, whole=True)


def test_one_sided_ranges_are_named_as_such():
    with pytest.raises(ValueError, match="n is 0; it has to be at least 1,000"):
        check_number("n", 0, low=1000)
    with pytest.raises(ValueError, match=r"n is 2; it has to be at most 1\b"):
        check_number("n", 2, high=1)


def test_none_passes_where_it_is_an_option():
    check_number("n", None, optional=True)


def test_the_options_that_users_mistook_are_among_those_that_are_tested():
    assert {
        ("get.sites", "min_score"), ("get.variants", "min_effect"), ("tl.to_network", "min_correlation"),
        ("tl.to_network", "window"), ("get.rank_tfs", "n"), ("tl.predict_tfbs", "min_fragments"),
        ("tl.predict_tfbs", "min_cells"), ("tl.score_cells", "block_size"), ("tl.differential_tfbs", "fdr"),
        ("tl.predict_tfbs", "batch_size"), ("tl.predict_tfbs", "step"), ("tl.predict_tfbs", "max_fragments"),
    } <= set(OPTIONS)  # fmt: skip


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=[".".join(pair) for pair in OPTIONS])
def test_every_function_refuses_text_for_a_number_before_it_looks_at_the_data(toy, name, option):
    room, _, short = name.partition(".")
    function = getattr(getattr(sma, room), short)
    given = {"groupby": "cell_type", "genome": toy.genome, option: "17"}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is parameter.empty:
            given.setdefault(parameter.name, RIGHT_TYPES.get(parameter.name, object()))
    taken = {key: value for key, value in given.items() if key in inspect.signature(function).parameters}
    with pytest.raises(ValueError, match=f"^{option} is '17'"):
        function(**taken)


def test_every_size_of_a_curve_and_every_factor_of_a_scaling_is_a_number(toy, tmp_path):
    with pytest.raises(ValueError, match=r"^sizes is '20000'"):
        sma.tl.downsampling_curve(toy.adata, "cell_type", group="B", genome=toy.genome, sizes=["20000"])
    with pytest.raises(ValueError, match=r"^signal_scaling is \('0\.9'"):
        sma.tl.train("table.tsv", "CTCF", genome=toy.genome, out_dir=tmp_path, signal_scaling=("0.9", "1.1"))
