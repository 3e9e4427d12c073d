"""What is remembered of every epoch: the learning curve, the best and the last state."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback

from scmaxatac._logging import logger

BEST, LAST, HISTORY = "best.ckpt", "last.ckpt", "history.csv"
"""Names of the files in the folder of a training run."""

_STATE = "scmaxatac_training_log"

Row = dict[str, Any]
"""epoch, train_loss, val_loss and val_dice."""


class TrainingLog(Callback):
    """Writes the learning curve and checkpoints at the end of every epoch, and stops when there is no progress.

    The rows are part of the checkpoints, so that a run that continues has the whole curve, and which epoch is best
    follows from them alone, wherever the folder is moved to.

    Parameters
    ----------
    folder
        Folder for ``best.ckpt``, ``last.ckpt`` and ``history.csv``.
    patience
        Stop after so many epochs without a better Dice.
    """

    def __init__(self, folder: Path, patience: int | None = None) -> None:
        self.rows: list[Row] = []
        self._folder, self._patience = folder, patience

    @property
    def state_key(self) -> str:
        """Name of the rows in a checkpoint."""
        return _STATE

    def state_dict(self) -> dict[str, Any]:
        """Give the rows to a checkpoint."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the rows from a checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Record the epoch's losses and Dice, and save."""
        logged = {name: float(trainer.callback_metrics[name]) for name in ("train_loss", "val_loss", "val_dice")}
        row = {"epoch": trainer.current_epoch, **logged}
        if not np.isfinite(list(logged.values())).all():
            raise RuntimeError(f"training diverged in epoch {row['epoch']} ({logged}): lower the learning rate")
        self.rows.append(row)
        logger.info("epoch %(epoch)d: loss %(train_loss).4f, validation %(val_loss).4f, Dice %(val_dice).4f", row)
        if best_epoch(self.rows) == len(self.rows) - 1:
            trainer.save_checkpoint(self._folder / BEST, weights_only=True)
        trainer.save_checkpoint(self._folder / LAST)
        if trainer.is_global_zero:
            temporary = self._folder / f".{HISTORY}"
            pd.DataFrame(self.rows).to_csv(temporary, index=False)
            os.replace(temporary, self._folder / HISTORY)
        trainer.should_stop = trainer.should_stop or is_over(self.rows, None, self._patience)


def read_rows(folder: Path) -> list[Row]:
    """Read the rows of the last checkpoint; none unless the best and the last one are there.

    Raises
    ------
    ValueError
        If the checkpoint is of something else.
    """
    if not (folder / LAST).is_file():
        return []
    state = torch.load(folder / LAST, map_location="cpu", weights_only=True)
    if _STATE not in state.get("callbacks", {}):
        raise ValueError(f"{folder / LAST} is not a checkpoint of scmaxatac; choose another folder")
    return list(state["callbacks"][_STATE]["rows"]) if (folder / BEST).is_file() else []


def best_epoch(rows: Sequence[Row]) -> int:
    """Index of the first epoch with the largest Dice."""
    return int(np.argmax([row["val_dice"] for row in rows]))


def is_over(rows: Sequence[Row], epochs: int | None, patience: int | None) -> bool:
    """Whether all epochs are done, or so many of the last ones brought nothing."""
    if not rows:
        return False
    all_done = epochs is not None and len(rows) >= epochs
    return all_done or (patience is not None and len(rows) - 1 - best_epoch(rows) >= patience)
