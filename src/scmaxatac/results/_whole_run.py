"""Runs that were moved, shared or opened by their folder alone: found, and looked over before they are read."""

from os import PathLike
from pathlib import Path

from scmaxatac._text import abbreviate
from scmaxatac.results._complete import complete_run, noted_checksums
from scmaxatac.results._run_folder import WEIGHTS, read_spec, runs_in
from scmaxatac.results._run_spec import RunSpec, folder_name

_HOW = (
    "a run's folder is called run-<fingerprint> and holds run.json; give it, or the folder that it lies in (out_dir of "
    "scmaxatac.tl.predict_tfbs)"
)


def whole_run(folder: str | PathLike[str], fingerprint: str | None = None) -> tuple[Path, RunSpec]:
    """Find a run in a folder, and make sure that it is complete.

    Files are not compared with their checksums here but when they are read.

    Parameters
    ----------
    folder
        The run's own folder, or the one that it lies in.
    fingerprint
        The run that it has to be; None for the only one there.

    Returns
    -------
    Folder of the run (absolute), and what describes it.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, no run in it, or a file of the run is missing.
    ValueError
        If it is another run, one of several, not finished, or under another name; if what describes it is damaged.
    """
    place = Path(folder).expanduser().absolute()
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is {'a file' if place.exists() else 'not there'}: {_HOW}")
    path = _run_in(place, fingerprint)
    spec = read_spec(path)
    if fingerprint is not None and spec.fingerprint != fingerprint:
        raise ValueError(
            f"{path} holds {spec.folder_name}, another run than that of the results, {folder_name(fingerprint)}"
        )
    if path.name != spec.folder_name:
        raise ValueError(f"{path} was renamed, and files of a run are found by its name: call it {spec.folder_name}")
    if complete_run(path) != spec.fingerprint:
        raise ValueError(
            f"the run in {path} was not finished, or its complete.json is damaged; call scmaxatac.tl.predict_tfbs with "
            "the same inputs and out_dir, which computes what is missing"
        )
    # weights may be left out of what is passed on: a licence may ask for that, and results do not need them
    noted = noted_checksums(path).keys() - {WEIGHTS}
    if missing := sorted(name for name in noted if not (path / name).is_file()):
        raise FileNotFoundError(
            f"{path} lacks {abbreviate(missing)}, files that the run wrote; copy the whole folder again"
        )
    return path, spec


def _run_in(place: Path, fingerprint: str | None) -> Path:
    """Folder of a run: the one given, or one in it."""
    runs = runs_in(place)
    if fingerprint is not None and runs != [place]:
        wanted = place / folder_name(fingerprint)
        if wanted in runs:
            return wanted
        if runs:
            names = abbreviate(path.name for path in runs)
            raise ValueError(f"{place} holds {names}, and not the run of the results, {folder_name(fingerprint)}")
    if not runs:
        raise FileNotFoundError(f"there is no run in {place}: {_HOW}")
    if len(runs) > 1:
        raise ValueError(f"{place} holds several runs: {abbreviate(path.name for path in runs)}; give one of them")
    return runs[0]
