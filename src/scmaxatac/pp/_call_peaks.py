"""Peaks of every group, called with MACS3."""

import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger, warn
from scmaxatac._text import abbreviate
from scmaxatac.atac._cell_fragments import CellFragments, collect_fragments
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import split_objects, unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.containers._tables import put_table, to_pandas
from scmaxatac.fragments._read_groups import FragmentPaths, read_groups
from scmaxatac.genome import Genome
from scmaxatac.io._bed import write_bed
from scmaxatac.results._entries import check_name

_COLUMNS = ["chrom", "start", "end", "group", "score", "signal_value", "p_value", "q_value", "peak"]
_OF_MACS3 = set(_COLUMNS) - {"group", "score"}
"""Columns that tables of peaks have, ours and those of SnapATAC2."""


@shared_docs
@checked_arguments
def call_peaks(
    data: Any,
    groupby: str | Sequence[str],
    *,
    genome: Genome,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    mod: str = "atac",
    chroms: str | Iterable[str] | None = None,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    qvalue: float = 0.05,
    n_jobs: int = 1,
    key_added: str = _keys.MACS3[0],
    copy: bool = False,
) -> Any:
    """Call accessible regions of every group with MACS3, through SnapATAC2.

    Insertions are widened to 200 bp and peaks called on them, as ``snapatac2.tl.macs3`` does; any source of fragments
    will do, not just SnapATAC2's objects. :func:`scmaxatac.tl.predict_tfbs` takes the union over the groups as its
    regions when ``var_names`` are no peaks.

    Parameters
    ----------
    data
        {data}
    groupby
        {groupby}
    genome
        {genome}
        Peaks on its blacklist are removed.
    fragments
        {fragments}
    sample_key
        {sample_key}
    barcode_key
        {barcode_key}
    mod
        {mod}
    chroms
        {chroms}
    min_cells
        Groups with fewer cells are skipped, with a warning.
    min_fragments
        Groups with fewer fragments are skipped, with a warning.
    qvalue
        Largest false discovery rate of a peak.
    n_jobs
        Processes to use.
    key_added
        Name of the table in ``uns``. Under another name than ``"macs3"``, give it to `regions` yourself.
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. Every object gets ``uns[key_added]``: chrom, start, end (0-based, half-open), group,
    score, signal_value (fold enrichment), p_value and q_value (-log10), peak (summit, in bp from the start); a peak
    with several summits has several rows.

    Raises
    ------
    ImportError
        If SnapATAC2 is not installed.
    FileNotFoundError
        If a fragment file does not exist.
    KeyError
        If a column, chromosome or sample is missing.
    ValueError
        If the peaks can't be stored in an object (opened read-only, a view of a file), or not under `key_added`, which
        files do not keep or which holds something else; if no fragments or too few of the barcodes are found, contigs
        or lengths don't fit the genome, or no group is large enough.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.pp.call_peaks(toy.adata, "cell_type", genome=toy.genome)  # doctest: +SKIP
    >>> toy.adata.uns["macs3"].groupby("group", observed=True).size()  # doctest: +SKIP
    """
    check_name(key_added)
    check_number("min_cells", min_cells)
    check_number("min_fragments", min_fragments)
    check_number("qvalue", qvalue, low=0, high=1)
    check_number("n_jobs", n_jobs, whole=True)
    _require_snapatac2()
    chosen = genome.select_chroms(chroms)
    if copy:
        data = copied(data)
    check_storable(data, key_added, mod=mod)
    for _, member in split_objects(data):
        _refuse_other_entries(unwrap(member, mod), key_added)
    grouped = read_groups(data, groupby, fragments=fragments, sample_key=sample_key, barcode_key=barcode_key, mod=mod)
    pooled = collect_fragments(grouped.sources, genome, chroms=chosen)
    n_cells = sum(np.bincount(codes[codes >= 0], minlength=len(grouped.groups)) for codes in grouped.codes)
    n_fragments = np.bincount(pooled.cell, minlength=len(grouped.groups))
    kept = _deep_enough(list(grouped.groups), np.asarray(n_cells), n_fragments, min_cells, min_fragments)
    peaks = _macs3(pooled, kept, genome, chosen, qvalue, n_jobs)
    if peaks.empty:
        warn("MACS3 found no peaks; raise qvalue, or look at the depth of the groups")
    logger.info("%d peaks of %d groups stored in uns[%r]", len(peaks), len(kept), key_added)
    for _, member in split_objects(data):
        put_table(unwrap(member, mod), key_added, peaks)
    return data if copy else None


def _require_snapatac2() -> None:
    try:
        import snapatac2  # noqa: F401  (only to tell early whether it is there)
    except ImportError as error:
        raise ImportError(
            "call_peaks needs SnapATAC2 with MACS3 (a C compiler builds it): pip install 'scmaxatac[snapatac2]'. Or "
            "call peaks elsewhere and give them to predict_tfbs as regions=, a BED file or a table"
        ) from error


def _refuse_other_entries(adata: Any, key: str) -> None:
    """Raise a ValueError if `uns` holds something else than peaks under the name that peaks are to have."""
    if key in adata.uns and not _are_peaks(adata.uns[key]):
        raise ValueError(f"uns[{key!r}] holds something else than peaks; choose another key_added, or remove it")


def _are_peaks(stored: Any) -> bool:
    """Whether an entry holds peaks of MACS3: a table as here, or one a group as SnapATAC2 stores them."""
    if isinstance(stored, Mapping):
        return all(map(_are_peaks, stored.values()))
    try:
        return _OF_MACS3 <= set(to_pandas(stored))
    except TypeError:
        return False


def _deep_enough(
    groups: list[str], n_cells: np.ndarray, n_fragments: np.ndarray, min_cells: int, min_fragments: int
) -> dict[int, str]:
    """Code and name of the groups that are large enough; the others are warned about."""
    reasons = {}
    for i, group in enumerate(groups):
        if n_cells[i] < min_cells:
            reasons[i] = f"{n_cells[i]} cells, min_cells is {min_cells}"
        elif n_fragments[i] < max(min_fragments, 1):
            reasons[i] = f"{n_fragments[i]:,} fragments, min_fragments is {min_fragments:,}"
        if i in reasons:
            warn(f"group {group!r} is skipped: {reasons[i]}")
    if len(reasons) == len(groups):
        text = abbreviate((f"{groups[i]!r}: {reason}" for i, reason in reasons.items()), 8, separator="; ")
        raise ValueError(f"no group is large enough to call peaks ({text})")
    return {i: group for i, group in enumerate(groups) if i not in reasons}


def _macs3(
    pooled: CellFragments, groups: dict[int, str], genome: Genome, chroms: list[str], qvalue: float, n_jobs: int
) -> pd.DataFrame:
    import snapatac2

    with _undisturbed(), tempfile.TemporaryDirectory() as folder:
        blacklist = None
        if genome.blacklist is not None and len(table := genome.blacklist.frame()):
            blacklist = Path(folder) / "blacklist.bed"
            write_bed(blacklist, table)
        found = snapatac2.tl.macs3(
            _as_snapatac2(pooled, groups, genome, chroms),
            groupby=[str(i) for i in groups],  # names could be anything; numbers are safe in SnapATAC2's file names
            qvalue=qvalue,
            blacklist=blacklist,
            inplace=False,
            n_jobs=n_jobs,
        )
    frames = [found[str(i)].to_pandas().assign(group=group) for i, group in groups.items()]
    peaks = pd.concat(frames, ignore_index=True)[_COLUMNS]
    peaks = peaks.astype({"start": np.int64, "end": np.int64, "peak": np.int64})
    peaks["chrom"] = pd.Categorical(peaks["chrom"], categories=chroms)
    peaks["group"] = pd.Categorical(peaks["group"], categories=list(groups.values()))
    return peaks.sort_values(["group", "chrom", "start", "peak"], kind="stable", ignore_index=True)


def _as_snapatac2(pooled: CellFragments, groups: dict[int, str], genome: Genome, chroms: list[str]) -> Any:
    """Write groups into an object with SnapATAC2's layout, as if each were one cell."""
    import anndata
    from scipy import sparse

    sizes = np.array([genome.sizes[chrom] for chrom in chroms], dtype=np.uint64)
    offset_of = np.zeros(len(genome.chroms), dtype=np.int64)
    offset_of[[genome.chroms.index(chrom) for chrom in chroms]] = np.cumsum(sizes) - sizes
    row_of = np.full(int(pooled.cell.max()) + 1, -1)
    row_of[list(groups)] = np.arange(len(groups))
    keep = row_of[pooled.cell] >= 0
    row, chrom, start, end = (column[keep] for column in (row_of[pooled.cell], *pooled[1:]))
    column = offset_of[chrom] + start
    order = np.lexsort((column, row))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(groups)))])
    lengths = (end - start).astype(np.uint32)
    adata = anndata.AnnData(obs=pd.DataFrame(index=[str(i) for i in groups]))
    adata.obsm[_keys.FRAGMENT_PAIRED] = sparse.csr_matrix(
        (lengths[order], column[order], indptr), shape=(len(groups), int(sizes.sum()))
    )
    adata.uns[_keys.REFERENCE_SEQUENCES] = pd.DataFrame({"reference_seq_name": chroms, "reference_seq_length": sizes})
    return adata


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Undo what SnapATAC2 and MACS3 leave behind: the root logger's level and Python's folder for temporary files."""
    if tempfile.tempdir is not None and not Path(tempfile.tempdir).is_dir():
        tempfile.tempdir = None  # left behind by a call of snapatac2.tl.macs3
    root = logging.getLogger()
    level, folder = root.level, tempfile.tempdir
    try:
        yield
    finally:
        root.setLevel(level)
        tempfile.tempdir = folder
