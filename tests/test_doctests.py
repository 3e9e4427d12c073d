"""The examples in the docstrings of public functions run and print what they say.

Examples may use ``sma``, the package, and ``mdata``, the toy data with predictions on one chromosome.
"""

import doctest
import importlib
import inspect
from typing import Any

import pytest

import scmaxatac

ROOMS = ("datasets", "get", "models", "pl", "pp", "tl")


def public_objects() -> dict[str, Any]:
    """Public names and what they stand for."""
    objects: dict[str, Any] = {"Genes": scmaxatac.Genes, "Genome": scmaxatac.Genome}
    for room in ROOMS:
        module = importlib.import_module(f"scmaxatac.{room}")
        objects |= {f"{room}.{name}": getattr(module, name) for name in module.__all__}
    return objects


def examples() -> dict[str, doctest.DocTest]:
    """Docstrings of public names, and of classes' methods, that hold examples."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = {}
    for name, public in public_objects().items():
        if callable(public):
            for test in finder.find(public, name, module=inspect.getmodule(public)):
                if test.examples:
                    found[test.name] = test
    return found


EXAMPLES = examples()


@pytest.fixture(scope="module")
def predicted() -> Any:
    """Toy data with predictions of the demo models on one chromosome."""
    toy = scmaxatac.datasets.toy()
    mdata = toy.mdata.copy()
    scmaxatac.tl.predict_tfbs(mdata, "cell_type", genome=toy.genome, models="demo", chroms=toy.chroms_test)
    return mdata


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_prints_what_it_says(
    name: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
):
    if name == "tl.train":
        pytest.importorskip("torch")
    test = EXAMPLES[name]
    source = "".join(example.source for example in test.examples)
    test.globs["sma"] = scmaxatac
    if "mdata" in source and "mdata =" not in source:
        test.globs["mdata"] = request.getfixturevalue("predicted").copy()
    monkeypatch.setenv("MPLBACKEND", "Agg")
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failed = runner.run(test, clear_globs=False).failed
    assert not failed, capsys.readouterr().out


def test_every_public_function_shows_an_example():
    functions = {name for name, public in public_objects().items() if inspect.isfunction(public)}
    assert functions <= set(EXAMPLES), sorted(functions - set(EXAMPLES))
