"""From the texts of arguments to what functions take."""

from pathlib import Path

from scmaxatac.zoo._threshold_rules import Threshold, threshold_of_text


def parse_path(text: str) -> Path:
    """Path of an argument, with ``~``, which shells leave alone behind a ``=``."""
    return Path(text).expanduser()


def split_names(text: str) -> list[str]:
    """Names of an argument, which commas may separate."""
    return [name for part in text.split(",") if (name := part.strip())]


def parse_pairs(given: list[str] | None) -> dict[str, str] | None:
    """Understand ``NAME=FILE`` of an option, once or several times.

    Raises
    ------
    ValueError
        If one is something else.
    """
    if not given:
        return None
    pairs = [text.partition("=") for text in given]
    for text, (name, equals, file) in zip(given, pairs, strict=True):
        if not (name and equals and file):
            raise ValueError(f"expected NAME=FILE, found {text}")
    return {name: file for name, _, file in pairs}


def parse_places(given: list[str] | None) -> str | list[str] | None:
    """Understand ``--regions``: a file or a word, or one or several regions such as ``chr5:8000-9000``."""
    return given[0] if given and len(given) == 1 else given


def parse_depth(text: str) -> int | str:
    """Number of fragments of an argument; what is none is left to the function to refuse."""
    return int(text) if text.lstrip("-").isdecimal() else text


def parse_threshold(text: str) -> Threshold:
    """Understand ``--threshold``: a name, a number, or ``precision=0.8`` and the like.

    Parameters
    ----------
    text
        What was given.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    try:
        return threshold_of_text(text)
    except ValueError as error:
        raise ValueError(f"--{error}") from None


def parse_fragments(given: list[str] | None) -> str | dict[str, str] | None:
    """Understand ``--fragments``: one file, or ``SAMPLE=FILE`` for each sample.

    Parameters
    ----------
    given
        What was given.

    Raises
    ------
    ValueError
        If there are several files without samples.
    """
    if not given:
        return None
    if len(given) == 1 and ("=" not in given[0] or Path(given[0]).exists()):
        return given[0]
    pairs = [text.partition("=") for text in given]
    if not all(equals and sample and file for sample, equals, file in pairs):
        raise ValueError("several fragment files need their samples: --fragments SAMPLE=FILE SAMPLE=FILE")
    return {sample: file for sample, _, file in pairs}
