"""What is remembered of every epoch: the learning curve, the weights of the best one and the last state."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback

from scmaxatac._logging import logger
from scmaxatac.io._files import atomic_path
from scmaxatac.train._checkpoints import LAST, STATE, Row

HISTORY = "history.csv"
"""Name of the learning curve in the folder of a training run."""


class TrainingLog(Callback):
    """Writes a checkpoint and the learning curve at the end of every epoch, and stops when there is no progress.

    The rows and the weights of the best epoch are part of the checkpoint, so that one file alone says all about a run,
    and weights never stand beside the curve of another one.

    Parameters
    ----------
    folder
        Folder for ``last.ckpt`` and ``history.csv``.
    patience
        Stop after so many epochs without a better Dice.
    fingerprint
        Checksum of what the run was started with, for the checkpoints.
    """

    def __init__(self, folder: Path, patience: int | None = None, fingerprint: str = "") -> None:
        self.rows: list[Row] = []
        self.best: dict[str, torch.Tensor] = {}
        self._folder, self._patience, self._fingerprint = folder, patience, fingerprint

    @property
    def state_key(self) -> str:
        """Name of this log in a checkpoint."""
        return STATE

    def state_dict(self) -> dict[str, Any]:
        """Return what goes into a checkpoint."""
        return {"rows": self.rows, "best": self.best, "fingerprint": self._fingerprint}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the rows and the best weights from a checkpoint."""
        self.rows, self.best = list(state_dict["rows"]), state_dict["best"]

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Record the epoch's losses and Dice, and save."""
        logged = {name: float(trainer.callback_metrics[name]) for name in ("train_loss", "val_loss", "val_dice")}
        row = {"epoch": trainer.current_epoch, **logged}
        if not np.isfinite(list(logged.values())).all():
            raise RuntimeError(f"training diverged in epoch {row['epoch']} ({logged}): lower the learning rate")
        self.rows.append(row)
        logger.info("epoch %(epoch)d: loss %(train_loss).4f, validation %(val_loss).4f, Dice %(val_dice).4f", row)
        if best_epoch(self.rows) == len(self.rows) - 1:
            self.best = {name: value.detach().cpu().clone() for name, value in pl_module.state_dict().items()}
        trainer.save_checkpoint(self._folder / LAST)
        if trainer.is_global_zero:
            write_history(self._folder, self.rows)
        trainer.should_stop = trainer.should_stop or is_over(self.rows, None, self._patience)


def write_history(folder: Path, rows: Sequence[Row]) -> None:
    """Write the learning curve."""
    with atomic_path(folder / HISTORY) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)


def best_epoch(rows: Sequence[Row]) -> int:
    """Index of the first epoch with the largest Dice."""
    return int(np.argmax([row["val_dice"] for row in rows]))


def is_over(rows: Sequence[Row], epochs: int | None, patience: int | None) -> bool:
    """Whether all epochs are done, or so many of the last ones brought nothing."""
    if not rows:
        return False
    all_done = epochs is not None and len(rows) >= epochs
    return all_done or (patience is not None and len(rows) - 1 - best_epoch(rows) >= patience)
