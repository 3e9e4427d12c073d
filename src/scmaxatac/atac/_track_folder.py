"""bigWigs of a set of pseudobulks, in a folder that no other set shares."""

import hashlib
import json
from pathlib import Path

import pandas as pd

from scmaxatac._logging import logger
from scmaxatac.atac import Pseudobulks
from scmaxatac.atac._track_scales import Normalization, track_runs
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.io._files import checksum, slug
from scmaxatac.io._owned_folder import OwnedFolder, own_file

_TABLE = "tracks.tsv"
_COLUMNS = ["group", "path", "sha256"]
_FORM = 1
"""Of the files and how their values are computed; another number keeps files of an earlier form from being used."""


def write_track_files(bulks: Pseudobulks, out_dir: Path, normalize: Normalization) -> pd.DataFrame:
    """Write a bigWig for every group, except those that are there undamaged, and the table that lists them.

    Parameters
    ----------
    bulks
        The groups.
    out_dir
        Folder in which these tracks get one of their own, named after all that their values depend on.
    normalize
        Scale of the values.

    Returns
    -------
    A row a bigWig: group, path (relative to `out_dir`), sha256.

    Raises
    ------
    RuntimeError
        If another process is writing the same tracks.
    ValueError
        If the folder can't be written to, or holds files that are not ours.
    """
    fingerprint = _fingerprint(bulks, normalize)
    paths = [f"{i}_{slug(group)}.bw" for i, group in enumerate(bulks.groups)]
    with OwnedFolder(out_dir / f"tn5_tracks-{fingerprint[:12]}", "set of tracks", made_from=fingerprint) as folder:
        known = _read_table(folder.path / _TABLE)
        for group, path in zip(bulks.groups, paths, strict=True):
            target = folder.path / path
            if target.is_file() and folder.lists(path) and known.get(path) == checksum(target):
                logger.info("track of %r is in %s already", group, target)
                continue
            folder.announce([path])
            _write_bigwig(bulks, group, target, normalize)
            known[path] = checksum(target)
            _write_table(folder, bulks.groups, paths, known)  # now, so that a kill does not cost this file
            logger.info("track of %r written to %s", group, target)
        files = _write_table(folder, bulks.groups, paths, known)
    return files.assign(path=[f"{folder.path.name}/{path}" for path in paths])


def _write_bigwig(bulks: Pseudobulks, group: str, path: Path, normalize: Normalization) -> None:
    signal = bulks.signal(group)
    with BigWigWriter(path, bulks.genome.sizes) as writer:
        for chrom in _in_genome_order(bulks, bulks.chroms):
            writer.add_runs(chrom, *track_runs(signal, chrom, normalize))


def _write_table(folder: OwnedFolder, groups: list[str], paths: list[str], known: dict[str, str]) -> pd.DataFrame:
    """Write the table of the files whose checksum is known, and return it."""
    rows = [(group, path, known[path]) for group, path in zip(groups, paths, strict=True) if path in known]
    files = pd.DataFrame(rows, columns=_COLUMNS)
    with own_file(folder, _TABLE) as temporary:
        files.to_csv(temporary, sep="\t", index=False)
    return files


def _read_table(path: Path) -> dict[str, str]:
    """Paths and sha256 that a table lists; none where there is no table, or it is not one of ours."""
    if not path.is_file():
        return {}
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        return dict(zip(table["path"], table["sha256"], strict=True))
    except (ValueError, KeyError):
        return {}


def _in_genome_order(bulks: Pseudobulks, chroms: list[str]) -> list[str]:
    return sorted(set(chroms), key=list(bulks.genome.chroms).index)


def _fingerprint(bulks: Pseudobulks, normalize: Normalization) -> str:
    """Digest of all that names and values of the tracks depend on."""
    genome = bulks.genome
    chroms, scaling = (_in_genome_order(bulks, each) for each in (bulks.chroms, bulks.signal_chroms))
    libraries = [len(names) for names in bulks.libraries.values()]
    known = [_FORM, normalize, bulks.groups, libraries, chroms, scaling, list(genome.sizes.items())]
    digest = hashlib.sha256(json.dumps(known).encode())
    for chrom in _in_genome_order(bulks, chroms + scaling):
        arrays = [bulks.insertions.positions(name, chrom) for names in bulks.libraries.values() for name in names]
        if genome.blacklist is not None:
            arrays += [genome.blacklist.starts(chrom), genome.blacklist.ends(chrom)]
        for array in arrays:
            digest.update(f"{chrom} {len(array)} {array.dtype}\n".encode())
            digest.update(array.data)
    return digest.hexdigest()
