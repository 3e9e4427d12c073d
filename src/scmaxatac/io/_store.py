"""The files of a prediction run: a folder with one file a group and chromosome, each complete or absent."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from scmaxatac._constants import BIN
from scmaxatac._logging import warn
from scmaxatac.io._files import atomic_path, slug
from scmaxatac.io._temporary import remove_leftovers

_FORMAT = 1
_INDEX = "run.json"
_COMPLETE = "complete.json"
_PARTS = ("units", "insertions", "background", "genome")
_MOST_OPEN = 64
"""Units whose files are open at once: all chromosomes of a group."""


class ScoreStore:
    """Bin scores and insertions of a run, read and written by group, chromosome and transcription factor.

    Scores are sparse: bins at or above a floor that every unit (group and chromosome) records. Files are named by
    number; names of groups stand in the index only, so that any name will do. Every file is written under a temporary
    name and renamed, so what exists is complete.

    Parameters
    ----------
    folder
        Folder of a run.

    Raises
    ------
    FileNotFoundError
        If the folder holds no run.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder = Path(folder)
        index = self.folder / _INDEX
        if not index.is_file():
            raise FileNotFoundError(
                f"no prediction run in {self.folder}; it was moved or deleted. Run tl.predict_tfbs again, "
                "with out_dir= if the files are to stay in a place of your own"
            )
        table = json.loads(index.read_text())
        self.groups: list[str] = table["groups"]
        self.tfs: list[str] = table["tfs"]
        self.sizes: dict[str, int] = table["sizes"]
        self._opened: dict[Path, np.lib.npyio.NpzFile] = {}

    @classmethod
    def create(
        cls, folder: str | PathLike[str], *, groups: Sequence[str], tfs: Sequence[str], sizes: Mapping[str, int]
    ) -> "ScoreStore":
        """Start a run, or open the one with these groups, transcription factors and chromosomes that is there.

        The scores of a run of others in the same folder are removed, with a warning; what killed processes left under
        temporary names is removed as well.
        """
        folder = Path(folder)
        for part in (folder, *folder.glob("*/"), *folder.glob("genome/*/")):
            remove_leftovers(part)
        wanted = {"format": _FORMAT, "groups": list(groups), "tfs": list(tfs), "sizes": dict(sizes)}
        index = folder / _INDEX
        if index.is_file() and json.loads(index.read_text()) != wanted:
            warn(
                f"{folder} holds a run of other groups, factors or chromosomes, whose scores are replaced; "
                "give each run an out_dir of its own to keep both"
            )
            index.unlink()
            for name in _PARTS:
                shutil.rmtree(folder / name, ignore_errors=True)
        if not index.is_file():
            with atomic_path(index) as temporary:
                temporary.write_text(json.dumps(wanted))
        return cls(folder)

    def finish(self, fingerprints: Mapping[tuple[str, str], str]) -> str:
        """Note that all units are there, and give the run a name, a digest of what they were computed from.

        Parameters
        ----------
        fingerprints
            Fingerprint of every group and chromosome.
        """
        content = [self.groups, self.tfs, self.sizes, sorted([*unit, value] for unit, value in fingerprints.items())]
        run = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:20]
        with atomic_path(self.folder / _COMPLETE) as temporary:
            temporary.write_text(json.dumps({"run": run}))
        return run

    def begin(self) -> None:
        """Note that units are about to be computed: until :meth:`finish` the folder holds no complete run."""
        (self.folder / _COMPLETE).unlink(missing_ok=True)

    @property
    def chroms(self) -> list[str]:
        """Chromosomes of the run."""
        return list(self.sizes)

    def unit_path(self, group: str, chrom: str) -> Path:
        """File of a group's scores on a chromosome."""
        return self.folder / "units" / f"{self._stem(group, chrom)}.npz"

    def insertions_path(self, group: str, chrom: str) -> Path:
        """File of a group's insertions on a chromosome."""
        return self.folder / "insertions" / f"{self._stem(group, chrom)}.npz"

    @property
    def genome_path(self) -> Path:
        """Folder for the sequence of a genome in memory, where workers can map it."""
        return self.folder / "genome"

    def file_stem(self, group: str) -> str:
        """Start of the names of a group's own files: its number and a readable piece of its name."""
        return f"{self.groups.index(group):04d}_{slug(group)}"

    def fingerprint(self, group: str, chrom: str) -> str | None:
        """Tell what a unit was computed from; None while it is missing."""
        path = self.unit_path(group, chrom)
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as unit:
            return str(unit["fingerprint"])

    def write_unit(
        self,
        group: str,
        chrom: str,
        *,
        fingerprint: str,
        bins: Sequence[np.ndarray],
        scores: Sequence[np.ndarray],
        floors: np.ndarray,
        region_scores: np.ndarray,
        n_ranked: int,
    ) -> None:
        """Write a unit: for each transcription factor the kept bins (int64) and their scores (float32).

        `n_ranked` is the number of 200-bp bins that windows covered.
        """
        arrays = {
            "fingerprint": np.array(fingerprint),
            "floors": floors,
            "region_scores": region_scores,
            "n_ranked": np.array(n_ranked),
        }
        for i, (b, s) in enumerate(zip(bins, scores, strict=True)):
            arrays[f"bins_{i}"] = b.astype(np.int32)
            arrays[f"scores_{i}"] = s.astype(np.float32)
        _write_arrays(self.unit_path(group, chrom), arrays)

    def region_scores(self, group: str, chrom: str) -> np.ndarray:
        """Scores of the chromosome's regions, (regions, TFs) float32."""
        return self._open(group, chrom)["region_scores"]

    def n_ranked(self, group: str) -> int:
        """200-bp bins of all chromosomes, off the blacklist, that the group's windows covered."""
        return sum(int(self._open(group, chrom)["n_ranked"]) for chrom in self.sizes)

    def floor(self, group: str, tf: str) -> float:
        """Score down to which the group's bins were kept."""
        i = self.tfs.index(tf)
        return max(float(self._open(group, chrom)["floors"][i]) for chrom in self.sizes)

    def read(
        self, group: str, tf: str, chrom: str, start: int = 0, end: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Kept bins of a chromosome that overlap ``[start, end)``.

        Returns
        -------
        Starts of the bins in bp (int64, 0-based) and scores (float32).
        """
        i = self.tfs.index(tf)
        unit = self._open(group, chrom)
        bins, scores = unit[f"bins_{i}"].astype(np.int64), unit[f"scores_{i}"]
        lo = np.searchsorted(bins, start // BIN)
        hi = len(bins) if end is None else np.searchsorted(bins, -(-end // BIN))
        return bins[lo:hi] * BIN, scores[lo:hi]

    def has_background(self, group: str, fingerprint: str) -> bool:
        """Whether a sample of the genome beside the regions was scored for a run with this fingerprint."""
        path = self._background_path(group)
        if not path.is_file():
            return False
        with np.load(path, allow_pickle=False) as arrays:
            return str(arrays["fingerprint"]) == fingerprint

    def write_background(self, group: str, maxima: np.ndarray, fingerprint: str) -> None:
        """Write the largest scores of the 200-bp bins of a sample of the genome beside the regions; (TFs, bins)."""
        _write_arrays(self._background_path(group), {"maxima": maxima, "fingerprint": np.array(fingerprint)})

    def read_background(self, group: str, tf: str) -> np.ndarray:
        """Read what :meth:`write_background` wrote, for one transcription factor."""
        if not self._background_path(group).is_file():
            raise ValueError(
                "a threshold by rank ('matched', 'mixed') ranks more than the regions, so it needs a sample of the "
                "genome beside them, which only predict_tfbs scores, when it is given this threshold; call that "
                "instead, with the same out_dir it computes only the sample"
            )
        with np.load(self._background_path(group), allow_pickle=False) as arrays:
            return arrays["maxima"][self.tfs.index(tf)]

    def forget_background(self, group: str) -> None:
        """Remove what :meth:`write_background` wrote for another run."""
        self._background_path(group).unlink(missing_ok=True)

    def _background_path(self, group: str) -> Path:
        return self.folder / "background" / f"{self.groups.index(group):04d}.npz"

    def write_insertions(
        self,
        group: str,
        chrom: str,
        positions: Sequence[np.ndarray],
        scales: Sequence[float],
        span: tuple[float, float],
    ) -> None:
        """Write the insertions behind the signal: positions of each replicate, scale factors, minimum and maximum."""
        arrays = {f"positions_{i}": p for i, p in enumerate(positions)}
        arrays |= {"scales": np.asarray(scales), "span": np.asarray(span)}
        _write_arrays(self.insertions_path(group, chrom), arrays)

    def read_insertions(self, group: str, chrom: str) -> tuple[list[np.ndarray], np.ndarray, tuple[float, float]]:
        """Read what :meth:`write_insertions` wrote."""
        path = self.insertions_path(group, chrom)
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing; run tl.predict_tfbs again")
        with np.load(path, allow_pickle=False) as arrays:
            scales = arrays["scales"]
            positions = [arrays[f"positions_{i}"] for i in range(len(scales))]
            low, high = arrays["span"]
        return positions, scales, (float(low), float(high))

    def _open(self, group: str, chrom: str) -> np.lib.npyio.NpzFile:
        """Open a unit for reading; the last ones stay open, as each is read once for every transcription factor."""
        path = self.unit_path(group, chrom)
        if path not in self._opened:
            if not path.is_file():
                raise FileNotFoundError(
                    f"{path} is missing; run tl.predict_tfbs again, it computes only what is missing"
                )
            while len(self._opened) >= _MOST_OPEN:
                self._opened.pop(next(iter(self._opened))).close()
            self._opened[path] = np.load(path, allow_pickle=False)
        return self._opened[path]

    def _stem(self, group: str, chrom: str) -> str:
        return f"{self.groups.index(group):04d}_{self.chroms.index(chrom):04d}"


def complete_run(folder: str | PathLike[str]) -> str | None:
    """Name of the complete run that a folder holds, as :meth:`ScoreStore.finish` gave it; None without one."""
    path = Path(folder) / _COMPLETE
    return json.loads(path.read_text())["run"] if path.is_file() else None


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        np.savez(handle, **arrays)
