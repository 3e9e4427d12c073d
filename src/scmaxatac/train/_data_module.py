"""Batches of training examples for Lightning."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytorch_lightning as lightning
import torch

from scmaxatac.train._batch_options import check_batch_options
from scmaxatac.train._dataset import Draw, Examples

_AHEAD = 4
"""Batches that are made while the network works on another."""


class Batch(NamedTuple):
    """Windows as they travel to the device: three kilobytes each."""

    codes: torch.Tensor
    """(n, 1024) uint8, 0 to 3 are A, C, G, T."""

    signal: torch.Tensor
    """(n, 1024) float16."""

    labels: torch.Tensor
    """(n, 32) int8: 1 bound, 0 not, -1 unknown."""

    scale: torch.Tensor | None = None
    """(n,) float32, what the signal is multiplied with."""

    def each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> "Batch":
        """Change every tensor, as by moving it."""
        scale = None if self.scale is None else change(self.scale)
        return Batch(change(self.codes), change(self.signal), change(self.labels), scale)


class TFDataModule(lightning.LightningDataModule):
    """Draws batches from :class:`~scmaxatac.train._dataset.Examples`.

    Training batches depend on the seed, the epoch and their number alone, so a run that continues from a checkpoint
    sees what it would have seen without the break. Regions are drawn without replacement within a batch. With several
    processes (devices) each gets its share of the same batch: they draw it alike and take every n-th example.

    Parameters
    ----------
    train
        Examples to learn from.
    valid
        Examples to choose the best epoch by; every region once in every cell type, on the forward strand.
    batch_size
        Examples in a batch.
    batches_per_epoch
        Batches in an epoch.
    pan_cell
        Draw the cell type uniformly for every region; otherwise a region is shown in the cell type it comes from.
    random_ratio
        Share of examples that come from anywhere instead of from regions of interest.
    reverse_complement
        Show half of the examples as their reverse complement.
    jitter
        Shift every training window at random by up to this many bp; at most what `train` was built with.
    signal_scaling
        Multiply the signal of each training example with a factor drawn uniformly from this range.
    max_validation
        Validation examples at most; a seeded choice when there are more.
    seed
        Seed of all draws.

    Raises
    ------
    ValueError
        If there are fewer regions than a batch needs, or an option is out of range or does not fit the examples.
    """

    def __init__(
        self,
        train: Examples,
        valid: Examples,
        *,
        batch_size: int = 1000,
        batches_per_epoch: int = 100,
        pan_cell: bool = True,
        random_ratio: float = 0.0,
        reverse_complement: bool = True,
        jitter: int = 0,
        signal_scaling: tuple[float, float] | None = None,
        max_validation: int = 100_000,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_batch_options(
            batch_size=batch_size,
            batches_per_epoch=batches_per_epoch,
            max_validation=max_validation,
            random_ratio=random_ratio,
            jitter=jitter,
            signal_scaling=signal_scaling,
        )
        if jitter > train.jitter:
            raise ValueError(f"jitter is {jitter} bp; the examples were built for at most {train.jitter}")
        n_random = round(batch_size * random_ratio)
        for needed, there, what in (
            (batch_size - n_random, train.n_regions, "regions of interest"),
            (n_random, len(train.random), "random windows"),
        ):
            if needed > there:
                raise ValueError(f"a batch needs {needed} different {what}, there are {there}: make it smaller")
        self.train_examples, self.valid_examples = train, valid
        self.batch_size, self.batches_per_epoch = batch_size, batches_per_epoch
        self.pan_cell, self.reverse_complement = pan_cell, reverse_complement
        self.jitter, self.signal_scaling = jitter, signal_scaling
        self.max_validation, self.seed = max_validation, seed
        self._n_random = n_random

    def draw(self, epoch: int, number: int) -> Draw:
        """Draw the training batch of an epoch and a number within it."""
        rng = np.random.default_rng([self.seed, epoch, number])
        examples, n_random = self.train_examples, self._n_random
        region = rng.choice(examples.n_regions, self.batch_size - n_random, replace=False, shuffle=False)
        anywhere = rng.choice(len(examples.random), n_random, replace=False, shuffle=False) if n_random else _NONE
        offset = np.concatenate([examples.offset[region], examples.random[anywhere]])
        cell_type = rng.integers(0, len(examples.names), self.batch_size)
        if not self.pan_cell:
            cell_type[: len(region)] = examples.source[region]
        if self.jitter:
            offset = offset + rng.integers(-self.jitter, self.jitter + 1, self.batch_size)
        flipped = rng.random(self.batch_size) < (0.5 if self.reverse_complement else 0.0)
        scale = None
        if self.signal_scaling is not None:
            scale = rng.uniform(*self.signal_scaling, self.batch_size).astype(np.float32)
        return Draw(offset, cell_type, flipped, scale)

    def validation_draw(self) -> Draw:
        """Every validation region in every cell type (its own without `pan_cell`), forward strand, in order."""
        examples = self.valid_examples
        offset, cell_type = examples.offset, examples.source
        if self.pan_cell:
            offset = np.tile(examples.offset, len(examples.names))
            cell_type = np.repeat(np.arange(len(examples.names)), examples.n_regions)
        if len(offset) > self.max_validation:
            chosen = np.random.default_rng(self.seed).choice(len(offset), self.max_validation, replace=False)
            offset, cell_type = offset[np.sort(chosen)], cell_type[np.sort(chosen)]
        return Draw(offset, cell_type, np.zeros(len(offset), dtype=bool))

    def train_dataloader(self) -> "BatchStream":
        """Stream the training batches of the trainer's current epoch."""

        def make(number: int) -> Batch:
            epoch = 0 if self.trainer is None else self.trainer.current_epoch
            return self._batch(self.train_examples, self.draw(epoch, number))

        return BatchStream(make, self.batches_per_epoch)

    def val_dataloader(self) -> "BatchStream":
        """Stream the validation batches, always the same ones."""
        whole = self.validation_draw()

        def make(number: int) -> Batch:
            rows = slice(number * self.batch_size, (number + 1) * self.batch_size)
            return self._batch(self.valid_examples, whole.take(rows))

        return BatchStream(make, -(-len(whole.offset) // self.batch_size))

    def _batch(self, examples: Examples, draw: Draw) -> Batch:
        """Gather this process' share of a batch; for a GPU into memory that it can copy by itself."""
        trainer = self.trainer
        if trainer is None:
            return _gather(examples, draw)
        batch = _gather(examples, draw.take(slice(trainer.global_rank, None, trainer.world_size)))
        on_gpu = trainer.strategy.root_device.type == "cuda"
        return batch.each(torch.Tensor.pin_memory) if on_gpu else batch


class BatchStream:
    """Batches by number, in order; remembers where it is, so that Lightning can continue within an epoch.

    Parameters
    ----------
    make
        Makes the batch of a number.
    length
        Batches in an epoch.
    """

    def __init__(self, make: Callable[[int], Batch], length: int) -> None:
        self._make, self._length = make, length
        self._start = self._next = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Batch]:
        numbers = range(self._start, self._length)
        self._start = 0  # a loaded state holds for one epoch
        for number, batch in zip(numbers, _made_ahead(self._make, numbers), strict=True):
            self._next = number + 1
            yield batch

    def state_dict(self) -> dict[str, Any]:
        """Set which batch comes next."""
        return {"next": self._next % max(self._length, 1)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where the state was taken."""
        self._start = self._next = int(state["next"])


_NONE = np.zeros(0, dtype=np.int64)


def _gather(examples: Examples, draw: Draw) -> Batch:
    codes, signal, labels = (torch.from_numpy(part) for part in examples.gather(draw))
    return Batch(codes, signal, labels, None if draw.scale is None else torch.from_numpy(draw.scale))


def _made_ahead(make: Callable[[int], Batch], numbers: Iterable[int]) -> Iterator[Batch]:
    """Make batches in a thread of their own, a few before they are asked for."""
    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(1) as thread:
        for number in numbers:
            waiting.append(thread.submit(make, number))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
