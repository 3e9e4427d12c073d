"""Lists of names in messages."""

from collections.abc import Iterable


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
