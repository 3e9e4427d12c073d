"""Names of transcription factors, which become keys of slots and parts of files."""

from collections.abc import Iterable, Sequence

_RESERVED = ("_index",)
"""Names that anndata uses itself."""


def checked_names(tfs: str | Sequence[str], what: str = "a model") -> tuple[str, ...]:
    """Names of a model's factors as a tuple.

    Parameters
    ----------
    tfs
        A name, or several.
    what
        What they are the names of, for messages.

    Raises
    ------
    ValueError
        If there is none, one occurs twice, or h5ad and zarr files could not keep one as the name of a column.
    """
    names = tuple(tfs) if isinstance(tfs, Iterable) and not isinstance(tfs, str) else (tfs,)
    if not names:
        raise ValueError(f"{what} needs the name of a transcription factor, and there is none")
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"{what} needs the name of its transcription factor, not {name!r}")
        if not name.isprintable() or {"/", "\\"} & set(name) or not name.strip(". ") or name in _RESERVED:
            raise ValueError(
                f"{name!r} can't be the name of a transcription factor: names become keys of h5ad and zarr files, so "
                "'/', '\\', line ends, dots alone and '_index' are not allowed; name it otherwise, for instance with "
                "'-' or '::'"
            )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{what} names {twice!r} twice; each output needs a name of its own")
    return names
