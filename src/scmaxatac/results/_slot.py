"""What a slot is declared as: its name and place, its columns with type, unit and a sentence each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["table", "array", "json"]
Place = Literal["uns", "obsm", "entry"]
Dtype = Literal["category", "text", "uint8", "int64", "float32", "float64", "number", "list", "object", "bool"]

EACH_TF = "<TF>"
"""Part of a column's name that stands for the name of each transcription factor."""


@dataclass(frozen=True)
class Column:
    """A column of a table, or a field of a JSON object.

    Attributes
    ----------
    name
        Its name; ``<TF>`` in it stands for the name of each transcription factor.
    dtype
        Its type in memory; text and categories are one where the container has no categories.
    text
        What it holds, as a sentence.
    unit
        Unit, where it has one.
    """

    name: str
    dtype: Dtype
    text: str
    unit: str = ""

    def matches(self, name: str) -> bool:
        """Whether a column of this name is the one that is declared."""
        pattern = re.escape(self.name).replace(re.escape(EACH_TF), ".+")
        return re.fullmatch(pattern, name, flags=re.DOTALL) is not None

    @property
    def is_one(self) -> bool:
        """Whether it stands for one column, not for one a transcription factor."""
        return EACH_TF not in self.name


@dataclass(frozen=True)
class Slot:
    """A slot of a prediction.

    Attributes
    ----------
    name
        Name in ``uns[key]``; in ``obsm`` and for an entry of its own a name that ``{key}`` is put into.
    kind
        A table, an array, or a JSON object in a string.
    text
        What it holds, as a sentence.
    columns
        Columns of a table, fields of a JSON object.
    place
        Where it lies: in the results' entry of ``uns``, in ``obsm``, or as an entry of ``uns`` of its own.
    index
        Name of what the rows stand for, where they have names: the index of pandas' tables, a column of polars'.
    shape
        Dimensions of an array.
    dtype
        Type of an array's values.
    written_by
        The function that writes it.
    always
        Whether every prediction has it; the reader refuses one that lacks it.
    """

    name: str
    kind: Kind
    text: str
    columns: tuple[Column, ...] = ()
    place: Place = "uns"
    index: str = ""
    shape: tuple[str, ...] = ()
    dtype: Dtype | None = None
    written_by: str = "tl.predict_tfbs"
    always: bool = False

    def path(self, key: str) -> str:
        """Where the slot lies in an object, as it is written in Python."""
        if self.place == "obsm":
            return f'obsm["{self.name_with(key)}"]'
        if self.place == "entry":
            return f'uns["{self.name_with(key)}"]'
        return f'uns["{key}"]["{self.name}"]'

    def name_with(self, key: str) -> str:
        """Name of the entry of ``obsm``, or of ``uns`` where it has one of its own."""
        return self.name.format(key=key)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Columns that are declared but not among some names."""
        present = set(names)
        return [column.name for column in self.columns if column.is_one and column.name not in present]

    def undeclared(self, names: Iterable[str]) -> list[str]:
        """Names that no column is declared for."""
        return [name for name in names if not any(column.matches(name) for column in self.columns)]

    def column(self, name: str) -> Column:
        """Declaration of a column."""
        exact = [column for column in self.columns if column.name == name]
        return (exact or [column for column in self.columns if column.matches(name)])[0]
