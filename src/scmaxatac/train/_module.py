"""How the network learns."""

import math

import numpy as np
import pytorch_lightning as lightning
import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import nn

from scmaxatac.nn._encode import encode
from scmaxatac.nn._network import TFNetwork
from scmaxatac.train._data_module import Batch

_CLIP = 1e-7  # Keras clips predictions there before the logarithm
_MAX_LOGIT = math.log((1 - _CLIP) / _CLIP)
_DICE_SMOOTHING = 10.0


class TFTrainingModule(lightning.LightningModule):
    """Trains a :class:`~scmaxatac.nn._network.TFNetwork` as the published models were trained (Cazares et al. 2023).

    Binary cross-entropy over the bins whose label is known, Adam, Glorot-uniform weights. Logs ``train_loss``,
    ``val_loss`` and ``val_dice``, by which the best epoch is chosen; the bar shows the last two and the ``loss`` of the
    batch.

    Parameters
    ----------
    learning_rate
        Learning rate of Adam.
    decay
        The learning rate of step ``i`` is ``learning_rate / (1 + decay * i)``, as in Keras; maxATAC's code has 1e-5.
    epsilon
        Epsilon of Adam; Keras' default is 1e-7.
    weights
        Weights to start from, by name; random ones by default.
    """

    def __init__(
        self,
        *,
        learning_rate: float = 1e-3,
        decay: float = 1e-5,
        epsilon: float = 1e-7,
        weights: dict[str, np.ndarray] | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters("learning_rate", "decay", "epsilon")
        self.learning_rate, self.decay, self.epsilon = learning_rate, decay, epsilon
        network = initialise(TFNetwork()) if weights is None else TFNetwork.from_weights(weights)
        self.network = network.train()  # Lightning leaves the mode as it is
        self._sums = torch.zeros(4)

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Compute the loss of a batch."""
        loss = masked_cross_entropy(self.network.logits(one_hot(batch))[:, 0], batch.labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(batch.labels))
        self.log("loss", loss.detach(), on_step=True, on_epoch=False, prog_bar=True, logger=False)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Begin a new validation."""
        precise = torch.float32 if self.device.type == "mps" else torch.float64
        self._sums = torch.zeros(4, dtype=precise, device=self.device)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch to the sums from which loss and Dice are computed."""
        logits = self.network.logits(one_hot(batch))[:, 0].float()
        known = (batch.labels >= 0).float()
        truth = batch.labels.float() * known
        predicted = torch.sigmoid(logits) * known
        n_known = known.sum()
        loss = masked_cross_entropy(logits, batch.labels) * n_known
        self._sums += torch.stack([(predicted * truth).sum(), predicted.sum() + truth.sum(), loss, n_known])

    def on_validation_epoch_end(self) -> None:
        """Log the mean loss and Dice over all validation bins, those of other processes included."""
        both, either, loss, n_known = self.trainer.strategy.reduce(self._sums, reduce_op="sum").tolist()
        self.log("val_loss", loss / max(n_known, 1), sync_dist=True, prog_bar=True)
        self.log("val_dice", dice(both, either), sync_dist=True, prog_bar=True)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Set up Adam with Keras' decay."""
        optimizer = torch.optim.Adam(self.network.parameters(), lr=self.learning_rate, eps=self.epsilon)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + self.decay * step))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def initialise(network: TFNetwork) -> TFNetwork:
    """Draw Glorot-uniform weights and zero biases from torch's generator, in place."""
    for layer in (*network.convs, network.head):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
    return network


def one_hot(batch: Batch) -> torch.Tensor:
    """Encode a batch on its device, its signal scaled; (n, 5, window) float32."""
    signal = batch.signal.float() if batch.scale is None else batch.signal.float() * batch.scale[:, None]
    return encode(batch.codes, signal).transpose(1, 2).contiguous()


def masked_cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean binary cross-entropy over bins whose label is not negative; 0 if there is none.

    Clamping the logits clips the predictions at 1e-7 and 1 - 1e-7.
    """
    known = labels >= 0
    loss = nn.functional.binary_cross_entropy_with_logits(
        logits.float().clamp(-_MAX_LOGIT, _MAX_LOGIT), labels.clamp(min=0).float(), reduction="none"
    )
    return (loss * known).sum() / known.sum().clamp(min=1)


def dice(both: float, either: float) -> float:
    """Dice coefficient with maxATAC's smoothing.

    Parameters
    ----------
    both
        Sum of label times prediction.
    either
        Sum of labels plus sum of predictions.
    """
    return (2 * both + _DICE_SMOOTHING) / (either + _DICE_SMOOTHING)
