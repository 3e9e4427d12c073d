"""Intervals that are drawn as rows of bars."""

from collections.abc import Mapping

import pandas as pd

from scmaxatac.genome._chrom_styles import other_style
from scmaxatac.genome._interval_table import Table, is_path, read_interval_blocks, read_intervals


def read_strips(
    given: Mapping[str, Table] | None, place: tuple[str, int, int], argument: str
) -> dict[str, pd.DataFrame]:
    """Read rows of intervals and keep what lies in the part of the genome that is shown.

    Parameters
    ----------
    given
        ``{name: intervals}``.
    place
        Chromosome, start and end.
    argument
        Name of the argument, for messages.

    Raises
    ------
    ValueError
        If it is no such mapping, a row holds no interval, or the chromosomes are named in another style.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError(f"{argument} is a {type(given).__name__}; give a name to each row, {{'peaks': table}}")
    chrom, start, end = place
    found = {}
    for name, table in given.items():
        what = argument if argument == name else f"{argument} {name!r}"
        chroms: set[str] = set()
        parts = []
        for rows in read_interval_blocks(table, what) if is_path(table) else [read_intervals(table, what)]:
            chroms.update(rows["chrom"].unique())
            here = (rows["chrom"] == chrom) & (rows["end"] > start) & (rows["start"] < end)
            parts.append(rows.loc[here, ["start", "end"]].clip(start, end))
        if other_style(chrom) in chroms and chrom not in chroms:
            raise ValueError(
                f"{what}: {other_style(chrom)!r} there is {chrom!r} in the region that is shown; rename the chromosomes"
            )
        found[str(name)] = pd.concat(parts) if parts else pd.DataFrame({"start": [], "end": []}, dtype=int)
    return found
