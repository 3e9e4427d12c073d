"""What a run gives back, and how it is put into the objects."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._files import atomic_path
from scmaxatac.io._objects import is_snapatac2
from scmaxatac.io._store import ScoreStore
from scmaxatac.io._uns import plain_table
from scmaxatac.models._calibration import Calibration
from scmaxatac.tl._assemble import assemble_activity, assemble_scores, assemble_sites
from scmaxatac.tl._thresholds import BinCounts, Calibrations, Threshold, thresholds_of
from scmaxatac.tracks._genome import Genome
from scmaxatac.tracks._intervals import Intervals
from scmaxatac.tracks._ranking import uncounted

_CALIBRATIONS = "calibration"
_UNCOUNTED = "uncounted.tsv"
_COUNTS = "bins.json"
_SCORES = "scores.zarr"


@dataclass(frozen=True)
class CallingContext:
    """What thresholds depend on beside the scores; kept in the run's folder, so that sites can be called again."""

    calibrations: Calibrations
    genome: Genome
    counts: BinCounts


@dataclass
class CalledSites:
    """Sites at given thresholds, and what is counted from them."""

    thresholds: pd.DataFrame
    sites: pd.DataFrame
    activity: pd.DataFrame

    @property
    def n_sites(self) -> pd.Series:
        """Sites of each group, all transcription factors together."""
        return self.sites["group"].value_counts().reindex(self.activity.index, fill_value=0)


def call(store: ScoreStore, rule: Threshold, context: CallingContext, regions: Intervals | None) -> CalledSites:
    """Call the sites of all groups and transcription factors; `regions` restrict them, None takes all bins."""
    thresholds = thresholds_of(rule, context.calibrations, store, context.genome, context.counts)
    sites = assemble_sites(store, thresholds, regions)
    return CalledSites(thresholds, sites, assemble_activity(store, sites))


def write_context(store: ScoreStore, context: CallingContext) -> None:
    """Put into the run's folder what calling sites again will need."""
    for i, calibration in enumerate(context.calibrations.values()):
        path = store.folder / _CALIBRATIONS / f"{i:03d}.tsv"
        if calibration is None:
            path.unlink(missing_ok=True)
        else:
            calibration.save(path)
    with atomic_path(store.folder / _UNCOUNTED) as temporary:
        uncounted(context.genome, store.chroms).frame().to_csv(temporary, sep="\t", index=False)
    with atomic_path(store.folder / _COUNTS) as temporary:
        temporary.write_text(json.dumps(asdict(context.counts)))


def read_context(store: ScoreStore) -> CallingContext:
    """Read what :func:`write_context` wrote; the genome has no sequence, and as blacklist all bins that don't count."""
    paths = [store.folder / _CALIBRATIONS / f"{i:03d}.tsv" for i in range(len(store.tfs))]
    tables = [Calibration.read(path) if path.is_file() else None for path in paths]
    blacklist = pd.read_csv(store.folder / _UNCOUNTED, sep="\t", dtype={"chrom": str})
    counts = BinCounts(**json.loads((store.folder / _COUNTS).read_text()))
    genome = Genome.from_sizes(store.sizes, blacklist=blacklist)
    return CallingContext(dict(zip(store.tfs, tables, strict=True)), genome, counts)


def region_scores(store: ScoreStore, n_regions: int) -> np.ndarray | Path:
    """Region scores (groups, regions, TFs) float32, or the path of a zarr array of them when they are large."""
    shape = (len(store.groups), n_regions, len(store.tfs))
    megabytes = np.prod(shape, dtype=float) * 4 / 1e6
    if megabytes <= settings.max_scores_mb:
        return np.stack([assemble_scores(store, group) for group in store.groups])
    import zarr

    path = store.folder / _SCORES
    chunks = (1, min(n_regions, 65_536), 1)
    array = zarr.open_array(str(path), mode="w", shape=shape, chunks=chunks, dtype="f4")
    for g, group in enumerate(store.groups):
        array[g] = assemble_scores(store, group)
    logger.info("region scores (%.0f MB) are kept in %s", megabytes, path)
    return path


def check_key(objects: Sequence[Any], key: str) -> None:
    """Raise a ValueError if a run's results cannot be stored under this name without harm."""
    if not isinstance(key, str) or not key or "/" in key:
        raise ValueError(
            f"key_added is {key!r}; it has to be a text without '/', which h5ad files do not keep in names"
        )
    for adata in objects:
        if key in adata.uns and not (isinstance(adata.uns[key], Mapping) and _keys.PARAMS in adata.uns[key]):
            raise ValueError(f"uns[{key!r}] holds something else than a prediction; choose another key_added")


def write_slots(
    objects: Sequence[Any],
    codes: Sequence[np.ndarray],
    names: Sequence[str],
    slots: dict[str, Any],
    key: str,
) -> None:
    """Put a run's slots into every object, and each cell's activity into its own.

    `codes` and `names` give the group of each object's cells.
    """
    for adata, code in zip(objects, codes, strict=True):
        if key in adata.uns:
            logger.info("uns[%r] and obsm[%r] are replaced", key, _keys.activity_obsm(key))
        adata.uns[key] = {}
        merge_slots(adata, slots, key)
        write_cell_activity(adata, code, names, slots[_keys.ACTIVITY], key)


def merge_slots(adata: Any, slots: dict[str, Any], key: str) -> None:
    """Put slots into an object's entry, beside those that are there already."""
    if is_snapatac2(adata):
        adata.uns[key] = {**adata.uns[key], **{name: _plain(value) for name, value in slots.items()}}
    else:
        copies = {name: value.copy() if hasattr(value, "copy") else value for name, value in slots.items()}
        adata.uns[key] = {**adata.uns[key], **copies}


def write_cell_activity(adata: Any, codes: np.ndarray, names: Sequence[str], activity: pd.DataFrame, key: str) -> None:
    """Give each cell its group's activity, NaN to cells without a group or of a group that was skipped."""
    table = activity.reindex(list(names)).to_numpy(dtype=np.float32)
    cells = np.vstack([table, np.full((1, table.shape[1]), np.nan, dtype=np.float32)])[codes]
    slot = _keys.activity_obsm(key)
    if is_snapatac2(adata):
        adata.obsm[slot] = cells
    else:
        adata.obsm[slot] = pd.DataFrame(cells, index=adata.obs_names, columns=list(activity.columns))


def _plain(value: Any) -> Any:
    """Turn a slot into what SnapATAC2's backed objects can hold; groups in the index become a column."""
    if not isinstance(value, pd.DataFrame):
        return value
    return plain_table(value if value.index.name is None else value.reset_index())


def encode_params(params: dict[str, Any]) -> str:
    """Write parameters as one JSON string, the only form that every container and file format keeps."""
    return json.dumps(params, default=str, sort_keys=True)


def decode_params(slots: Any) -> dict[str, Any]:
    """Read what :func:`encode_params` wrote."""
    return json.loads(str(slots[_keys.PARAMS]))
