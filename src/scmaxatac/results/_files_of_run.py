"""The table of a run's files, as users see it."""

from pathlib import Path

import pandas as pd

from scmaxatac import _keys
from scmaxatac.results._inside import check_inside
from scmaxatac.results._reader import Results


def list_files(results: Results) -> pd.DataFrame:
    """List the files of a run: kind, group, tf, path (absolute), bytes (missing where it is gone) and exists."""
    files = results.table(_keys.FILES)
    check_inside(files["path"], f"uns[{results.key!r}][{_keys.FILES!r}]")
    paths = [results.out_dir / path for path in files["path"]]
    sizes = [_bytes_of(path) for path in paths]
    return pd.DataFrame(
        {
            **{name: files[name].astype(str).to_list() for name in ("kind", "group", "tf")},
            "path": [str(path) for path in paths],
            "bytes": pd.array(sizes, dtype="Int64"),
            "exists": [size is not None for size in sizes],
        }
    )


def _bytes_of(path: Path) -> int | None:
    """Size of a file, or of all files in a folder; None where there is neither."""
    try:
        if path.is_dir():
            return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
        return path.stat().st_size
    except FileNotFoundError:
        return None
