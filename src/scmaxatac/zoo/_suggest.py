"""Messages about transcription factors that are not there."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from scmaxatac._factor_aliases import symbols_called


def suggestion(name: str, known: Collection[str]) -> str:
    """Return a hint at the known names that `name` may stand for, or an empty text.

    Parameters
    ----------
    name
        What was asked for.
    known
        Names there are.
    """
    if called := symbols_called(name, known):
        return f"did you mean {' or '.join(map(repr, called))}?"
    by_upper = {other.upper(): other for other in known}
    near = [by_upper[match] for match in get_close_matches(name.upper(), by_upper, n=3, cutoff=0.6)]
    return f"did you mean {' or '.join(map(repr, near))}?" if near else ""


def unknown_tfs(missing: Iterable[str], known: Collection[str], *, folder: str = "") -> KeyError:
    """Return the error for transcription factors that no model exists for.

    Parameters
    ----------
    missing
        The names that were asked for and don't exist.
    known
        The names there are.
    folder
        Name that may as well have been meant as a folder, which is not there.
    """
    parts = []
    for name in missing:
        hint = suggestion(str(name), known)
        parts.append(f"{name!r}" + (f" ({hint})" if hint else ""))
    instead = f", and there is no folder {folder!r}" if folder else ""
    return KeyError(
        f"no model is known for {', '.join(parts)}{instead}. scmaxatac.models.list_models() lists the {len(known)} "
        "there are"
    )
