"""The folder of a run as what lies there says: found, described, opened for reading."""

from collections.abc import Mapping
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

from scmaxatac.results._run_spec import RunSpec, folder_name
from scmaxatac.results._score_store import ScoreStore

SPEC = "run.json"
"""Name of the file that describes a run."""

WEIGHTS = "weights.safetensors"
"""Name of the file with the weights of a run's models, which only predictions read."""


def run_folder(params: Mapping[str, Any]) -> Path:
    """Folder of the run that some parameters tell of."""
    return Path(params["out_dir"]) / folder_name(str(params.get("run", "")))


def runs_in(folder: Path) -> list[Path]:
    """List the folders of runs: the one given if it is one, else those in it, by name."""
    if (folder / SPEC).is_file():
        return [folder]
    return [path.parent for path in sorted(folder.glob(f"run-*/{SPEC}"))]


def find_run(folder: str | PathLike[str]) -> Path:
    """Find the folder of a run: the one given, or the only run in it.

    Raises
    ------
    FileNotFoundError
        If there is no run, or the folder holds several.
    """
    folder = Path(folder).expanduser()
    runs = runs_in(folder)
    if len(runs) > 1:
        names = ", ".join(path.name for path in runs)
        raise FileNotFoundError(f"{folder} holds several runs: {names}. Give the folder of one of them")
    if not runs:
        raise FileNotFoundError(
            f"no prediction run in {folder}; it was moved or deleted. Say where it is with tl.relocate, or run "
            "tl.predict_tfbs again, with out_dir= if the files are to stay in a place of your own"
        )
    return runs[0]


def read_spec(folder: Path) -> RunSpec:
    """Read what describes a run.

    Raises
    ------
    ValueError
        If it is damaged or of another version.
    """
    path = folder / SPEC
    return _read_spec(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read_spec(path: Path, modified: int) -> RunSpec:
    try:
        return RunSpec.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} can't be used: {error}. Move it, and run tl.predict_tfbs again") from None


def store_of(folder: Path, spec: RunSpec) -> ScoreStore:
    """Scores and insertions of a run."""
    tasks = ((group, chrom) for group in spec.groups for chrom in spec.chroms)
    return ScoreStore(
        folder,
        groups=spec.groups,
        tfs=spec.tfs,
        sizes=spec.sizes,
        fingerprints={task: spec.task_fingerprint(*task) for task in tasks},
        bin_size=spec.grid.bin,
    )
