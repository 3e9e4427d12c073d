"""Scores that users give, as a bigWig or a table, read bin by bin."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.atac._bigwig_signal import check_lengths
from scmaxatac.evaluate._benchmark import max_per_bin
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, is_bigwig
from scmaxatac.genome._intervals_on_genome import on_genome
from scmaxatac.io._bigwig import read_bigwig, sizes_with_values

_OTHER_SCORES = ("signal_value", "p_value", "q_value")
"""Columns of narrowPeak files that intervals may be ranked by."""


def read_scores(
    scores: Table, genome: Genome, chroms: Iterable[str] | None, bin_size: int
) -> tuple[list[str], Iterator[np.ndarray]]:
    """Choose the chromosomes to compare on, and read the largest score in each of their bins.

    Raises
    ------
    ValueError
        If there are no scores on the genome, they are of several factors or groups, a chromosome has another length
        there, or a score is missing, negative or no number; the message names the file.
    """
    with _named(scores):
        if isinstance(scores, pd.DataFrame) or not is_bigwig(scores):
            chosen, largest = _from_table(scores, genome, chroms, bin_size)
        else:
            chosen, largest = _from_bigwig(scores, genome, chroms, bin_size)
    return chosen, _each_named(largest, scores)


@contextmanager
def _named(scores: Table) -> Iterator[None]:
    """Let the ValueErrors of a block name the file that the scores are read from."""
    try:
        yield
    except ValueError as error:
        if not isinstance(scores, str | PathLike) or str(scores) in str(error):
            raise
        raise ValueError(f"{scores}: {error}") from None


def _each_named(largest: Iterator[np.ndarray], scores: Table) -> Iterator[np.ndarray]:
    with _named(scores):
        yield from largest


def check_not_mixed(table: object, what: str, *columns: str) -> None:
    """Raise a ValueError if a table has one of the columns, tf and group, with more than one value in it."""
    if not isinstance(table, pd.DataFrame):
        return
    found = {column: table[column].dropna().astype(str).unique() for column in columns if column in table}
    if mixed := {column: values for column, values in found.items() if len(values) > 1}:
        words = {"tf": "factors", "group": "groups"}
        held = " and ".join(f"{len(v)} {words[c]} ({abbreviate(v)})" for c, v in mixed.items())
        one = " and ".join(words[column].removesuffix("s") for column in columns)
        pick = " & ".join(f"(table[{c!r}] == {v[0]!r})" for c, v in mixed.items())
        raise ValueError(
            f"{what} are of {held}; all of them would count as one. Choose those of one {one}, such as table[{pick}]"
        )


def _from_bigwig(
    path: str | PathLike[str], genome: Genome, chroms: Iterable[str] | None, bin_size: int
) -> tuple[list[str], Iterator[np.ndarray]]:
    sizes = sizes_with_values(path)
    if not any(chrom in genome.sizes for chrom in sizes):
        raise ValueError(
            f"scores are on {abbreviate(sizes) or 'no chromosome'}, none of which {genome.source} has "
            f"({abbreviate(genome.chroms)})"
        )
    chosen = _choose(sizes, genome, chroms)
    present = [chrom for chrom in chosen if chrom in sizes]
    check_lengths(path, sizes, genome, present)

    def largest() -> Iterator[np.ndarray]:
        for chrom in chosen:
            n_bins = genome.sizes[chrom] // bin_size
            if chrom in present:
                starts, ends, values = read_bigwig(path, chrom)
                _refuse_negative(values, chrom)
                yield max_per_bin(starts, ends, values, n_bins, bin_size)
            else:
                yield np.zeros(n_bins, dtype=np.float32)

    return chosen, largest()


def _from_table(
    given: Table, genome: Genome, chroms: Iterable[str] | None, bin_size: int
) -> tuple[list[str], Iterator[np.ndarray]]:
    frame = on_genome(given, "scores", genome, columns=["name", "score", *_OTHER_SCORES])
    check_not_mixed(frame, "scores", "tf", "group")
    frame = _with_scores(frame, given)
    if not len(frame) and chroms is None:
        raise ValueError("there are no scores; name the chromosomes to compare on, where all bins then score 0")
    chosen = _choose(frame["chrom"].unique(), genome, chroms)

    def largest() -> Iterator[np.ndarray]:
        for chrom in chosen:
            rows = frame[frame["chrom"] == chrom]
            starts, ends, values = (rows[name].to_numpy() for name in ("start", "end", "score"))
            yield max_per_bin(starts, ends, values, genome.sizes[chrom] // bin_size, bin_size)

    return chosen, largest()


def _choose(present: Iterable[str], genome: Genome, chroms: Iterable[str] | None) -> list[str]:
    if chroms is not None:
        return genome.select_chroms(chroms)
    there = set(present)
    return [chrom for chrom in genome.chroms if chrom in there]


def _with_scores(frame: pd.DataFrame, given: Table) -> pd.DataFrame:
    """Add a column of scores to a table: 1 for each interval where it has none, or where all are missing.

    Scores that stand elsewhere are not passed over: numbers in place of the names of a BED file are those of a
    bedGraph, and scores that are all alike beside other numbers are no scores.
    """
    if "score" not in frame:
        _refuse_numbers_as_names(frame, given)
        return _scored(frame, 1.0)
    stored = frame["score"]
    missing = (stored.isna() | stored.isin([".", ""])).to_numpy(dtype=bool)
    if missing.all():
        _warn_if_none(frame, given)
        return _scored(frame, 1.0)
    if missing.any():
        raise ValueError(
            f"{missing.sum()} of {len(frame)} scores are missing ('.' or NaN); give every interval a score, or leave "
            "the column out and each scores 1"
        )
    numbers = pd.to_numeric(stored, errors="coerce").astype(float)
    if not np.isfinite(numbers).all():
        wrong = stored[~np.isfinite(numbers)].iloc[0]
        raise ValueError(
            f"a score is {wrong if isinstance(wrong, float) else repr(wrong)}; scores are finite numbers of at least 0"
        )
    if (numbers < 0).any():
        lowest = numbers.to_numpy().argmin()
        _refuse_negative(numbers.to_numpy(), frame["chrom"].iloc[lowest])
    _warn_if_all_alike(frame, numbers, given)
    return _scored(frame, numbers)


def _scored(frame: pd.DataFrame, scores: pd.Series | float) -> pd.DataFrame:
    """Positions and scores, without a copy of the positions."""
    positions = frame[["chrom", "start", "end"]].copy(deep=False)
    positions["score"] = scores
    return positions


def _refuse_numbers_as_names(frame: pd.DataFrame, given: Table) -> None:
    if isinstance(given, str | PathLike) and list(frame)[3:] == ["name"]:
        names = frame["name"].astype(str)
        if len(names) and names.nunique() > 1 and pd.to_numeric(names, errors="coerce").notna().all():
            raise ValueError(
                f"scores: the fourth column of {given}, which BED files have names in, holds numbers such as "
                f"{names.iloc[0]}. Are they the scores of a bedGraph? Then call the file .bedGraph; otherwise give the "
                "first three columns"
            )


def _warn_if_none(frame: pd.DataFrame, given: Table) -> None:
    if isinstance(given, str | PathLike) and len(frame):
        warn(f"all {len(frame):,} scores of {given} are missing: each interval scores 1{_what_differs(frame)}")


def _what_differs(frame: pd.DataFrame) -> str:
    """Hint at another column of a narrowPeak file that tells its intervals apart; "" without one."""
    other = next((name for name in _OTHER_SCORES if name in frame and frame[name].nunique() > 1), "")
    return f"; {other} differs: read the file and give it as the column score" if other else ""


def _warn_if_all_alike(frame: pd.DataFrame, numbers: pd.Series, given: Table) -> None:
    if isinstance(given, str | PathLike) and len(numbers) > 1 and numbers.nunique() == 1:
        warn(
            f"all {len(numbers):,} scores of {given} are {numbers.iloc[0]:g}: no interval ranks above "
            f"another{_what_differs(frame)}"
        )


def _refuse_negative(scores: np.ndarray, chrom: str) -> None:
    if (scores < 0).any():
        raise ValueError(
            f"scores on {chrom} are as low as {np.nanmin(scores):g}; a bin without a score counts as 0, so negative "
            "ones would rank below it. Give scores of at least 0: for log odds x the probability 1 / (1 + exp(-x))"
        )
