"""Training of one network."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from pytorch_lightning.strategies import Strategy

from scmaxatac._settings import settings
from scmaxatac.nn._data_module import TFDataModule
from scmaxatac.nn._quiet import quiet_lightning
from scmaxatac.nn._training_log import BEST, LAST, TrainingLog, is_over, read_rows
from scmaxatac.nn._training_module import TFTrainingModule


def fit_network(
    module: TFTrainingModule,
    data: TFDataModule,
    *,
    out_dir: str | PathLike[str],
    epochs: int = 100,
    patience: int | None = None,
    accelerator: str = "auto",
    devices: int | str | list[int] = 1,
    strategy: str | Strategy = "auto",
    precision: str = "32-true",
    resume: bool = True,
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Train a network and keep the epoch with the best validation Dice.

    Parameters
    ----------
    module
        The network and how it learns.
    data
        Batches. With several devices a batch is shared among them.
    out_dir
        Folder for checkpoints (``best.ckpt``, ``last.ckpt``) and the learning curve (``history.csv``).
    epochs
        Epochs in all.
    patience
        Stop after so many epochs without a better Dice.
    accelerator, devices, strategy, precision
        As in Lightning's ``Trainer``.
    resume
        Continue from ``last.ckpt`` if there is one.

    Returns
    -------
    Weights of the best epoch, and a table with epoch, train_loss, val_loss and val_dice in each row.

    Raises
    ------
    ValueError
        If a batch can't be shared equally among the devices.
    RuntimeError
        If the loss or Dice is not a number any more.
    """
    folder = Path(out_dir)
    rows = read_rows(folder) if resume else []
    if not is_over(rows, epochs, patience):
        with quiet_lightning(), _interruptible():
            trainer = lightning.Trainer(
                max_epochs=epochs,
                accelerator=accelerator,
                devices=devices,
                strategy=strategy,
                precision=precision,  # type: ignore[arg-type]
                callbacks=[TrainingLog(folder, patience)],
                logger=False,
                enable_checkpointing=False,
                num_sanity_val_steps=0,
                enable_model_summary=False,
                enable_progress_bar=settings.progress,
            )
            if data.batch_size % trainer.world_size:
                raise ValueError(
                    f"a batch of {data.batch_size} can't be shared equally among {trainer.world_size} devices: "
                    "choose a multiple as batch_size"
                )
            trainer.fit(module, datamodule=data, ckpt_path=str(folder / LAST) if rows else None)
        rows = read_rows(folder)
    module.load_state_dict(torch.load(folder / BEST, map_location="cpu", weights_only=True)["state_dict"])
    return module.network.weights(), pd.DataFrame(rows)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl+C raise a KeyboardInterrupt: Lightning turns it into an exit and has later ones ignored."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as exit_:
        if isinstance(exit_.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, handler)
