"""Names of groups in the room that there is: broken into lines, shortened in the middle, never two alike."""

from collections import Counter
from collections.abc import Iterable
from itertools import count
from textwrap import wrap

ELLIPSIS = "…"


def distinct_labels(names: Iterable[object], width: int = 18, lines: int = 3) -> list[str]:
    """Labels of different names, all different.

    Names that would be shortened to the same lose their common end instead of their middle, and where that leaves some
    alike they are numbered.

    Parameters
    ----------
    names
        The names, each once.
    width, lines
        Characters in a line, and lines.
    """
    texts = [str(name) for name in names]
    labels = [wrapped(text, width, lines) for text in texts]
    times = Counter(labels)
    taken = {label for label in labels if times[label] == 1}
    for alike in [label for label in times if times[label] > 1]:
        members = [i for i, label in enumerate(labels) if label == alike]
        common = _common_end([texts[i] for i in members])
        cut = [wrapped(texts[i][: len(texts[i]) - common].rstrip(), width, lines, ELLIPSIS) for i in members]
        if len(set(cut) - taken) < len(members):
            cut = []
            for i in members:
                numbered = (wrapped(texts[i], width, lines, f" ({number})") for number in count(1))
                cut.append(next(label for label in numbered if label not in taken and label not in cut))
        for i, label in zip(members, cut, strict=True):
            labels[i] = label
        taken.update(cut)
    return labels


def wrapped(name: str, width: int = 18, lines: int = 3, suffix: str = "") -> str:
    """Break a long name into lines, at the bars that join columns of obs first; what does not fit is its middle.

    The suffix stays whole.
    """
    for length in range(min(len(name), width * lines), 1, -1):
        text = shortened(name, length) + suffix
        pieces = wrap(text.replace("|", "| "), width, break_on_hyphens=False)
        if len(pieces) <= lines:
            return "\n".join(pieces).replace("| ", "|") or name
    return name + suffix


def _common_end(texts: list[str]) -> int:
    """Characters at the end that all texts share, in whole words and numbers."""
    backwards = enumerate(zip(*map(reversed, texts), strict=False))
    n = next((n for n, characters in backwards if len(set(characters)) > 1), min(map(len, texts)))
    while n and any(text[len(text) - n].isalnum() and text[len(text) - n - 1].isalnum() for text in texts):
        n -= 1
    return n


def shortened(name: str, length: int) -> str:
    """Beginning and end of a name that is too long, as names that start alike often differ at their ends."""
    if len(name) <= length:
        return name
    head = length // 2
    return f"{name[:head].rstrip()}{ELLIPSIS}{name[len(name) - (length - 1 - head) :].lstrip()}"
