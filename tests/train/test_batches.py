"""Options reach the batches and the network, and signals are on the scale that the network expects."""

import warnings

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import _tiny_training as tiny
from _tiny_training import SIZES, make_codes, make_table

import scmaxatac as sma
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.train._batches import make_batches, make_module
from scmaxatac.train._inputs import read_inputs
from scmaxatac.train._split import Split
from scmaxatac.train._table import read_training_table

SPLIT = Split(["chr1"], ["chr2"], [])
OPTIONS = tiny.OPTIONS | {"batch_size": 40}


@pytest.fixture(scope="module")
def genome():
    return sma.Genome.from_codes(make_codes())


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    table = make_table(folder)
    for column in ("signal", "atac_peaks", "chip_peaks"):
        table[column] = [str(folder / name) for name in table[column]]
    return table


@pytest.fixture(scope="module")
def make(genome, table):
    """Make batches with these options."""
    inputs = read_inputs(read_training_table(table)[0], genome, SPLIT)
    return lambda **options: make_batches(inputs, genome, SPLIT, OPTIONS | options, 0)


def in_their_own_cell_type(batches):
    examples, draw = batches.train_examples, batches.draw(0, 0)
    own = set(zip(examples.offset.tolist(), examples.source.tolist(), strict=True))
    return set(zip(draw.offset.tolist(), draw.cell_type.tolist(), strict=True)) <= own


def test_each_option_reaches_the_batches(make):
    plain = make()
    draw = plain.draw(0, 0)
    assert not in_their_own_cell_type(plain)
    assert np.isin(draw.offset, plain.train_examples.offset).all()
    assert draw.flipped.any()
    assert draw.scale is None
    assert len(plain.validation_draw().offset) > 7

    assert in_their_own_cell_type(make(pan_cell=False))
    mixed = make(random_ratio=0.75, batch_size=8)
    assert np.isin(mixed.draw(0, 0).offset, mixed.train_examples.random).sum() == 6
    assert not make(reverse_complement=False).draw(0, 0).flipped.any()
    shifted = make(jitter=100)
    assert not np.isin(shifted.draw(0, 0).offset, shifted.train_examples.offset).all()
    scale = make(signal_scaling=[2.0, 3.0]).draw(0, 0).scale
    assert scale.min() >= 2
    assert scale.max() <= 3
    assert len(make(max_validation=7).validation_draw().offset) == 7
    assert len(make(batch_size=5).draw(0, 0).offset) == 5
    assert len(make(batches_per_epoch=3).train_dataloader()) == 3


def test_learning_rate_and_decay_reach_the_network():
    parts = make_module(None, {"learning_rate": 0.01, "decay": 0.5}, 0).configure_optimizers()
    optimizer, schedule = parts["optimizer"], parts["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(3):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(rates, [0.01, 0.01 / 1.5, 0.01 / 2])


@pytest.mark.parametrize("row", [0, 2])
def test_a_signal_that_is_not_scaled_is_warned_about_once(row, genome, table, tmp_path):
    with BigWigWriter(tmp_path / "raw.bw", SIZES) as writer:
        for chrom in ("chr1", "chr2"):
            writer.add_fixed(chrom, 0, np.full(SIZES[chrom] // 32, 60.0), span=32, step=32)
    signal = table["signal"].copy()
    signal[row] = str(tmp_path / "raw.bw")
    for own in (table, table[table["role"] != "validation"]):
        if row not in own.index:
            continue
        inputs = read_inputs(read_training_table(own.assign(signal=signal))[0], genome, SPLIT)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            make_batches(inputs, genome, SPLIT, OPTIONS, 0)
        (message,) = [str(warning.message) for warning in caught if warning.category is UserWarning]
        assert f"signal of {table['name'][row]!r} has a 99th percentile of 60" in message
