"""Scores and insertions in the folder of a run: a file a group and chromosome, each complete or absent."""

import weakref
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from scmaxatac._constants import BIN
from scmaxatac._logging import logger
from scmaxatac._types import Float32s
from scmaxatac.io._arrays import write_arrays
from scmaxatac.io._files import checksum, slug, verify_sha256
from scmaxatac.results._complete import forget_checksum, noted_checksums, read_complete, take_over, write_complete

FOLDERS = ("insertions/", "scores/", "parts/", "background/", "genome/", "calibration/", "all_bins/", "tracks/")
"""Folders in the folder of a run."""

_MOST_OPEN = 64
"""Files of scores that are open at once: all chromosomes of a group."""


class ScoreStore:
    """Bin scores and insertions of a run, read and written by group, chromosome and transcription factor.

    Scores are sparse: bins at or above a score that is recorded for every group and chromosome. Files are named by
    number or fingerprint, never by the name of a group, so that any name will do. Every file is written under a
    temporary name and renamed, and never changed afterwards; their checksums are compared when they are read.

    Parameters
    ----------
    folder
        Folder of the run.
    groups, tfs, sizes
        Groups, transcription factors and lengths of the chromosomes, in the order of the results.
    fingerprints
        What the scores of each group and chromosome are computed from; their files are called after it.
    bin_size
        Width of the bins in bp.
    """

    def __init__(
        self,
        folder: Path,
        *,
        groups: Sequence[str],
        tfs: Sequence[str],
        sizes: Mapping[str, int],
        fingerprints: Mapping[tuple[str, str], str],
        bin_size: int = BIN,
    ) -> None:
        self.folder = folder
        self.groups = list(groups)
        self.tfs = list(tfs)
        self.sizes = dict(sizes)
        self.fingerprints = dict(fingerprints)
        self.bin_size = bin_size
        self._opened: dict[Path, np.lib.npyio.NpzFile] = {}
        weakref.finalize(self, _close, self._opened)

    @property
    def chroms(self) -> list[str]:
        """Chromosomes of the run."""
        return list(self.sizes)

    def scores_path(self, group: str, chrom: str) -> Path:
        """File of a group's scores on a chromosome."""
        return self.folder / "scores" / f"{self.fingerprints[group, chrom]}.npz"

    def part_path(self, group: str, chrom: str, start: int, end: int, *, all_bins: bool) -> Path:
        """File of a group's scores on ``[start, end)`` of a chromosome, kept until all its parts are there."""
        name = f"{self.fingerprints[group, chrom]}_{start}_{end}{'_all' if all_bins else ''}.npz"
        return self.folder / "parts" / name

    def insertions_path(self, group: str, chrom: str) -> Path:
        """File of a group's insertions on a chromosome."""
        return self.folder / "insertions" / f"{self._stem(group, chrom)}.npz"

    def all_bins_path(self, group: str, chrom: str) -> Path:
        """Folder of all bins of a group on a chromosome, kept until the group's bigWigs are written."""
        return self.folder / "all_bins" / self._stem(group, chrom)

    def file_stem(self, group: str) -> str:
        """Start of the names of a group's own files: its number and a readable piece of its name."""
        return f"{self.groups.index(group):04d}_{slug(group)}"

    def finish(self, run: str, names: Sequence[str]) -> None:
        """Note that all scores are there, with the checksums of their files and of other ones.

        Parameters
        ----------
        run
            Fingerprint of the run.
        names
            Other files, relative to the folder, that readers are to find as they are now.
        """
        paths = [find(*pair) for find in (self.scores_path, self.insertions_path) for pair in self.fingerprints]
        every = [*map(self._name, paths), *names]
        content = {"run": run, "sha256": {name: checksum(self.folder / name) for name in every}}
        if content == read_complete(self.folder):
            return
        write_complete(self.folder, content)

    def intact(self, name: str) -> Path | None:
        """Path of a file with the checksum that :meth:`finish` noted; None where there is no such file.

        Raises
        ------
        ValueError
            If it is another file than the one that was written.
        """
        path = self.folder / name
        if not path.is_file():
            return None
        if expected := noted_checksums(self.folder).get(name):
            verify_sha256(path, expected, remedy="Call tl.predict_tfbs again, which makes what is missing or damaged")
        return path

    def present(self, name: str) -> Path:
        """Path of a file as :meth:`intact` finds it; a FileNotFoundError where there is none."""
        path = self.intact(name)
        if path is None:
            raise FileNotFoundError(
                f"{self.folder / name} is missing; run tl.predict_tfbs again, it computes only what is missing"
            )
        return path

    def has_inputs(self) -> bool:
        """Whether what the run reads and :meth:`finish` noted is there as it was."""
        computed = ("scores/", "background/", "scores.zarr/")
        names = [name for name in noted_checksums(self.folder) if not name.startswith(computed)]
        try:
            return bool(names) and all(self.intact(name) is not None for name in names)
        except ValueError:
            return False

    def has_folder(self, name: str) -> bool:
        """Whether a folder is there with all files that :meth:`finish` noted in it, as they were."""
        noted = [path for path in noted_checksums(self.folder) if path.startswith(f"{name}/")]
        try:
            return bool(noted) and all(self.intact(path) is not None for path in noted)
        except ValueError:
            return False

    def has_scores(self, group: str, chrom: str) -> bool:
        """Whether the scores of a group on a chromosome are there and can be read, as :meth:`is_sound` finds out."""
        return self.is_sound(self.scores_path(group, chrom))

    def remove_parts(self, group: str, chrom: str) -> None:
        """Remove the files of the parts of a chromosome, when their scores are where they belong."""
        for path in (self.folder / "parts").glob(f"{self.fingerprints[group, chrom]}_*.npz"):
            path.unlink(missing_ok=True)

    def is_sound(self, path: Path) -> bool:
        """Whether a file is there and can be read; one that is damaged is removed, so that it is computed again."""
        name = self._name(path)
        try:
            if self.intact(name) is None:
                return False
            if name in noted_checksums(self.folder):
                return True
            with path.open("rb") as handle, np.load(handle, allow_pickle=False) as arrays:
                return all(arrays[part] is not None for part in arrays.files)
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            logger.warning("%s is damaged (%s) and computed again", path, error)
            path.unlink(missing_ok=True)
            return False

    def adopt(self, other: Path) -> None:
        """Take over the scores of another folder of runs that this one lacks: those computed from the same inputs."""
        for group, chrom in self.fingerprints:
            mine = self.scores_path(group, chrom)
            theirs = other / "scores" / mine.name
            if theirs.is_file() and not mine.is_file():
                take_over(theirs, mine)

    def write_scores(
        self,
        group: str,
        chrom: str,
        *,
        bins: Sequence[np.ndarray],
        scores: Sequence[np.ndarray],
        min_stored_scores: np.ndarray,
        region_scores: np.ndarray,
        n_ranked: int,
    ) -> None:
        """Write the scores of a group on a chromosome: for each transcription factor the kept bins and their scores.

        `n_ranked` is the number of 200-bp bins that windows covered.
        """
        arrays = {"min_stored_scores": min_stored_scores, "region_scores": region_scores}
        arrays["n_ranked"] = np.array(n_ranked)
        for i, (b, s) in enumerate(zip(bins, scores, strict=True)):
            arrays[f"bins_{i}"] = np.asarray(b, dtype=np.int32)
            arrays[f"scores_{i}"] = np.asarray(s, dtype=np.float32)
        self._write_anew(self.scores_path(group, chrom), arrays)

    def region_scores(self, group: str, chrom: str) -> np.ndarray:
        """Scores of the chromosome's regions, (regions, TFs) float32."""
        return self._open(group, chrom)["region_scores"]

    def n_ranked(self, group: str) -> int:
        """200-bp bins of all chromosomes, off the blacklist, that the group's windows covered."""
        return sum(int(self._open(group, chrom)["n_ranked"]) for chrom in self.sizes)

    def min_stored_score(self, group: str, tf: str) -> float:
        """Score down to which the group's bins were kept."""
        i = self.tfs.index(tf)
        return max(float(self._open(group, chrom)["min_stored_scores"][i]) for chrom in self.sizes)

    def read(
        self, group: str, tf: str, chrom: str, start: int = 0, end: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Kept bins of a chromosome that overlap ``[start, end)``.

        Returns
        -------
        Starts of the bins in bp (int64, 0-based) and scores (float32).
        """
        i = self.tfs.index(tf)
        arrays = self._open(group, chrom)
        bins, scores = arrays[f"bins_{i}"].astype(np.int64), arrays[f"scores_{i}"]
        lo = np.searchsorted(bins, start // self.bin_size)
        hi = len(bins) if end is None else np.searchsorted(bins, -(-end // self.bin_size))
        return bins[lo:hi] * self.bin_size, scores[lo:hi]

    def has_background(self, group: str) -> bool:
        """Whether a sample of the genome beside the regions was scored for a group."""
        return self.is_sound(self._background_path(group))

    def write_background(self, group: str, maxima: np.ndarray) -> None:
        """Write the largest scores of the 200-bp bins of a sample of the genome beside the regions; (TFs, bins)."""
        self._write_anew(self._background_path(group), {"maxima": maxima})

    def read_background(self, group: str, tf: str) -> Float32s:
        """Read what :meth:`write_background` wrote, for one transcription factor."""
        if not self._background_path(group).is_file():
            raise ValueError(
                "a threshold by rank ('matched', 'mixed') ranks more than the regions, so it needs a sample of the "
                "genome beside them, which only predict_tfbs scores, when it is given this threshold; call that "
                "instead, with the same out_dir it computes only the sample"
            )
        with np.load(self.present(self._name(self._background_path(group))), allow_pickle=False) as arrays:
            maxima: Float32s = arrays["maxima"]
            of_tf: Float32s = maxima[self.tfs.index(tf)]
            return of_tf

    def _write_anew(self, path: Path, arrays: Mapping[str, np.ndarray]) -> None:
        forget_checksum(self.folder, self._name(path))
        write_arrays(path, arrays)

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
        write_arrays(self.insertions_path(group, chrom), arrays)

    def read_insertions(self, group: str, chrom: str) -> tuple[list[np.ndarray], np.ndarray, tuple[float, float]]:
        """Read what :meth:`write_insertions` wrote."""
        path = self.present(self._name(self.insertions_path(group, chrom)))
        with np.load(path, allow_pickle=False) as arrays:
            scales = arrays["scales"]
            positions = [arrays[f"positions_{i}"] for i in range(len(scales))]
            low, high = arrays["span"]
        return positions, scales, (float(low), float(high))

    def _open(self, group: str, chrom: str) -> np.lib.npyio.NpzFile:
        """Open a file of scores; the last ones stay open, as each is read once for every transcription factor."""
        path = self.scores_path(group, chrom)
        if path not in self._opened:
            self.present(self._name(path))
            while len(self._opened) >= _MOST_OPEN:
                self._opened.pop(next(iter(self._opened))).close()
            self._opened[path] = np.load(path, allow_pickle=False)
        return self._opened[path]

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _stem(self, group: str, chrom: str) -> str:
        return f"{self.groups.index(group):04d}_{self.chroms.index(chrom):04d}"


def _close(opened: dict[Path, np.lib.npyio.NpzFile]) -> None:
    """Close the files that a store that is no longer needed had open."""
    for file in opened.values():
        file.close()
    opened.clear()
