"""Training examples: the right windows, the right labels, reproducible draws."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import torch

from scmaxatac.atac._insertions import Insertions
from scmaxatac.atac._signal import Signal
from scmaxatac.genome import Genome
from scmaxatac.train._data_module import BatchStream, TFDataModule
from scmaxatac.train._dataset import Draw, Examples, TrainingCellType
from scmaxatac.train._module import one_hot

SIZES = {"chr1": 40_000, "chr2": 30_000}


def _table(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


@pytest.fixture(scope="module")
def genome():
    rng = np.random.default_rng(0)
    codes = {chrom: rng.integers(0, 5, size).astype(np.uint8) for chrom, size in SIZES.items()}
    return Genome.from_codes(codes, blacklist=_table(("chr1", 20_000, 20_100)))


@pytest.fixture(scope="module")
def cell_types(genome):
    rng = np.random.default_rng(1)
    positions = {
        name: {chrom: rng.integers(0, size, 3_000) for chrom, size in SIZES.items()} for name in ("B", "CD4/T")
    }
    insertions = Insertions.from_positions(positions)
    signals = {name: Signal.from_insertions(insertions, name, genome, list(SIZES)) for name in positions}
    peaks = [(chrom, start, start + 300) for chrom in SIZES for start in range(900, SIZES[chrom] - 900, 1_700)]
    chip = [("chr1", 5_007, 5_207), ("chr1", 5_150, 5_300), ("chr2", 9_000, 9_016), ("chr2", 12_001, 12_401)]
    return {
        "B": TrainingCellType(signals["B"], _table(*peaks[::2]), _table(*chip), _table(("chr1", 5_100, 5_101))),
        "CD4/T": TrainingCellType(signals["CD4/T"], _table(*peaks[1::2]), _table(chip[-1])),
    }


@pytest.fixture(scope="module")
def examples(genome, cell_types):
    return Examples.build(genome, cell_types, list(SIZES), n_random=40, jitter=64)


def _brute_labels(cell_type, chrom, start):
    """Look at every base by itself."""
    inside = np.zeros(SIZES[chrom] + 64, bool)
    for row in cell_type.chip[cell_type.chip["chrom"] == chrom].itertuples():
        inside[row.start : row.end] = True
    unknown = np.zeros(SIZES[chrom] + 64, bool)
    if cell_type.unknown is not None:
        for row in cell_type.unknown[cell_type.unknown["chrom"] == chrom].itertuples():
            unknown[row.start : row.end] = True
    labels = []
    for at in range(start, start + 1024, 32):
        labels.append(-1 if unknown[at : at + 32].any() else int(inside[at : at + 32].sum() > 16))
    return np.array(labels)


def _expected_windows(genome, cell_types):
    for source, cell_type in enumerate(cell_types.values()):
        for table in (cell_type.peaks, cell_type.chip):
            for row in table.itertuples():
                start = (row.start + row.end) // 2 - 512
                low, high = start - 64, start + 1024 + 64
                blacklisted = row.chrom == "chr1" and low < 20_100 and high > 20_000
                if low >= 0 and high <= SIZES[row.chrom] and not blacklisted:
                    yield source, row.chrom, start


def test_every_peak_gives_a_window_unless_it_touches_the_blacklist_or_the_end(genome, cell_types, examples):
    expected = list(_expected_windows(genome, cell_types))
    assert examples.n_regions == len(expected)
    np.testing.assert_array_equal(examples.source, [source for source, _, _ in expected])


@pytest.mark.parametrize("shift", [0, -64, 17])
def test_windows_equal_slices_of_the_genome_in_every_cell_type(genome, cell_types, examples, shift):
    expected = list(_expected_windows(genome, cell_types))
    for index, (name, cell_type) in enumerate(cell_types.items()):
        draw = Draw(examples.offset + shift, np.full(len(expected), index), np.zeros(len(expected), bool))
        codes, signal, labels = examples.gather(draw)
        for i, (_, chrom, start) in enumerate(expected):
            at = start + shift
            np.testing.assert_array_equal(codes[i], genome.codes(chrom)[at : at + 1024])
            values = cell_types[name].signal.values(chrom, at, at + 1024)
            np.testing.assert_array_equal(signal[i], values.astype(np.float16))
            np.testing.assert_array_equal(labels[i], _brute_labels(cell_type, chrom, at))


def test_labels_hold_all_three_kinds(examples):
    every = Draw(examples.offset, np.zeros(examples.n_regions, int), np.zeros(examples.n_regions, bool))
    assert set(np.unique(examples.gather(every)[2])) == {-1, 0, 1}


def test_a_bin_with_half_of_its_bases_in_a_peak_is_negative(genome, cell_types):
    chip = _table(("chr2", 9_016, 9_032), ("chr2", 9_047, 9_064))  # 16 and 17 bp of two bins
    peak = _table(("chr2", 9_000 + 496, 9_000 + 528))  # window starts at 9,000
    only = {"B": TrainingCellType(cell_types["B"].signal, peak, chip)}
    built = Examples.build(genome, only, ["chr2"])
    labels = built.gather(Draw(built.offset[:1], np.zeros(1, int), np.zeros(1, bool)))[2][0]
    assert labels[:3].tolist() == [0, 1, 0]


def test_the_reverse_strand_is_the_true_reverse_complement(examples):
    n = examples.n_regions
    plus = examples.gather(Draw(examples.offset, np.zeros(n, int), np.zeros(n, bool)))
    minus = examples.gather(Draw(examples.offset, np.zeros(n, int), np.ones(n, bool)))
    swap = {0: 3, 1: 2, 2: 1, 3: 0, 4: 4}
    expected = np.array([[swap[base] for base in row[::-1]] for row in plus[0].tolist()])
    np.testing.assert_array_equal(minus[0], expected)
    np.testing.assert_array_equal(minus[1], plus[1][:, ::-1])
    np.testing.assert_array_equal(minus[2], plus[2][:, ::-1])


def test_random_windows_avoid_the_blacklist(genome, cell_types):
    built = Examples.build(genome, cell_types, ["chr1"], n_random=500, rng=3)
    codes, _, _ = built.gather(Draw(built.random, np.zeros(500, int), np.zeros(500, bool)))
    text = genome.codes("chr1").tobytes()
    starts = np.array([text.find(row.tobytes()) for row in codes])
    assert (starts >= 0).all()
    assert not ((starts < 20_100) & (starts + 1024 > 20_000)).any()
    assert len(np.unique(starts)) > 400


def test_no_region_is_an_error(genome, cell_types):
    nowhere = {"B": TrainingCellType(cell_types["B"].signal, _table(), _table())}
    with pytest.raises(ValueError, match="no ATAC or ChIP-seq peak"):
        Examples.build(genome, nowhere, ["chr1"])
    with pytest.raises(ValueError, match="no cell type"):
        Examples.build(genome, {}, ["chr1"])


def test_a_batch_depends_on_seed_epoch_and_number_alone(examples):
    first = TFDataModule(examples, examples, batch_size=16, seed=5)
    second = TFDataModule(examples, examples, batch_size=16, seed=5)
    second.draw(0, 0)
    for a, b in zip(first.draw(3, 7), second.draw(3, 7), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.draw(3, 7).offset, first.draw(3, 8).offset)
    assert not np.array_equal(first.draw(3, 7).offset, first.draw(4, 7).offset)


def test_regions_are_not_repeated_within_a_batch(examples):
    data = TFDataModule(examples, examples, batch_size=examples.n_regions)
    draw = data.draw(0, 0)
    assert sorted(draw.offset) == sorted(examples.offset)


def test_pan_cell_shows_regions_in_all_cell_types_and_otherwise_in_their_own(examples):
    pan = TFDataModule(examples, examples, batch_size=examples.n_regions)
    counts = np.bincount(np.concatenate([pan.draw(0, i).cell_type for i in range(50)]))
    np.testing.assert_allclose(counts / counts.sum(), [0.5, 0.5], atol=0.05)
    own = TFDataModule(examples, examples, batch_size=examples.n_regions, pan_cell=False).draw(0, 0)
    pairs = set(zip(own.offset.tolist(), own.cell_type.tolist(), strict=True))
    assert pairs == set(zip(examples.offset.tolist(), examples.source.tolist(), strict=True))


def test_the_share_of_random_windows_is_what_was_asked_for(examples):
    data = TFDataModule(examples, examples, batch_size=20, random_ratio=0.25)
    offset = data.draw(0, 0).offset
    assert np.isin(offset, examples.random).sum() == 5
    assert np.isin(offset, examples.offset).sum() == 15


def test_shifts_stay_within_the_jitter_and_half_of_the_examples_are_flipped(examples):
    data = TFDataModule(examples, examples, batch_size=examples.n_regions, jitter=64)
    draws = [data.draw(0, i) for i in range(100)]
    middle = TFDataModule(examples, examples, batch_size=examples.n_regions)
    shifts = np.concatenate([draw.offset - middle.draw(0, i).offset for i, draw in enumerate(draws)])
    assert (shifts.min(), shifts.max()) == (-64, 64)
    assert np.std(shifts) == pytest.approx(np.sqrt((129**2 - 1) / 12), rel=0.05)  # of uniform whole numbers
    assert 0.45 < np.mean([draw.flipped.mean() for draw in draws]) < 0.55
    plain = TFDataModule(examples, examples, batch_size=10, reverse_complement=False).draw(0, 0)
    assert not plain.flipped.any()


def test_the_signal_is_scaled_by_factors_from_the_range_and_nothing_else_changes(examples):
    options = {"batch_size": examples.n_regions, "reverse_complement": False, "seed": 2}
    plain = TFDataModule(examples, examples, **options).draw(0, 0)
    draw = TFDataModule(examples, examples, signal_scaling=(0.5, 2.0), **options).draw(0, 0)
    np.testing.assert_array_equal(draw.offset, plain.offset)
    assert draw.scale.min() >= 0.5
    assert draw.scale.max() <= 2.0
    assert np.ptp(draw.scale) > 1.2
    with_scale = TFDataModule(examples, examples, signal_scaling=(0.5, 2.0), **options)
    batch = next(iter(with_scale.train_dataloader()))
    expected = torch.from_numpy(examples.gather(draw)[1]).float() * torch.from_numpy(draw.scale)[:, None]
    torch.testing.assert_close(one_hot(batch)[:, 4], expected)
    torch.testing.assert_close(one_hot(batch)[:, :4], one_hot(batch._replace(scale=None))[:, :4])


@pytest.mark.parametrize("world_size", [2, 3])
def test_the_shares_of_several_processes_make_up_the_batch(examples, world_size):
    def batches(rank, n, stream):
        data = TFDataModule(examples, examples, batch_size=12, batches_per_epoch=2, jitter=9, seed=1)
        device = SimpleNamespace(root_device=torch.device("cpu"))
        data.trainer = SimpleNamespace(global_rank=rank, world_size=n, current_epoch=1, strategy=device)
        return list(getattr(data, stream)())

    for stream in ("train_dataloader", "val_dataloader"):
        whole = batches(0, 1, stream)
        shares = [batches(rank, world_size, stream) for rank in range(world_size)]
        assert {len(share) for share in shares} == {len(whole)}
        for expected, *parts in zip(whole, *shares, strict=True):
            together = {row.tobytes() for part in parts for row in part.codes.numpy()}
            assert together == {row.tobytes() for row in expected.codes.numpy()}
            assert sum(len(part.labels) for part in parts) == len(expected.labels)


def test_options_that_do_not_fit_the_examples_are_refused(examples):
    with pytest.raises(ValueError, match="different regions of interest"):
        TFDataModule(examples, examples, batch_size=100_000)
    with pytest.raises(ValueError, match="different random windows"):
        TFDataModule(examples, examples, batch_size=100, random_ratio=1.0)
    with pytest.raises(ValueError, match="jitter"):
        TFDataModule(examples, examples, batch_size=4, jitter=65)
    with pytest.raises(ValueError, match="signal_scaling"):
        TFDataModule(examples, examples, batch_size=4, signal_scaling=(1.1, 0.9))
    with pytest.raises(ValueError, match="random_ratio"):
        TFDataModule(examples, examples, batch_size=4, random_ratio=-0.1)


def test_validation_shows_every_region_in_every_cell_type_once(examples):
    data = TFDataModule(examples, examples, batch_size=10)
    draw = data.validation_draw()
    assert len(draw.offset) == 2 * examples.n_regions
    assert sum(len(batch.labels) for batch in data.val_dataloader()) == 2 * examples.n_regions
    fewer = TFDataModule(examples, examples, batch_size=10, max_validation=7)
    assert len(fewer.validation_draw().offset) == 7


def test_a_stream_continues_where_its_state_was_taken_and_then_starts_anew():
    stream = BatchStream(lambda number: number, 5)
    iterator = iter(stream)
    assert [next(iterator) for _ in range(3)] == [0, 1, 2]
    other = BatchStream(lambda number: number, 5)
    other.load_state_dict(stream.state_dict())
    assert list(other) == [3, 4]
    assert list(other) == [0, 1, 2, 3, 4]
    assert list(iter(stream)) == [0, 1, 2, 3, 4]
