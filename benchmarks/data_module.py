"""How fast training gets its examples, and how fast it learns from them.

Four cell types, 50 million bases around peaks, 150,000 regions; batches of 1,000 windows that are drawn, gathered and
half of them reverse-complemented. "one by one" is the peer: a PyTorch data loader with two worker processes that makes
the same windows one at a time. "step alone" is the network's forward and backward pass and the update on a batch that
is there already, "whole training" is `trainer.fit` with everything around it. Target: 20,000 examples/s from the data
module alone on two cores. The original as a whole made about 130 examples/s.

    python benchmarks/data_module.py [--quick] [--accelerator gpu]
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from _common import has_bfloat16, machine, options, ratio, table, take_turns
from torch.utils.data import DataLoader, Dataset

from scmaxatac import settings
from scmaxatac.train._data_module import Batch, TFDataModule
from scmaxatac.train._dataset import Draw, Examples
from scmaxatac.train._fit import TrainingRun
from scmaxatac.train._module import TFTrainingModule

N_BASES, N_REGIONS, N_CELL_TYPES = 50_000_000, 150_000, 4
BATCH = 1_000
TARGET = 20_000
VARIANTS = {"as it comes": {}, "jitter, random windows, scaled signal": {
    "jitter": 200, "random_ratio": 0.1, "signal_scaling": (0.9, 1.15)
}}  # fmt: skip


class OneByOne(Dataset):
    """Windows of a data module, made one at a time."""

    def __init__(self, data: TFDataModule, n: int) -> None:
        self.data, self.n = data, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, number: int) -> list[torch.Tensor]:
        rng = np.random.default_rng([0, number])
        examples = self.data.train_examples
        region, cell_type = rng.integers(examples.n_regions), rng.integers(len(examples.names))
        draw = Draw(examples.offset[[region]], np.array([cell_type]), rng.random(1) < 0.5)
        return [torch.from_numpy(part[0]) for part in examples.gather(draw)]


def main() -> None:
    """Measure and print the tables."""
    args = options(__doc__, accelerator={"default": "cpu"})
    settings.progress = False
    rounds, seconds = (1, 0.5) if args.quick else (5, 3.0)
    batch, steps = (50, 2) if args.quick else (BATCH, 4 if args.accelerator == "cpu" else 200)
    print(f"{machine()} torch {torch.__version__}, {torch.get_num_threads()} threads.\n")
    examples = made_up()
    print(f"{examples.n_bytes / 1e6:,.0f} MB of memory hold the examples.\n")
    peers: dict[object, Callable[[], float]] = {
        name: stream_rate(TFDataModule(examples, examples, batch_size=BATCH, batches_per_epoch=10**6, **more), seconds)
        for name, more in VARIANTS.items()
    }
    peers["one by one"] = loader_rate(TFDataModule(examples, examples, batch_size=BATCH), seconds)
    rates = take_turns(peers, rounds)
    print(
        table(
            ["data module alone", "examples/s", "times one by one", "of the target"],
            [
                (name, statistics.median(values), ratio(values, rates["one by one"]),
                 f"{statistics.median(values) / TARGET:.0%}")
                for name, values in rates.items()
            ],
        )
    )  # fmt: skip
    learning: dict[object, Callable[[], float]] = {}
    for precision in ("32-true", "bf16-mixed") if has_bfloat16() or args.accelerator != "cpu" else ("32-true",):
        data = TFDataModule(examples, examples, batch_size=batch, batches_per_epoch=steps, max_validation=1, jitter=200)
        learning[f"step alone, {precision}"] = step_rate(data, steps, args.accelerator, precision)
        learning[f"whole training, {precision}"] = fit_rate(data, steps, args.accelerator, precision)
    rates = take_turns(learning, 1 if args.quick else 3)
    alone = [rates[name.replace("whole training", "step alone")] for name in map(str, rates)]
    print()
    print(
        table(
            ["learning", "examples/s", "of the step alone"],
            [
                (name, statistics.median(values), f"{ratio(values, peer):.0%}")
                for (name, values), peer in zip(rates.items(), alone, strict=True)
            ],
        )
    )


def made_up() -> Examples:
    """Examples of the size that a transcription factor with a few cell types has."""
    rng = np.random.default_rng(0)
    signal = np.empty((N_CELL_TYPES, N_BASES), dtype=np.float16)
    for row in signal:
        row[:] = np.repeat(rng.random(N_BASES // 50, dtype=np.float32) ** 4, 50)
    bits = np.packbits(np.repeat(rng.random(N_BASES // 200) < 0.05, 200))
    return Examples(
        names=tuple(map(str, range(N_CELL_TYPES))),
        codes=rng.integers(0, 4, N_BASES, dtype=np.uint8),
        signal=signal,
        bound=np.stack([bits] * N_CELL_TYPES),
        known=np.full((N_CELL_TYPES, N_BASES // 8), 255, dtype=np.uint8),
        offset=np.sort(rng.integers(500, N_BASES - 2_000, N_REGIONS)),
        source=rng.integers(0, N_CELL_TYPES, N_REGIONS),
        random=np.sort(rng.integers(500, N_BASES - 2_000, 20_000)),
        jitter=200,
    )


def stream_rate(data: TFDataModule, seconds: float) -> Callable[[], float]:
    """Examples a second of the stream of training batches."""

    def run() -> float:
        return _rate(iter(data.train_dataloader()), seconds)

    return run


def loader_rate(data: TFDataModule, seconds: float) -> Callable[[], float]:
    """Examples a second of a PyTorch data loader."""
    loader = DataLoader(OneByOne(data, 10**7), batch_size=BATCH, num_workers=2)

    def run() -> float:
        return _rate(iter(loader), seconds)

    return run


def _rate(batches: Iterator[Batch], seconds: float) -> float:
    next(batches)
    start, n = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        n += len(next(batches)[0])
    return n / (time.perf_counter() - start)


def step_rate(data: TFDataModule, steps: int, accelerator: str, precision: str) -> Callable[[], float]:
    """Examples a second of the network's forward and backward pass and the update."""
    device = torch.device("cpu" if accelerator == "cpu" else "cuda")
    batch = next(iter(data.train_dataloader()))
    batch = batch.each(lambda tensor: tensor.to(device))

    def run() -> float:
        module = TFTrainingModule().to(device)
        module.log = lambda *_, **__: None  # there is no trainer
        optimizer = module.configure_optimizers()["optimizer"]
        for step in range(steps + 1):
            if step == 1:
                start = _now(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16-mixed"):
                loss = module.training_step(batch, step)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return steps * len(batch.labels) / (_now(device) - start)

    return run


def fit_rate(data: TFDataModule, steps: int, accelerator: str, precision: str) -> Callable[[], float]:
    """Examples a second of an epoch, its validation (of one window) and its checkpoints included."""

    class Clocked(TFTrainingModule):
        def on_train_epoch_start(self) -> None:
            if self.trainer.current_epoch == 1:  # the first epoch warms up
                self.start = _now(self.device)

    def run() -> float:
        module = Clocked()
        with tempfile.TemporaryDirectory() as folder:
            options = {"accelerator": accelerator, "precision": precision}
            TrainingRun(folder, batch_size=data.batch_size, epochs=2, **options).fit(module, data, resume=False)
        return steps * data.batch_size / (_now(module.device) - module.start)

    return run


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main()
