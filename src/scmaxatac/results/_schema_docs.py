"""Passages of docstrings and of the documentation that the schema is written out in."""

from textwrap import fill

from scmaxatac._keys import KEY_ADDED
from scmaxatac.results._schema import SLOTS
from scmaxatac.results._slot import Column, Slot


def slots_text(function: str, key: str = KEY_ADDED) -> str:
    """List of the slots that a function writes, with their columns, for the section Returns of its docstring."""
    written = (slot for slot in SLOTS if slot.written_by == function)
    return "\n".join(f"``{slot.path(key)}``\n{_indented(_summary(slot))}" for slot in written)


def columns_text(slot: Slot) -> str:
    """List of a slot's columns for the section Returns of a docstring."""
    return "\n".join(f"{_shown(column.name)} : {_type(column)}\n{_indented(column.text)}" for column in slot.columns)


def _shown(name: str) -> str:
    return f"``{name}``" if "<" in name else name


def _summary(slot: Slot) -> str:
    if slot.kind == "array":
        return f"({', '.join(slot.shape)}) {slot.dtype}. {slot.text}"
    if slot.kind == "json" or any(not column.is_one for column in slot.columns[:1]):
        return slot.text
    names = ", ".join(_shown(column.name) for column in slot.columns)
    return f"{slot.text} Columns: {names}."


def _indented(text: str) -> str:
    return fill(text, 112, initial_indent="    ", subsequent_indent="    ")


def _type(column: Column) -> str:
    return column.dtype + (f", {column.unit}" if column.unit else "")
