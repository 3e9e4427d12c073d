"""Which regions a prediction covers."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import logger
from scmaxatac.genome._genome import Genome
from scmaxatac.io._bed import read_bed
from scmaxatac.io._regions import parse_regions

Regions: TypeAlias = str | PathLike[str] | pd.DataFrame

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
        If ``"auto"`` finds none, none lies on the chosen chromosomes, or one reaches past its chromosome's end.
    """
    if isinstance(regions, pd.DataFrame):
        frame, origin = regions, "the table given"
    elif regions == "genome":
        logger.info("regions: whole chromosomes %s", ", ".join(chroms))
        return None
    elif regions == "auto":
        frame, origin = _automatic(objects)
    else:
        frame, origin = read_bed(regions), str(regions)
    frame = _checked(frame, origin, genome, chroms)
    logger.info("regions: %d from %s", len(frame), origin)
    return frame


def _automatic(objects: Sequence[Any]) -> tuple[pd.DataFrame, str]:
    parsed = [parse_regions(adata.var_names) for adata in objects]
    if all(frame is not None and not _tiles_genome(frame) for frame in parsed):
        return pd.concat([frame.astype({"chrom": str}) for frame in parsed if frame is not None]), "var_names"
    for key in _keys.MACS3:
        found = [_peaks(adata.uns[key]) for adata in objects if key in adata.uns]
        if found:
            return pd.concat(found), f"uns[{key!r}]"
    what = "are tiles of the genome" if all(frame is not None for frame in parsed) else "are not intervals"
    example = objects[0].var_names[0] if len(objects[0].var_names) else "there are none"
    raise ValueError(
        f"regions='auto' found no peaks: var_names {what} ({example}), and there is no uns['macs3'] or "
        f"uns['macs3_pseudobulk']. {_OPTIONS}."
    )


def _tiles_genome(frame: pd.DataFrame) -> bool:
    """Whether intervals are the bins of a tile matrix: of one width, at multiples of it (but for chromosome ends)."""
    width = int((frame["end"] - frame["start"]).max())
    return len(frame) > 1 and bool((frame["start"] % width == 0).all())


def _peaks(stored: Any) -> pd.DataFrame:
    """Union of peaks as SnapATAC2 stores them: a table, or a table a group; pandas or polars."""
    if isinstance(stored, Mapping):
        tables = [_peaks(value) for value in stored.values()]
        return pd.concat(tables) if tables else pd.DataFrame({"chrom": [], "start": [], "end": []})
    frame = stored.to_pandas() if hasattr(stored, "to_pandas") else pd.DataFrame(stored)
    if "Peaks" in frame:
        parsed = parse_regions(frame["Peaks"])
        if parsed is None:
            raise ValueError("the column 'Peaks' of uns['macs3'] does not hold intervals such as chr1:100-200")
        frame = parsed
    if missing := [name for name in ("chrom", "start", "end") if name not in frame]:
        raise ValueError(f"the peaks in uns['macs3'] lack the columns {missing}; they have {list(frame.columns)}")
    return frame[["chrom", "start", "end"]].astype({"chrom": str})


def _checked(frame: pd.DataFrame, origin: str, genome: Genome, chroms: Sequence[str]) -> pd.DataFrame:
    missing = [name for name in ("chrom", "start", "end") if name not in frame]
    if missing:
        raise ValueError(f"regions from {origin} lack the columns {missing}; they have {list(frame.columns)}")
    frame = frame[["chrom", "start", "end"]].copy()
    frame["chrom"] = frame["chrom"].astype(str)
    unknown = ~frame["chrom"].isin(list(genome.sizes))
    if len(frame) and unknown.all():
        raise ValueError(
            f"no region from {origin} lies on a chromosome of {genome.source}: regions are on "
            f"{', '.join(frame['chrom'].unique()[:5])}, the genome has {', '.join(genome.chroms[:5])}. "
            "Are the names of the same style (chr1, not 1)?"
        )
    size = frame["chrom"].map(genome.sizes).to_numpy(dtype=float)
    start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
    wrong = np.flatnonzero((start < 0) | (end <= start) | (end > size))
    if len(wrong):
        row = frame.iloc[wrong[0]]
        raise ValueError(
            f"region {row['chrom']}:{row['start']}-{row['end']} from {origin} is empty or lies off "
            f"{genome.source}, where {row['chrom']} has {genome.sizes.get(row['chrom'], 0):,} bp "
            f"({len(wrong)} such regions). Are regions and genome of the same assembly?"
        )
    chosen = frame[frame["chrom"].isin(list(chroms))]
    if len(chosen) < len(frame):
        logger.info(
            "%d of %d regions lie on other chromosomes than %s", len(frame) - len(chosen), len(frame), _few(chroms)
        )
    if not len(chosen):
        raise ValueError(f"none of the {len(frame)} regions from {origin} lies on {_few(chroms)}. {_OPTIONS}.")
    chosen = chosen.assign(chrom=pd.Categorical(chosen["chrom"], categories=list(chroms)))
    chosen = chosen.astype({"start": np.int64, "end": np.int64})
    return chosen.sort_values(["chrom", "start", "end"]).drop_duplicates().reset_index(drop=True)


def _few(chroms: Sequence[str]) -> str:
    return ", ".join(chroms[:5]) + (f", ... ({len(chroms)} chromosomes)" if len(chroms) > 5 else "")
