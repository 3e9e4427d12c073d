"""Training of one network."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.nn._data_module import TFDataModule
from scmaxatac.nn._training_module import TFTrainingModule


def fit_network(
    module: TFTrainingModule,
    data: TFDataModule,
    *,
    out_dir: str | PathLike[str],
    epochs: int = 100,
    accelerator: str = "auto",
    precision: str = "32-true",
    resume: bool = True,
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Train a network and keep the epoch with the best validation Dice.

    Parameters
    ----------
    module
        The network and how it learns.
    data
        Batches.
    out_dir
        Folder for checkpoints (``best.ckpt``, ``last.ckpt``).
    epochs
        Epochs in all.
    accelerator, precision
        As in Lightning's ``Trainer``.
    resume
        Continue from ``last.ckpt`` if there is one.

    Returns
    -------
    Weights of the best epoch, and a table with an epoch's train_loss, val_loss and val_dice in each row (of the epochs
    of this call).
    """
    out_dir = Path(out_dir)
    best = ModelCheckpoint(out_dir, "best", monitor="val_dice", mode="max", enable_version_counter=False)
    last = ModelCheckpoint(out_dir, "last", every_n_epochs=1, enable_version_counter=False)
    history = _History()
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator=accelerator,
        devices=1,
        precision=precision,  # type: ignore[arg-type]
        callbacks=[history, best, last],
        logger=False,
        num_sanity_val_steps=0,
        enable_model_summary=False,
        enable_progress_bar=settings.progress,
    )
    continued = out_dir / "last.ckpt"
    trainer.fit(module, datamodule=data, ckpt_path=str(continued) if resume and continued.is_file() else None)
    state = torch.load(out_dir / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
    module.load_state_dict(state)
    return module.network.weights(), pd.DataFrame(history.rows)


class _History(Callback):
    """Collects what is logged at the end of every epoch."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Take down the epoch's losses and Dice."""
        logged = {name: float(trainer.callback_metrics[name]) for name in ("train_loss", "val_loss", "val_dice")}
        self.rows.append({"epoch": trainer.current_epoch, **logged})
        logger.info(
            "epoch %(epoch)d: loss %(train_loss).4f, validation %(val_loss).4f, Dice %(val_dice).4f", self.rows[-1]
        )
