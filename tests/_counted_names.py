"""Names that count how often they are compared: quadratic work is told from linear without a clock."""

from typing import ClassVar


class CountedName(str):
    """A name; ``compared`` holds what any of them was compared with, and is to be emptied before a test counts."""

    compared: ClassVar[list[object]] = []
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        self.compared.append(other)
        return str.__eq__(self, other)
