"""Arguments of another type are refused by name, in every public function, before anything is done with them."""

import importlib
import inspect
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

import scmaxatac as sma
from scmaxatac import _arguments
from scmaxatac._arguments import checked_arguments
from scmaxatac.genome import Genome

ROOMS = ("datasets", "get", "models", "pl", "pp", "tl")

OWN_CHECKS = {
    "data", "models", "regions", "threshold", "fragments", "peaks", "scores", "signals", "motifs", "background",
    "compare_in", "genes", "init", "devices", "strategy", "history", "calibration", "level", "unit", "strand", "preset",
    "backend", "precision", "unphased", "source", "method", "normalize", "variants", "haplotypes",
    "cmap", "layout", "intervals", "highlight", "curve", "correction", "save_tracks", "by", "standard_scale", "z_score",
    "annotate", "logger", "callbacks",
}  # fmt: skip
"""Parameters of several kinds, or of a few words; where they are understood they are checked."""

SEVERAL_KINDS = {
    ("pl.igv", "region"), ("pl.tracks", "region"), ("tl.footprint", "sites"), ("tl.write_browser_files", "region"),
}  # fmt: skip
"""The same, of a function whose parameter of this name is of one kind elsewhere."""

FUNCTIONS = {
    f"{room}.{name}": found
    for room in ROOMS
    for name in importlib.import_module(f"scmaxatac.{room}").__all__
    if inspect.isroutine(found := getattr(getattr(sma, room), name))
}


@pytest.fixture(scope="module")
def toy():
    return sma.datasets.toy()


def names_numbers(parameter: inspect.Parameter) -> bool:
    """Whether a parameter is a number, of which tests/test_checks.py tells."""
    text = str(parameter.annotation)
    return parameter.annotation in (int, float) or text.startswith(("int | ", "float | ", "typing.Union[int"))


ARGUMENTS = [
    (name, parameter.name)
    for name, function in FUNCTIONS.items()
    for parameter in inspect.signature(function).parameters.values()
    if parameter.name not in OWN_CHECKS and not names_numbers(parameter) and (name, parameter.name) not in SEVERAL_KINDS
]


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS, ids=[".".join(pair) for pair in ARGUMENTS])
def test_what_is_nothing_of_use_is_refused_by_its_name_before_anything_else(name, argument):
    function = FUNCTIONS[name]
    parameters = inspect.signature(function).parameters.values()
    given = {each.name: "B" for each in parameters if each.default is each.empty and each.name not in OWN_CHECKS}
    given |= {each.name: None for each in parameters if each.default is each.empty and each.name in OWN_CHECKS}
    if "genome" in given:
        given["genome"] = sma.Genome.from_sizes({"chr1": 10_000})
    rights = {"tracks": ["a.bw"], "table": pd.DataFrame(), "variants": "a.vcf", "haplotypes": AnnData()}
    rights["calibration"] = sma.models.load("demo:CTCF").calibrations["CTCF"]
    given |= {other: right for other, right in rights.items() if other in given}
    with pytest.raises((ValueError, TypeError), match=rf"^{argument} is (an? )?object; "):
        function(**given | {argument: object()})


def refused(argument: str, wrong: object, annotation: object) -> str:
    """Message of a function with one parameter of a type."""

    def function(**given):
        raise AssertionError("the function was entered")

    function.__signature__ = inspect.Signature(
        [inspect.Parameter(argument, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)]
    )
    with pytest.raises((ValueError, TypeError)) as told:
        checked_arguments(function)(**{argument: wrong})
    return str(told.value)


@pytest.mark.parametrize(("argument", "annotation", "wrong", "message"), [
    ("copy", bool, "False", "copy is 'False' (str); it has to be True or False"),
    ("copy", bool, None, "copy is None (NoneType); it has to be True or False"),
    ("copy", bool, 2, "copy is 2 (int); it has to be True or False"),
    ("mod", str, ["atac"], "mod is ['atac']; it has to be text"),
    ("sample_key", str | None, pd.Series(["a"]), "sample_key is a Series; it has to be text"),
    ("tfs", str | list | None, 5, None),
    ("rng", np.random.Generator | int | None, "0", "rng is '0' (str); it has to be a whole number of at least 0, or a "
     "numpy.random.Generator"),
    ("rng", np.random.Generator | int | None, -1, "rng is -1 (int); it has to be a whole number of at least 0, or a "
     "numpy.random.Generator"),
    ("rng", np.random.Generator | int | None, True, "rng is True (bool); it has to be a whole number of at least 0, "
     "or a numpy.random.Generator"),
    ("figsize", tuple[float, float] | None, "6x4", "figsize is '6x4' (str); it has to be a pair of positive numbers"),
    ("figsize", tuple[float, float] | None, ("6", "4"), "figsize is ('6', '4'); it has to be a pair of positive "
     "numbers"),
    ("figsize", tuple[float, float] | None, (6, 4, 1), "figsize is (6, 4, 1); it has to be a pair of positive numbers"),
    ("figsize", tuple[float, float] | None, (6, 0), "figsize is (6, 0); it has to be a pair of positive numbers"),
    ("genome", Genome, 5, "genome is a int; make one with scmaxatac.Genome('hg38.fa', ...), or give a path or a name"),
    ("ax", "Axes | None", np.array([1]), "ax is a ndarray; it has to be Axes of matplotlib"),
])  # fmt: skip
def test_messages_show_what_was_given_and_what_would_do(argument, annotation, wrong, message):
    if message is not None:
        assert refused(argument, wrong, annotation) == message


def test_a_column_itself_is_no_name_of_a_column():
    annotation = inspect.signature(sma.pp.pseudobulk).parameters["groupby"].annotation
    told = refused("groupby", pd.Series(["B", "T"]), annotation)
    assert told == "groupby is a Series; it has to be the name of a column of obs, or a list of such names"
    assert "groupby is 5 (int)" in refused("groupby", 5, annotation)
    assert "groupby is [5, None]" in refused("groupby", [5, None], annotation)
    assert "groupby is b'x' (bytes)" in refused("groupby", b"x", annotation)


def test_an_executor_is_an_object_that_runs_calls_not_its_name_or_class():
    annotation = inspect.signature(sma.tl.predict_tfbs).parameters["executor"].annotation
    for wrong in ("dask", 4, ThreadPoolExecutor, object()):
        told = refused("executor", wrong, annotation)
        assert told.startswith("executor is ")
        assert told.endswith("such as ProcessPoolExecutor(4) or, with Dask, client.get_executor()")


def test_what_is_meant_plainly_passes():
    @checked_arguments
    def function(
        copy: bool = False,
        group: str = "B",
        tfs: str | Iterable[str] | None = None,
        groupby: str | Sequence[str] | None = None,
        path: str | PathLike[str] | None = None,
        rng: np.random.Generator | int | None = 0,
        figsize: tuple[float, float] | None = None,
        ax: "Axes | None" = None,
        executor: Executor | None = None,
    ) -> str:
        """Return a word."""
        return "entered"

    axes = plt.subplots()[1]
    with ThreadPoolExecutor(1) as pool:
        for given in (
            {"copy": np.bool_(True)}, {"copy": 0}, {"group": 3}, {"group": np.int64(3)}, {"tfs": ("CTCF", "SPI1")},
            {"tfs": (tf for tf in ["CTCF"])}, {"tfs": pd.Index(["CTCF"])}, {"tfs": pd.Series(["CTCF"])},
            {"groupby": ["a", "b"]}, {"groupby": np.array(["a"])}, {"path": Path("x")}, {"rng": np.int64(3)},
            {"rng": np.random.default_rng(0)}, {"rng": None}, {"figsize": [6, 4.5]}, {"figsize": np.array([6, 4])},
            {"ax": axes}, {"executor": pool}, {},
        ):  # fmt: skip
            assert function(**given) == "entered"
    assert function(True, "B") == "entered"
    plt.close("all")


class Length:
    """A type that text stands for as well."""


def test_conversions_come_after_all_checks_and_by_position_or_name(monkeypatch):
    made = []
    monkeypatch.setattr("scmaxatac._arguments._CONVERSIONS", {})
    monkeypatch.setitem(
        _arguments._KINDS, "Length", _arguments._Kind(lambda value: isinstance(value, Length), "a length")
    )
    _arguments.convert_kind(
        "Length", lambda value: isinstance(value, str), lambda value: made.append(value) or Length()
    )

    @checked_arguments
    def function(first: Length, second: Length | None = None, *, copy: bool = False) -> tuple[object, object]:
        """Return what was given."""
        return first, second

    first, second = function("1 m", second="2 m")
    assert isinstance(first, Length)
    assert isinstance(second, Length)
    assert made == ["1 m", "2 m"]
    assert function(first) == (first, None)
    with pytest.raises(ValueError, match="copy is 'no'"):
        function("3 m", copy="no")
    with pytest.raises(ValueError, match="first is 5 "):
        function(5)
    assert made == ["1 m", "2 m"]


def test_missing_and_unknown_arguments_are_left_to_python():
    @checked_arguments
    def function(*, copy: bool) -> None:
        """Do nothing."""

    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'copy'"):
        function()
    with pytest.raises(TypeError, match="unexpected keyword argument 'kopy'"):
        function(kopy=True)


@pytest.mark.parametrize(("call", "message"), [
    (lambda toy: sma.tl.calibrate(5, toy.peaks, genome=toy.genome), "scores is a int; give a file or table"),
    (lambda toy: sma.tl.average_chip(5, genome=toy.genome), "signals has to be a list"),
    (lambda toy: sma.tl.average_chip("a.bw", genome=toy.genome), "signals has to be a list"),
    (lambda toy: sma.tl.jaccard(["a.bed", "b.bed"]), r"peaks is a list; it has to be \{cell type: peaks\}"),
    (lambda toy: sma.tl.motif_scan(toy.genome, [1, 2], regions=toy.peaks), "motif file: found a list; give the path"),
    (lambda toy: sma.models.load_many(5), "models is or holds a int; give a folder of models"),
    (lambda toy: sma.models.load_many([None]), "models is or holds a NoneType"),
    (lambda toy: sma.models.load_many({"CTCF": 5}), "models is or holds a int"),
    (lambda toy: sma.models.from_keras("x.h5", calibration=5), "calibration is a int; give a Calibration or the path"),
    (lambda toy: sma.pl.learning_curve(5), "history is a int; give a model, its folder, or a table of epochs"),
    (lambda toy: sma.pl.calibration(sma.models.load("demo:CTCF")), "calibration is a TFModel; .* model.calibration"),
    (lambda toy: sma.pp.average_replicates("a.bw", "b.bw", genome=toy.genome), "tracks is 'a.bw' .*a list of paths"),
])  # fmt: skip
def test_what_has_checks_of_its_own_is_refused_too(toy, call, message):
    with pytest.raises(ValueError, match=message):
        call(toy)
