"""Figures that are saved, shown, and shown once."""

import sys
from inspect import signature
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from scmaxatac import pl
from scmaxatac.plotting._finish import check_save, finish


@pytest.fixture
def figure():
    made, ax = plt.subplots()
    ax.plot([1, 2])
    yield made
    plt.close(made)


@pytest.fixture
def notebook(monkeypatch):
    """The backend of notebooks, as far as its name goes; what it is told to display."""
    shown = []
    monkeypatch.setattr(plt, "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=SimpleNamespace(display=shown.append)))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=shown.append))
    return shown


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_the_ending_says_the_format(tmp_path, figure, ending, begins):
    assert finish(figure, show=False, save=tmp_path / f"a.{ending}") is figure
    assert (tmp_path / f"a.{ending}").read_bytes().startswith(begins)


def test_the_home_folder_is_meant(tmp_path, figure, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    check_save("~/a.png")
    finish(figure, show=False, save="~/a.png")
    assert (tmp_path / "a.png").is_file()


@pytest.mark.parametrize(
    ("save", "error", "message"),
    [
        ("figure", ValueError, r"save is 'figure'; its ending has to be one of .*\.png"),
        ("figure.docx", ValueError, r"'figure.docx'; its ending has to be"),
        (True, TypeError, r"save is True; it has to be the path of a file"),
        ("no/such/folder/a.png", FileNotFoundError, r"there is no folder no/such/folder"),
    ],
)
def test_what_can_not_be_saved_is_refused(save, error, message):
    with pytest.raises(error, match=message):
        check_save(save)


def test_a_script_shows_all_figures_that_pyplot_holds(figure, monkeypatch):
    calls = []
    monkeypatch.setattr(plt, "show", lambda: calls.append(plt.get_fignums()))
    assert finish(figure, show=False, save=None) is figure
    assert not calls
    assert plt.fignum_exists(figure.number)
    assert finish(figure, show=True, save=None) is None
    assert calls == [plt.get_fignums()]


def test_a_notebook_gets_a_figure_once(figure, notebook):
    assert finish(figure, show=False, save=None) is figure  # shown as what the cell ends with
    assert not plt.fignum_exists(figure.number)
    assert not notebook


def test_a_notebook_shows_a_figure_when_asked_and_gets_none(figure, notebook):
    assert finish(figure, show=True, save=None) is None
    assert notebook == [figure]
    assert not plt.fignum_exists(figure.number)


def test_axes_stay_with_pyplot_which_shows_them_once(figure, notebook):
    assert finish(figure.axes[0], show=False, save=None) is figure.axes[0]
    assert plt.fignum_exists(figure.number)


def test_a_figure_of_the_users_is_left_to_them(figure, notebook):
    assert finish(figure, ax=figure.axes[0], show=False, save=None) is None
    assert plt.fignum_exists(figure.number)


@pytest.mark.parametrize("name", sorted(set(pl.__all__) - {"igv"}))  # which is no figure
def test_every_plot_can_be_shown_saved_and_drawn_into_axes(name):
    parameters = signature(getattr(pl, name)).parameters
    assert [option for option in ("figsize", "ax", "show", "save") if option not in parameters] == []
