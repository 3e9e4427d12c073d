"""Arguments of public functions, checked against the types in their signatures before any work."""

import re
from collections.abc import Callable, Iterable, Sized
from concurrent.futures import Executor
from functools import wraps
from inspect import Parameter, signature
from numbers import Integral, Real
from os import PathLike
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import pandas as pd

F = TypeVar("F", bound=Callable[..., object])


class _Kind(NamedTuple):
    """What a type in a signature stands for."""

    fits: Callable[[Any], bool]
    expected: str
    error: type[Exception] = ValueError


class _Conversion(NamedTuple):
    """What else is taken for a type, and what makes that an object of the type."""

    fits: Callable[[Any], bool]
    convert: Callable[[Any], Any]


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_) or (isinstance(value, Integral) and value in (0, 1))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and value == value


def _is_name(value: Any) -> bool:
    return _is_text(value) or _is_number(value)


def _are_names(value: Any) -> bool:
    if _is_name(value):
        return True
    if not isinstance(value, Iterable) or isinstance(value, bytes | bytearray):
        return False
    # what can be gone through only once is not looked into
    return not isinstance(value, Sized) or all(map(_is_name, value))


def _are_columns(value: Any) -> bool:
    """Names of columns; a column itself, which pandas holds as Series, is none."""
    return _is_text(value) or (not _is_name(value) and not hasattr(value, "iloc") and _are_names(value))


def _is_path(value: Any) -> bool:
    return isinstance(value, str | PathLike)


def _is_seed(value: Any) -> bool:
    return isinstance(value, np.random.Generator) or (
        isinstance(value, Integral) and not isinstance(value, bool | np.bool_) and int(value) >= 0
    )


def _is_size(value: Any) -> bool:
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != 2:
        return False
    return all(_is_number(side) and 0 < side < float("inf") for side in value)


def _is_table(value: Any) -> bool:
    return isinstance(value, pd.DataFrame)


def _is_object(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("obs", "uns", "obs_names"))


def _is_calibration(value: Any) -> bool:
    return _is_table(getattr(value, "frame", None))


def _are_paths(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_path, value))


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list | tuple | range | np.ndarray | pd.Series)  # each number is checked where it is used


def _has_axes_methods(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("get_figure", "get_position", "plot"))


def _has_genome_methods(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("sizes", "select_chroms", "fingerprint"))


_TEXT = _Kind(_is_text, "text")
_NAMES = _Kind(_are_names, "a name or several, in a list for instance")
_COLUMNS = _Kind(_are_columns, "the name of a column of obs, or a list of such names")
_PATH = _Kind(_is_path, "the path of one file or folder, as text or pathlib.Path")

_KINDS = {
    "bool": _Kind(_is_flag, "True or False"),
    "str": _TEXT,
    "str | Iterable[str]": _NAMES,
    "str | Iterable[str] | Mapping[str, str]": _NAMES,
    "Iterable[str]": _NAMES,
    "str | Sequence[str]": _COLUMNS,
    "str | PathLike[str]": _PATH,
    "Generator | int": _Kind(_is_seed, "a whole number of at least 0, or a numpy.random.Generator"),
    "tuple[float, float]": _Kind(_is_size, "a pair of positive numbers"),
    "Axes": _Kind(_has_axes_methods, "Axes of matplotlib"),
    "Executor": _Kind(
        lambda value: isinstance(value, Executor),
        "a concurrent.futures.Executor, such as ProcessPoolExecutor(4) or, with Dask, client.get_executor()",
    ),
    "DataFrame": _Kind(_is_table, "a table (pandas.DataFrame)"),
    "str | PathLike[str] | DataFrame": _Kind(
        lambda value: _is_path(value) or _is_table(value), "the path of one file, or a table (pandas.DataFrame)"
    ),
    "Sequence[str | PathLike[str]]": _Kind(_are_paths, "a list of paths"),
    "Sequence[int]": _Kind(_are_numbers, "a list of whole numbers"),
    "AnnData": _Kind(_is_object, "an AnnData"),
    "Calibration": _Kind(_is_calibration, "a calibration, such as tl.calibrate returns or model.calibration holds"),
    "Genome": _Kind(_has_genome_methods, "", TypeError),
}
"""Kinds by the text of their types without modules and None; other types are checked where they are understood."""

_CONVERSIONS: dict[str, _Conversion] = {}
"""By the text of a type."""

_MAY_BE_NUMBERS = ("group", "reference", "target")
"""Parameters that name one group of cells, whose clusters are often numbered."""

_SHOWN = 4
"""Elements up to which a list is shown in a message."""


def convert_kind(kind: str, fits: Callable[[Any], bool], convert: Callable[[Any], Any]) -> None:
    """Take other values for a type, too, in all functions with `checked_arguments`; the type's own room says which.

    Parameters
    ----------
    kind
        Text of the type, without modules.
    fits
        Whether a value is one of these others.
    convert
        Makes an object of the type of one; called when all arguments of a call are of the right types.
    """
    _CONVERSIONS[kind] = _Conversion(fits, convert)


def checked_arguments(function: F) -> F:
    """Refuse arguments of another type than the signature has, before the function is entered.

    What is understood are the types that many functions share (names, columns, paths, truth values, seeds, sizes of
    figures, axes, executors, genomes); a ValueError, for genomes a TypeError, says what was given and what would do.
    What :func:`convert_kind` knows is converted before the function is entered, such as the path of a genome.
    """
    parameters = signature(function).parameters
    names = list(parameters)
    kinds = {name: kind for name, parameter in parameters.items() if (kind := _kind_of(parameter)) is not None}
    texts = {name: _kind_text(parameter) for name, parameter in parameters.items()}
    optional = {name for name, parameter in parameters.items() if "None" in _text_of(parameter).split(" | ")}

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> object:
        given = dict(zip(names, args, strict=False)) | kwargs
        others: dict[str, Callable[[Any], Any]] = {}
        for name, kind in kinds.items():
            if name not in given or (given[name] is None and name in optional):
                continue
            conversion = _CONVERSIONS.get(texts[name])
            if conversion is not None and conversion.fits(given[name]):
                others[name] = conversion.convert
            elif not kind.fits(given[name]):
                raise kind.error(_message(name, given[name], kind))
        for name, convert in others.items():
            made = convert(given[name])
            if name in kwargs:
                kwargs[name] = made
            else:
                at = names.index(name)
                args = (*args[:at], made, *args[at + 1 :])
        return function(*args, **kwargs)

    return cast(F, checked)


def _text_of(parameter: Parameter) -> str:
    annotation = parameter.annotation
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return re.sub(r"[A-Za-z_][\w.]*\.(?=\w)", "", text)


def _kind_text(parameter: Parameter) -> str:
    return " | ".join(part for part in _text_of(parameter).split(" | ") if part != "None")


def _kind_of(parameter: Parameter) -> _Kind | None:
    kind = _KINDS.get(_kind_text(parameter))
    if kind is _TEXT and parameter.name in _MAY_BE_NUMBERS:
        return _Kind(_is_name, "a name")
    return kind


def _message(name: str, value: Any, kind: _Kind) -> str:
    if kind.error is TypeError:
        found = type(value).__name__
        return f"{name} is a {found}; make one with scmaxatac.Genome('hg38.fa', ...), or give a path or a name"
    if isinstance(value, str | bytes | Real) or value is None:
        shown = f"{value!r:.120} ({type(value).__name__})"
    elif isinstance(value, list | tuple) and len(value) <= _SHOWN:
        shown = f"{value!r:.120}"
    else:
        shown = f"a {type(value).__name__}"
    return f"{name} is {shown}; it has to be {kind.expected}"
