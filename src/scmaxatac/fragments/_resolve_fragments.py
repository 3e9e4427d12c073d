"""Finding an object's fragments, wherever they are kept."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, known_instead
from scmaxatac.containers._objects import obs_texts, unwrap
from scmaxatac.fragments._bam import BamFragments
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.fragments._snapatac2 import SnapFragments, fragment_key
from scmaxatac.fragments._source import FragmentSource

_Path = str | os.PathLike[str]
SourceWithRows = tuple[FragmentSource, np.ndarray]
"""A source, and the row in the object of each of its cells, (n_cells,) int64."""


def fragment_sources(
    data: Any,
    *,
    fragments: _Path | Mapping[str, _Path] | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    mod: str = "atac",
) -> list[SourceWithRows]:
    """Find the fragments of one object; nothing is read yet.

    In this order: the argument, then SnapATAC2's ``obsm["fragment_paired"]`` or ``obsm["fragment_single"]``, then
    muon's ``uns["files"]["fragments"]``.

    Parameters
    ----------
    data
        AnnData, MuData or SnapATAC2's AnnData.
    fragments
        Fragment file, BAM file with cell barcodes (tag ``CB``), or ``{sample: file}``.
    sample_key
        Column of ``obs`` that says which file of ``{sample: file}`` a cell is in.
    barcode_key
        Column of ``obs`` that holds the barcodes as they stand in the file; by default the names of the cells.
    mod
        Modality of a MuData that holds the ATAC data.

    Returns
    -------
    Sources, each with the row in the object of each of its cells.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    KeyError
        If a column is missing, or a sample has no file.
    ValueError
        If no fragments are found, or cells can't be told apart.
    """
    adata = unwrap(data, mod)
    for key in (sample_key, barcode_key):  # also where one is not needed: it may be a slip
        if key is not None:
            obs_texts(data, key, mod)
    if fragments is not None:
        fragments = _one_or_named(fragments, "fragments")
    if fragments is None and fragment_key(adata) is not None:
        source = SnapFragments(adata)
        return [(source, np.arange(source.n_cells))]
    if fragments is None:
        fragments = _stored_path(adata)
    names = _barcodes(data, adata, barcode_key, mod)
    if not isinstance(fragments, Mapping):
        return [(open_fragments(fragments, names, None), np.arange(len(names)))]
    files = {str(sample): path for sample, path in fragments.items()}
    if not files:
        raise ValueError("fragments is an empty dict")
    if sample_key is None:
        if len(files) > 1:
            raise ValueError(
                f"fragments names {len(files)} samples ({abbreviate(map(repr, files), 3)}): "
                "say with sample_key= which obs column holds each cell's sample"
            )
        return [(open_fragments(path, names, sample), np.arange(len(names))) for sample, path in files.items()]
    return _by_sample(files, obs_texts(data, sample_key, mod), names, sample_key)


def _by_sample(files: dict[str, _Path], samples: np.ndarray, names: np.ndarray, key: str) -> list[SourceWithRows]:
    present = {sample: np.flatnonzero(samples == sample) for sample in dict.fromkeys(samples)}
    lost = present.pop("", np.empty(0, dtype=np.int64))
    if missing := [sample for sample in present if sample not in files]:
        raise KeyError(
            f"fragments has no file for sample {missing[0]!r} of obs[{key!r}] ({len(missing)} of {len(present)} have "
            f"none); {known_instead(missing, list(files), source='it has')}"
        )
    if not present:
        raise ValueError(f"no cell has a sample in obs[{key!r}]")
    if len(lost):
        warn(f"{len(lost)} cells have no sample in obs[{key!r}]: their fragments are not looked for")
    return [(open_fragments(files[sample], names[rows], sample), rows) for sample, rows in present.items()]


def open_fragments(path: _Path, names: np.ndarray | None, sample: str | None) -> FragmentSource:
    """Source of one file: a BAM file by its suffix, else a fragment file.

    Parameters
    ----------
    path
        The file.
    names
        Names of the cells, or None for all fragments as one bulk sample.
    sample
        The cells' sample, which may be an affix of their names.
    """
    cells = None if names is None else list(names)
    if Path(path).suffix.lower() == ".bam":
        return BamFragments(path, cells, sample=sample)
    return FragmentFile(path, cells, sample=sample)


def _barcodes(data: Any, adata: Any, key: str | None, mod: str) -> np.ndarray:
    if key is None:
        return np.array(list(adata.obs_names), dtype=object)
    names = obs_texts(data, key, mod)
    if (n_missing := int((names == "").sum())) > 0:
        raise ValueError(f"{n_missing} of {len(names)} cells have no barcode in obs[{key!r}]")
    return names


def _stored_path(adata: Any) -> _Path | Mapping[str, _Path]:
    files = adata.uns["files"] if "files" in list(adata.uns.keys()) else {}
    path = files.get("fragments") if isinstance(files, Mapping) else None
    if path is None:
        raise ValueError(
            "no fragments found: give a fragment file as fragments= (or {sample: path} with sample_key=), or an object "
            "with SnapATAC2's obsm['fragment_paired'] or obsm['fragment_single'], or with muon's "
            "uns['files']['fragments'] (muon.atac.tl.locate_fragments sets it)"
        )
    path = _one_or_named(path, "uns['files']['fragments']")
    if isinstance(path, Mapping):
        return path
    if not Path(str(path)).expanduser().is_file():
        raise FileNotFoundError(f"uns['files']['fragments'] names {path}, which does not exist; give fragments=")
    return str(path)


def _one_or_named(given: Any, name: str) -> Any:
    """A path or ``{sample: path}``; a list of one path, as h5ad files keep it, is that path.

    Raises
    ------
    ValueError
        If it is something else.
    """
    if isinstance(given, list | tuple | np.ndarray) and np.size(given) == 1:
        given = np.ravel(np.asarray(given, dtype=object))[0]
    paths = given.values() if isinstance(given, Mapping) else [given]
    for path in paths:
        if not isinstance(path, str | os.PathLike):
            what = f"{len(path)} files" if isinstance(path, list | tuple | np.ndarray) else f"a {type(path).__name__}"
            raise ValueError(
                f"{name} is or holds {what}; give the path of one file, or {{sample: path}} together with "
                "sample_key=, the obs column that says which file a cell is in"
            )
    return given
