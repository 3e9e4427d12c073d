"""Checkpoints of a training run: each whole on its own, known by its sha256, and the one before is kept."""

import hashlib
import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from pickle import PickleError  # nosec B403  (the name of an error alone)
from typing import Any, NamedTuple

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.plugins.io import TorchCheckpointIO

from scmaxatac.io._files import atomic_path, sha256_of

LAST, PREVIOUS, DIGESTS = "last.ckpt", "previous.ckpt", "checkpoints.sha256"
"""State after the last epoch and after the one before, and their checksums as ``sha256sum`` writes them."""

STATE = "scmaxatac_training_log"
"""Where the learning curve, the weights of the best epoch and the run's fingerprint lie in a checkpoint."""

Row = dict[str, Any]
"""epoch, train_loss, val_loss and val_dice."""


class Checkpoint(NamedTuple):
    """What a checkpoint says about its run.

    Attributes
    ----------
    path
        The file.
    rows
        Learning curve up to its epoch.
    best
        Weights of the best of these epochs.
    fingerprint
        Checksum of what the run was started with.
    """

    path: Path
    rows: list[Row]
    best: dict[str, torch.Tensor]
    fingerprint: str


class CheckpointFiles(TorchCheckpointIO):
    """Writes checkpoints so that a usable one is there at any time.

    The checksum of a checkpoint is listed first, beside that of the one that is there. When the new one is complete
    under a temporary name, the other one becomes the one before, and the new one gets its name. Lightning itself
    writes to ``TMPDIR`` and, where that is another file system, copies over the checkpoint that is there.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any | None = None
    ) -> None:
        """Write the last checkpoint of a folder; a usable one that was there becomes the one before."""
        path, buffer = Path(path), _saved(checkpoint)
        digests, before = {path.name: hashlib.sha256(buffer.getbuffer()).hexdigest()}, _newest(path.parent)
        if before is not None:
            digests[PREVIOUS] = before[1]
        with atomic_path(path.with_name(DIGESTS)) as temporary:
            lines = [f"{digest}  {name}\n" for name, digest in digests.items()]
            temporary.write_text("".join(lines), encoding="utf-8")
        with atomic_path(path) as temporary:
            temporary.write_bytes(buffer.getbuffer())
            if before is not None and before[0] == path:
                os.replace(path, path.with_name(PREVIOUS))


def check_states(callbacks: Sequence[Callback]) -> None:
    """Raise a ValueError that names the first callback whose state could not be read back from a checkpoint."""
    for callback in callbacks:
        try:
            _saved(callback.state_dict())
        except ValueError as error:
            raise ValueError(f"callbacks holds a {type(callback).__name__}, and {error}") from None


def _saved(state: dict[str, Any]) -> BytesIO:
    """Save a state; a ValueError unless it can be read without running code that lies in it."""
    buffer = BytesIO()
    try:
        torch.save(state, buffer)
        buffer.seek(0)
        torch.load(buffer, map_location="cpu", weights_only=True)
    except (AttributeError, PickleError, TypeError) as error:
        reason = str(error).rpartition("WeightsUnpickler error: ")[2].partition("\n")[0]
        raise ValueError(
            f"a state that goes into the checkpoint can't be read back safely ({reason[:120].strip()}); state_dict of "
            "a callback may hold numbers, text, tensors, and lists and dictionaries of them"
        ) from None
    return buffer


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Last usable checkpoint of a folder: the last one, the one before if that is cut off or damaged, or none."""
    newest = _newest(folder)
    if newest is None:
        return None
    state = torch.load(newest[0], map_location="cpu", weights_only=True)["callbacks"][STATE]
    return Checkpoint(newest[0], list(state["rows"]), state["best"], state["fingerprint"])


def _newest(folder: Path) -> tuple[Path, str] | None:
    """Last checkpoint whose checksum is a listed one, and that checksum; names don't count, they may just change."""
    digests = folder / DIGESTS
    lines = digests.read_text(encoding="utf-8", errors="replace").splitlines() if digests.is_file() else []
    known = {line.partition(" ")[0] for line in lines}
    for path in (folder / LAST, folder / PREVIOUS):
        if path.is_file():
            digest = sha256_of(path)
            if digest in known:
                return path, digest
    return None
