"""Training of one network."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback, ProgressBar
from pytorch_lightning.loggers import Logger
from pytorch_lightning.strategies import Strategy

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.train._checkpoints import LAST, Checkpoint, CheckpointFiles, check_states, read_checkpoint
from scmaxatac.train._data_module import TFDataModule
from scmaxatac.train._lightning import is_first_process, quiet_lightning
from scmaxatac.train._log import TrainingLog, is_over, write_history
from scmaxatac.train._module import TFTrainingModule


class TrainingRun:
    """Training that keeps the epoch with the best validation Dice. Nothing is written before it fits.

    Parameters
    ----------
    out_dir
        Folder for checkpoints (``last.ckpt``, ``previous.ckpt``, ``checkpoints.sha256``) and the learning curve
        (``history.csv``).
    batch_size
        Windows in a batch; with several devices it is shared among them.
    epochs
        Epochs in all.
    patience
        Stop after so many epochs without a better Dice.
    accelerator, devices, strategy, precision
        As in Lightning's ``Trainer``.
    fingerprint
        Checksum of what the run is started with; a checkpoint with another one is refused.
    loggers, callbacks
        Further ones of Lightning.

    Raises
    ------
    ValueError
        If a batch can't be shared equally among the devices, or a callback's state can't be kept.
    """

    def __init__(
        self,
        out_dir: str | PathLike[str],
        *,
        batch_size: int,
        epochs: int = 100,
        patience: int | None = None,
        accelerator: str = "auto",
        devices: int | str | list[int] = 1,
        strategy: str | Strategy = "auto",
        precision: str = "32-true",
        fingerprint: str = "",
        loggers: Sequence[Logger] = (),
        callbacks: Sequence[Callback] = (),
    ) -> None:
        check_states(callbacks)
        self._folder, self._epochs, self._patience = Path(out_dir), epochs, patience
        self._fingerprint = fingerprint
        with quiet_lightning():
            self._trainer = lightning.Trainer(
                max_epochs=epochs,
                accelerator=accelerator,
                devices=devices,
                strategy=strategy,
                precision=precision,  # type: ignore[arg-type]  # Lightning checks the string itself
                # the log comes last: it saves what the others have in mind after the epoch
                callbacks=[*callbacks, TrainingLog(self._folder, patience, fingerprint)],
                logger=list(loggers) or False,
                enable_checkpointing=False,
                num_sanity_val_steps=0,
                enable_model_summary=False,
                enable_progress_bar=settings.progress or any(isinstance(one, ProgressBar) for one in callbacks),
            )
        self._trainer.strategy.checkpoint_io = CheckpointFiles()
        if batch_size % self._trainer.world_size:
            raise ValueError(
                f"a batch of {batch_size} can't be shared equally among {self._trainer.world_size} devices: "
                "choose a multiple as batch_size"
            )

    @property
    def device(self) -> torch.device:
        """Device of this process."""
        device: torch.device = self._trainer.strategy.root_device
        return device

    def fit(
        self, module: TFTrainingModule, data: TFDataModule, *, resume: bool = True
    ) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
        """Train a network.

        Parameters
        ----------
        module
            The network and how it learns.
        data
            Batches.
        resume
            Continue from the last usable checkpoint if there is one.

        Returns
        -------
        Weights of the best epoch, and a table with epoch, train_loss, val_loss and val_dice in each row.

        Raises
        ------
        ValueError
            If a checkpoint is of another run.
        RuntimeError
            If the loss or Dice is not a number any more, or the checkpoints are gone when training ends.
        """
        checkpoint = self._checkpoint() if resume else None
        if checkpoint is not None and is_first_process():
            if checkpoint.path.name != LAST and (self._folder / LAST).exists():
                logger.warning(
                    "%s is damaged or cut off: training goes on after epoch %d, from %s",
                    self._folder / LAST,
                    checkpoint.rows[-1]["epoch"],
                    checkpoint.path.name,
                )
            write_history(self._folder, checkpoint.rows)
        if checkpoint is None or not is_over(checkpoint.rows, self._epochs, self._patience):
            if checkpoint is not None:
                logger.info(
                    "%s: training goes on after %d epochs, to %d in all",
                    self._folder,
                    len(checkpoint.rows),
                    self._epochs,
                )
            with quiet_lightning(), _interruptible():
                self._trainer.fit(module, datamodule=data, ckpt_path=checkpoint and str(checkpoint.path))
            checkpoint = self._checkpoint()
        if checkpoint is None:
            raise RuntimeError(f"{self._folder / LAST} is gone or damaged though it was just written; call again")
        module.load_state_dict(checkpoint.best)
        return module.network.weights(), pd.DataFrame(checkpoint.rows)

    def _checkpoint(self) -> Checkpoint | None:
        """Last usable checkpoint, which has to be of this run."""
        checkpoint = read_checkpoint(self._folder)
        if checkpoint is not None and checkpoint.fingerprint != self._fingerprint:
            raise ValueError(
                f"{checkpoint.path} is of a run with other inputs or options; choose another folder, or start anew "
                "with resume=False"
            )
        return checkpoint


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
