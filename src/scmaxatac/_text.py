"""Names: lists of them in messages, and the choice of some among many."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from scmaxatac._factor_aliases import symbols_of


def abbreviate(names: Iterable[object], most: int = 5, *, separator: str = ", ") -> str:
    """List the first names of many, and how many there are: ``"chr1, chr2, ... (24 in all)"``.

    Parameters
    ----------
    names
        What to list, as text; ``map(repr, names)`` puts quotes around each.
    most
        How many to list before the rest is counted.
    separator
        What stands between two.
    """
    listed = [str(name) for name in names]
    more = f"{separator}... ({len(listed)} in all)" if len(listed) > most else ""
    return separator.join(listed[:most]) + more


def counted(n: int, noun: str) -> str:
    """A number with what is counted: ``"1 region"``, ``"2 regions"``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def choose_names(wanted: object, known: Sequence[str], what: str, *, source: str = "the results hold") -> list[str]:
    """Some of the known names, in the order that they were asked for, each once.

    Parameters
    ----------
    wanted
        One name or several; None for all. What is no text, a number of a cluster for instance, is read as text.
        Transcription factors may be called by other names than their symbols.
    known
        The names that there are.
    what
        What the names stand for, such as ``"TF"``.
    source
        Where the known names are, as the beginning of a sentence.

    Raises
    ------
    KeyError
        If a name is not known; the message has all such names and the known ones that are like them.
    ValueError
        If no name is asked for.
    """
    if wanted is None:
        return list(known)
    given = wanted if isinstance(wanted, Iterable) and not isinstance(wanted, str) else [wanted]
    names = list(dict.fromkeys(map(str, given)))
    if not names:
        raise ValueError(f"no {what} is asked for; name at least one, or None for all")
    there = set(known)
    if what == "TF":
        names = symbols_of(names, there)
    if unknown := [name for name in names if name not in there]:
        raise KeyError(f"no {what} {_quoted(unknown)}; {known_instead(unknown, known, source=source)}")
    return names


def known_instead(unknown: Iterable[str], known: Sequence[str], *, source: str = "there are") -> str:
    """What to name instead of names that are not known: the known ones that are like them, else the first of all.

    Parameters
    ----------
    unknown, known
        The names.
    source
        Where the known names are, as the beginning of a sentence.
    """
    near = list(dict.fromkeys(match for name in unknown for match in similar_names(name, known)))
    return f"did you mean {_quoted(near)}?" if near else f"{source} {_quoted(known)}"


def similar_names(name: str, known: Iterable[str]) -> list[str]:
    """At most three of the known names that are like a name, whatever their case."""
    by_lower = {other.lower(): other for other in known}
    return [by_lower[match] for match in get_close_matches(name.lower(), list(by_lower), n=3)]


def _quoted(names: Iterable[object]) -> str:
    return abbreviate((repr(str(name)) for name in names), 8) or "nothing"
