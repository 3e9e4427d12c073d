"""What is noted when a run is complete: its fingerprint, and the checksums of its files."""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from scmaxatac.io._files import atomic_path, checksum

COMPLETE = "complete.json"
"""File that is there when all scores are: names the run, and gives the checksums of its files."""


def complete_run(folder: Path) -> str | None:
    """Fingerprint of the complete run that a folder holds, as :meth:`ScoreStore.finish` noted it; None without one."""
    return read_complete(folder).get("run")


def take_over(source: Path, target: Path) -> None:
    """Link a file that is never changed under a second name, or copy it where the file system can't do that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:
            with atomic_path(target) as temporary:
                shutil.copyfile(source, temporary)


def forget_checksum(folder: Path, name: str) -> None:
    """Take back the checksum of a file that is about to be computed again.

    Its new bytes may differ: the last digits of scores depend on which windows are scored in one call.
    """
    content = read_complete(folder)
    if name in content.get("sha256", {}):
        others = {other: digest for other, digest in content["sha256"].items() if other != name}
        write_complete(folder, content | {"sha256": others})


def write_complete(folder: Path, content: Mapping[str, Any]) -> None:
    """Write what :func:`read_complete` reads."""
    with atomic_path(folder / COMPLETE) as temporary:
        temporary.write_text(json.dumps(content, indent=1))


def noted_checksums(folder: Path) -> Mapping[str, str]:
    """Checksums of the files of a complete run, by their path in its folder."""
    checksums: dict[str, str] = read_complete(folder).get("sha256", {})
    return checksums


def read_complete(folder: Path) -> dict[str, Any]:
    """Fingerprint ("run") and checksums ("sha256") of a complete run; empty without one."""
    path = folder / COMPLETE
    return _read_complete(path, checksum(path)) if path.is_file() else {}


@lru_cache(maxsize=64)
def _read_complete(path: Path, content: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
        return found if isinstance(found["run"], str) and isinstance(found["sha256"], dict) else {}
    except (ValueError, KeyError, TypeError):
        return {}  # a damaged one counts as missing
