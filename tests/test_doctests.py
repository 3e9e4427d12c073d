"""The examples in the docstrings of public functions run and print what they say."""

import doctest
import importlib
import inspect

import pytest

import scmaxatac

ROOMS = ("datasets", "get", "models", "pl", "pp", "tl")


def examples() -> dict[str, doctest.DocTest]:
    """Docstrings of public names, and of classes' methods, that hold examples."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    objects = {"Genome": scmaxatac.Genome}
    for room in ROOMS:
        module = importlib.import_module(f"scmaxatac.{room}")
        objects |= {f"{room}.{name}": getattr(module, name) for name in module.__all__}
    found = {}
    for name, public in objects.items():
        if callable(public):
            for test in finder.find(public, name, module=inspect.getmodule(public)):
                if test.examples:
                    found[test.name] = test
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_prints_what_it_says(name: str, capsys: pytest.CaptureFixture[str]):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failed = runner.run(EXAMPLES[name], clear_globs=False).failed
    assert not failed, capsys.readouterr().out


def test_every_function_of_a_public_room_shows_an_example():
    functions = {
        f"{room}.{name}"
        for room in ROOMS
        for name in importlib.import_module(f"scmaxatac.{room}").__all__
        if inspect.isfunction(getattr(importlib.import_module(f"scmaxatac.{room}"), name))
    }
    assert functions <= set(EXAMPLES)
