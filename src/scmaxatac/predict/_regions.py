"""Which regions a prediction covers."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, TypeAlias

import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import logger
from scmaxatac._text import abbreviate
from scmaxatac.containers._tables import to_pandas
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.genome._intervals_on_genome import on_genome
from scmaxatac.io._regions import parse_regions, what_are_no_regions

Regions: TypeAlias = Table

_OPTIONS = (
    "Give regions= as a BED file or a table of chrom, start and end, call peaks first with scmaxatac.pp.call_peaks, or "
    "predict everything with regions='genome'"
)


def resolve_regions(
    objects: Sequence[Any], regions: Regions, genome: Genome, chroms: Sequence[str]
) -> pd.DataFrame | None:
    """Find the regions of a prediction on the chosen chromosomes.

    Returns
    -------
    Distinct regions with chrom (categorical), start and end, sorted by chromosome and position; None for whole
    chromosomes.

    Raises
    ------
    ValueError
        If ``"auto"`` finds none, a row is no interval, none lies on the chosen chromosomes, or one reaches past its
        chromosome's end.
    """
    if isinstance(regions, str) and regions == "genome":
        logger.info("regions: whole chromosomes %s", ", ".join(chroms))
        return None
    if isinstance(regions, str) and regions == "auto" and not objects:
        raise ValueError(f"regions='auto' looks for peaks in an object, and pseudobulks hold none. {_OPTIONS}.")
    given: Table
    if isinstance(regions, str) and regions == "auto":
        given, origin = _automatic(objects)
    elif isinstance(regions, str | PathLike | pd.DataFrame):
        given, origin = regions, "the table given" if isinstance(regions, pd.DataFrame) else str(regions)
    elif isinstance(regions, Iterable) and not isinstance(regions, Mapping):
        given, origin = list(regions), "the names given"
    else:
        raise ValueError(f"regions is a {type(regions).__name__}. {_OPTIONS}.")
    frame = _checked(given, origin, genome, chroms)
    logger.info("regions: %d from %s", len(frame), origin)
    return frame


def regions_of_columns(adata: Any) -> pd.DataFrame:
    """Regions that the columns of a matrix stand for, from ``var`` or ``var_names``, one a column.

    Raises
    ------
    ValueError
        If neither holds intervals.
    """
    var = adata.var
    if isinstance(var, pd.DataFrame) and {"chrom", "start", "end"} <= set(var.columns):
        return read_intervals(var.reset_index(drop=True), "var")[["chrom", "start", "end"]]
    for names in (adata.var_names, var["interval"] if "interval" in list(var.keys()) else ()):
        if (frame := parse_regions(names)) is not None:
            return frame
    raise ValueError(
        f"the columns of the matrix are no regions: of var_names, {what_are_no_regions(adata.var_names)}, and var has "
        "no columns chrom, start and end"
    )


def _automatic(objects: Sequence[Any]) -> tuple[pd.DataFrame, str]:
    parsed = [parse_regions(adata.var_names) for adata in objects]
    if all(frame is not None and not _tiles_genome(frame) for frame in parsed):
        return pd.concat([frame.astype({"chrom": str}) for frame in parsed if frame is not None]), "var_names"
    for key in _keys.MACS3:
        found = [_peaks(adata.uns[key], f"peaks in uns[{key!r}]") for adata in objects if key in adata.uns]
        if found:
            return pd.concat(found), f"uns[{key!r}]"
    others = [adata for adata, frame in zip(objects, parsed, strict=True) if frame is None]
    what = (
        f"of var_names, {what_are_no_regions(others[0].var_names)}" if others else "var_names are tiles of the genome"
    )
    raise ValueError(
        f"regions='auto' found no peaks: {what}, and there is no uns['macs3'] or uns['macs3_pseudobulk']. {_OPTIONS}."
    )


def _tiles_genome(frame: pd.DataFrame) -> bool:
    """Whether intervals are the bins of a tile matrix: of one width, at multiples of it (but for chromosome ends)."""
    width = int((frame["end"] - frame["start"]).max())
    return len(frame) > 1 and bool((frame["start"] % width == 0).all())


def _peaks(stored: Any, what: str) -> pd.DataFrame:
    """Union of peaks as SnapATAC2 stores them: a table, or a table a group; pandas or polars."""
    if isinstance(stored, Mapping):
        tables = [_peaks(value, what) for value in stored.values()]
        return pd.concat(tables) if tables else pd.DataFrame({"chrom": [], "start": [], "end": []})
    try:
        frame = to_pandas(stored)
    except TypeError as error:
        raise ValueError(f"{what}: {error}") from None
    if "Peaks" in frame:
        parsed = parse_regions(frame["Peaks"])
        if parsed is None:
            raise ValueError(f"{what}: the column 'Peaks' does not hold intervals such as chr1:100-200")
        frame = parsed
    return read_intervals(frame, what)[["chrom", "start", "end"]]


def _checked(given: Table, origin: str, genome: Genome, chroms: Sequence[str]) -> pd.DataFrame:
    frame = on_genome(given, "regions", genome, columns=())[["chrom", "start", "end"]]
    chosen = frame[frame["chrom"].isin(list(chroms))]
    if len(chosen) < len(frame):
        logger.info(
            "%d of %d regions lie on other chromosomes than %s",
            len(frame) - len(chosen), len(frame), abbreviate(chroms),
        )  # fmt: skip
    if not len(chosen):
        raise ValueError(f"none of the {len(frame)} regions from {origin} lies on {abbreviate(chroms)}. {_OPTIONS}.")
    chosen = chosen.assign(chrom=pd.Categorical(chosen["chrom"], categories=list(chroms)))
    return chosen.sort_values(["chrom", "start", "end"]).drop_duplicates().reset_index(drop=True)
