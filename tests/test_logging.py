"""Warnings that are told once an object."""

import gc
import warnings

import pytest

from scmaxatac._logging import _told, settled, warn_once


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
