"""Files of the user's under every name that a writer could use: none is touched."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from _faults_lab import Lab, Notes
from _faults_writers import Writer

_NAMES = (
    "genome/", "scores/", "parts/", "insertions/", "background/", "calibration/", "all_bins/", "tracks/",
    "scores.zarr/",
    "blacklist.tsv", "bins.json", "weights.safetensors", "model.safetensors", "model.json", "calibration.tsv",
    "history.csv", "training.json", "last.ckpt", "previous.ckpt", "checkpoints.sha256", ".previous/", "tracks.tsv",
    "run.json", "complete.json", "scmaxatac.json", ".scmaxatac.lock", "0000_B.bw", "0001_CD4_T.bw", "mean.bw",
    "mean.bw.sha256", ".mean.bw.lock", "sites.bed", "x.h5ad", "accuracy.tsv", "demo.h5mu", "tracks.png",
)  # fmt: skip
_MARKER, _LOCK = "scmaxatac.json", ".scmaxatac.lock"
_OWN = ("run-", "tn5_tracks-")
"""How the names of folders begin that a writer makes in the folder that the user names."""

_EXTRA = {
    "average_replicates": ("replicate.bw", "onto input"),
    "scmaxatac predict": ("x.h5ad", "other input"),
}
"""A file that is an input or another input's result, and the variant that would replace it."""

_TEXT = b"mine, and of no use to anybody else\n"
_TIME = 1_500_000_000_000_000_000


def foreign(lab: Lab, notes: Notes, writer: Writer, n: int) -> None:
    """Put a file of the user's under each of `n` names, and under all; call twice, and again with a foreign marker.

    Half of the names are those that the writer itself uses. A call may do its work or end with a clear error. The
    marker is one that the writer left in another folder, so that it lists files that are not ours here. Among all names
    those of the marker and the lock are not, as a call that finds them strange does not even look for the others.
    """
    target = lab.place.root / writer.target
    lab.solo(writer, "first")
    markers = {name: (target / name).read_bytes() for name in _files_in(target) if name.endswith(_MARKER)}
    lab.solo(writer, "second")
    within = _files_in(target)
    rng = random.Random(f"{notes.seed} {writer.name}")
    used = sorted(rng.sample(within, min(len(within), n // 2)))
    others = [name for name in _NAMES if name not in used]
    chosen = [*used, *sorted(rng.sample(others, min(len(others), n - len(used))))]
    every = [name for name in _NAMES if name not in (_MARKER, _LOCK)]
    own = sorted({name.split("/")[0] for name in within if name.startswith(_OWN)})
    cases = [*((name, [name]) for name in chosen), ("all names at once", every)]
    if own:
        cases.append(("all names in the call's own folder", [f"{folder}/{name}" for folder in own for name in every]))
    for case, names in cases:
        if notes.done("foreign", writer.name, case):
            continue
        lab.restore()
        before = {}
        for name in names:
            before |= dict(_put(target / (f"{name}mine.txt" if name.endswith("/") else name), _TEXT))
        faults = _call(lab, writer, before, ("first", "second"))
        for name, data in markers.items():
            list(_put(target / name, data))
        faults = _call(lab, writer, before, ("second", "first")) | faults
        notes.add("foreign", writer.name, case, result=f"{len(before)} files", faults=faults)
    if writer.name in _EXTRA:
        name, variant = _EXTRA[writer.name]
        if not notes.done("foreign", writer.name, variant):
            before = _result_of_another(lab, writer, target / name)
            faults = _call(lab, writer, before, (variant,))
            notes.add("foreign", writer.name, variant, result=f"{len(before)} files", faults=faults)


def _files_in(folder: Path) -> list[str]:
    """Names of all files below a folder, relative to it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _put(path: Path, data: bytes) -> Iterator[tuple[Path, tuple[bytes, int]]]:
    """Put a file of the user's, unless one of ours is there; gives what it looks like."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(_TIME, _TIME))
        yield path, (data, _TIME)


def _result_of_another(lab: Lab, writer: Writer, path: Path) -> dict[Path, tuple[bytes, int]]:
    """Put an input, or leave the result of another input, where a call would write."""
    lab.restore()
    if path.suffix == ".bw":
        shutil.copy2(lab.place.world.signal("B"), path)
    else:
        lab.solo(writer, "second")
    return {path: (path.read_bytes(), path.stat().st_mtime_ns)}


def _call(lab: Lab, writer: Writer, before: dict[Path, tuple[bytes, int]], variants: tuple[str, ...]) -> dict[str, str]:
    faults = {}
    for variant in variants:
        ended = lab.run(writer.write, variant)
        if ended.how not in ("done", "error") or (ended.how == "error" and not ended.is_clear):
            faults["unclear error"] = str(ended)
        for path, (data, time) in before.items():
            there = path.is_file()
            if not there or path.read_bytes() != data or path.stat().st_mtime_ns != time:
                what = "changed" if there else "gone"
                faults.setdefault("touched", f"{path.relative_to(lab.place.root)} {what} by the {variant} call")
    return faults
