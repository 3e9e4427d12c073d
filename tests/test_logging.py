"""Warnings that are told once an object, and which messages are shown."""

import gc
import warnings

import pytest

import scmaxatac as sma
from scmaxatac._logging import _told, logger, settled, warn_once


class Followed:
    __hash__ = None


class Unfollowed:
    """As SnapATAC2's objects, which take no weak reference."""

    __slots__ = ("filename",)

    def __init__(self) -> None:
        self.filename = "a.h5ad"


@pytest.mark.parametrize("kind", [Followed, Unfollowed])
def test_a_message_is_told_once_until_it_changes_or_was_settled(kind):
    owner = kind()

    def told(subject: str, message: str) -> bool:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warn_once(owner, subject, message)
        return bool(caught)

    assert [told("a", "x"), told("a", "x"), told("b", "x"), told("a", "y"), told("a", "x")] == [1, 0, 1, 1, 1]
    settled(owner, "a")
    assert [told("a", "x"), told("b", "x")] == [1, 0]


def test_nothing_is_kept_of_an_object_that_is_gone():
    owner = Followed()
    settled(owner, "a")
    name = id(owner)
    assert name in _told
    del owner
    gc.collect()
    assert name not in _told


@pytest.fixture
def verbosity():
    """Setting of verbosity, as it was before at the end."""
    yield lambda value: setattr(sma.settings, "verbosity", value)
    sma.settings.verbosity = None


@pytest.mark.parametrize(("level", "shown"), [
    (None, []), (0, ["e"]), ("error", ["e"]), (1, ["w", "e"]), (2, ["i", "w", "e"]), ("info", ["i", "w", "e"]),
    (3, ["i", "w", "e"]), ("hint", ["i", "w", "e"]), (4, ["d", "i", "w", "e"]), ("debug", ["d", "i", "w", "e"]),
])  # fmt: skip
def test_verbosity_shows_what_scanpys_levels_show_each_once(verbosity, capsys, level, shown):
    verbosity(4)
    verbosity(level)
    for write, text in ((logger.debug, "d"), (logger.info, "i"), (logger.warning, "w"), (logger.error, "e")):
        write(text)
    assert capsys.readouterr().err.split() == shown
    assert sma.settings.verbosity == level


@pytest.mark.parametrize("wrong", [5, -1, "loud", True, 1.0])
def test_another_verbosity_is_refused_and_nothing_changes(verbosity, capsys, wrong):
    verbosity(2)
    with pytest.raises(ValueError, match=r"^verbosity is .*; it has to be one of 0 \(error\), 1 \(warning\), "):
        verbosity(wrong)
    logger.info("i")
    assert capsys.readouterr().err == "i\n"
    assert sma.settings.verbosity == 2


def test_without_a_verbosity_the_log_is_left_to_other_handlers(verbosity, caplog):
    verbosity(0)
    verbosity(None)
    with caplog.at_level("INFO", "scmaxatac"):
        logger.info("i")
    assert caplog.messages == ["i"]
