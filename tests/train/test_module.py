"""The loss, Dice and the training loop."""

import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from _networks import encoded
from _tiny_training import one_thread

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import pytorch_lightning as lightning
import torch

from scmaxatac.nn._network import TFNetwork
from scmaxatac.train._data_module import Batch, TFDataModule
from scmaxatac.train._dataset import Examples
from scmaxatac.train._fit import TrainingRun
from scmaxatac.train._module import TFTrainingModule, dice, initialise, masked_cross_entropy, one_hot


@pytest.fixture
def examples():
    """Eight kilobases of random sequence, signal and labels."""
    rng = np.random.default_rng(0)
    length = 8_192
    codes = rng.integers(0, 4, length).astype(np.uint8)
    signal = (rng.random((1, length)) < 0.5).astype(np.float16)
    bound = np.packbits(rng.random((1, length)) < 0.1, axis=1)
    known = np.packbits(np.ones((1, length), bool), axis=1)
    offset = np.arange(0, length - 1024, 512)
    none = np.zeros(0, np.int64)
    return Examples(("B",), codes, signal, bound, known, offset, np.zeros(len(offset), np.int64), none, 0)


def test_the_loss_is_clipped_cross_entropy_over_known_bins():
    rng = np.random.default_rng(0)
    logits = np.append(rng.normal(0, 3, 30), [40.0, -40.0]).astype(np.float32)
    labels = np.append(rng.integers(-1, 2, 30), [0, 1]).astype(np.int8)
    p = np.clip(1 / (1 + np.exp(-logits.astype(float))), 1e-7, 1 - 1e-7)
    known = labels >= 0
    expected = -np.mean(np.where(labels == 1, np.log(p), np.log(1 - p))[known])
    loss = masked_cross_entropy(torch.from_numpy(logits)[None], torch.from_numpy(labels)[None])
    assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_unknown_bins_have_no_gradient_and_a_batch_of_them_no_loss():
    logits = torch.randn(2, 32, requires_grad=True)
    labels = torch.randint(0, 2, (2, 32), dtype=torch.int8)
    labels[1] = -1
    masked_cross_entropy(logits, labels).backward()
    assert torch.count_nonzero(logits.grad[1]) == 0
    assert torch.count_nonzero(logits.grad[0]) == 32
    assert masked_cross_entropy(logits, torch.full_like(labels, -1)).item() == 0


def test_dice_is_one_for_perfect_predictions_and_follows_the_formula():
    truth = np.array([1.0, 0, 1, 1])
    assert dice(truth @ truth, 2 * truth.sum()) == 1
    guess = np.array([0.5, 0.2, 0.9, 0.1])
    assert dice(truth @ guess, truth.sum() + guess.sum()) == pytest.approx((2 * 1.5 + 10) / (3 + 1.7 + 10))


def test_batches_are_encoded_as_for_prediction():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, (3, 1024)).astype(np.uint8)
    signal = rng.random((3, 1024)).astype(np.float16)
    batch = Batch(torch.from_numpy(codes), torch.from_numpy(signal), torch.zeros(3, 32, dtype=torch.int8))
    torch.testing.assert_close(one_hot(batch), torch.from_numpy(encoded(codes, signal)))


def test_weights_start_glorot_uniform():
    torch.manual_seed(0)
    network = initialise(TFNetwork())
    for conv in (*network.convs, network.head):
        n_out, n_in, width = conv.weight.shape
        limit = np.sqrt(6 / (width * (n_in + n_out)))
        assert conv.weight.abs().max() <= limit
        if conv.weight.numel() > 1000:
            assert conv.weight.std().item() == pytest.approx(limit / np.sqrt(3), rel=0.1)
        assert not conv.bias.any()


def test_the_learning_rate_decays_as_in_keras():
    parts = TFTrainingModule(learning_rate=0.01, decay=0.5).configure_optimizers()
    optimizer, schedule = parts["optimizer"], parts["lr_scheduler"]["scheduler"]
    assert parts["lr_scheduler"]["interval"] == "step"
    rates = []
    for _ in range(4):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(rates, [0.01 / (1 + 0.5 * i) for i in range(4)])
    assert optimizer.defaults["eps"] == 1e-7


def _data(examples):
    return TFDataModule(examples, examples, batch_size=8, batches_per_epoch=3)


def _fit(examples, folder, epochs, *, learning_rate=1e-3, resume=True, **kwargs):
    torch.manual_seed(1)
    module, data = TFTrainingModule(learning_rate=learning_rate), _data(examples)
    run = TrainingRun(folder, batch_size=data.batch_size, epochs=epochs, accelerator="cpu", **kwargs)
    return run.fit(module, data, resume=resume)


@pytest.fixture
def _one_thread():
    with one_thread():
        yield


def _state(folder):
    return torch.load(folder / "last.ckpt", weights_only=True)


@pytest.mark.usefixtures("_one_thread")
def test_every_epoch_trains_all_its_batches_and_the_best_one_is_kept(examples, tmp_path):
    weights, history = _fit(examples, tmp_path, 3)
    assert history["epoch"].tolist() == [0, 1, 2]
    assert history["train_loss"].nunique() == 3
    best = int(history["val_dice"].idxmax())
    then, _ = _fit(examples, tmp_path / "until then", best + 1)
    np.testing.assert_array_equal(weights["head.weight"], then["head.weight"])
    last = _state(tmp_path / "until then")["state_dict"]["network.head.weight"].numpy()
    np.testing.assert_array_equal(weights["head.weight"], last)
    assert _state(tmp_path)["global_step"] == 9


@pytest.mark.parametrize("share_known", [1.0, 0.6])
def test_loss_and_dice_of_an_epoch_are_those_of_all_known_validation_bins_together(examples, tmp_path, share_known):
    known = np.random.default_rng(1).random((1, examples.signal.shape[1])) < share_known
    examples = replace(examples, known=np.packbits(known, axis=1))
    weights, history = _fit(examples, tmp_path, 1)
    codes, signal, labels = examples.gather(_data(examples).validation_draw())
    predicted = TFNetwork.from_weights(weights)(torch.from_numpy(encoded(codes, signal)))[:, 0].detach().numpy()
    p = np.clip(predicted.astype(float), 1e-7, 1 - 1e-7)
    assert (labels < 0).any() == (share_known < 1)
    p, labels = p[labels >= 0], labels[labels >= 0]
    loss = -np.where(labels == 1, np.log(p), np.log(1 - p)).mean()
    assert history["val_loss"][0] == pytest.approx(loss, rel=1e-5)
    expected = (2 * (labels * p).sum() + 10) / (labels.sum() + p.sum() + 10)
    assert history["val_dice"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.usefixtures("_one_thread")
def test_a_resumed_run_equals_an_uninterrupted_one_bit_by_bit_also_in_a_moved_folder(examples, tmp_path):
    whole, curve = _fit(examples, tmp_path / "whole", 3)
    _fit(examples, tmp_path / "parts", 1)
    (tmp_path / "parts").rename(tmp_path / "moved")
    resumed, history = _fit(examples, tmp_path / "moved", 3)
    pd.testing.assert_frame_equal(history, curve)
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array)
    last = _state(tmp_path / "moved")["state_dict"]
    for name, array in _state(tmp_path / "whole")["state_dict"].items():
        torch.testing.assert_close(last[name], array, rtol=0, atol=0)
    assert pd.read_csv(tmp_path / "moved" / "history.csv")["val_dice"].to_numpy() == pytest.approx(history["val_dice"])


def test_training_stops_when_there_is_no_progress_and_is_not_taken_up_again(examples, tmp_path):
    _, history = _fit(examples, tmp_path, 20, patience=2, learning_rate=1e-9)
    n = len(history)
    assert n < 20
    assert n - 1 - history["val_dice"].idxmax() == 2
    _, again = _fit(examples, tmp_path, 20, patience=2, learning_rate=1e-9)
    assert len(again) == n
    assert _state(tmp_path)["global_step"] == 3 * n


def test_without_resume_training_starts_anew(examples, tmp_path):
    _fit(examples, tmp_path, 2)
    _, history = _fit(examples, tmp_path, 1, resume=False)
    assert history["epoch"].tolist() == [0]


def test_bf16_trains_float32_weights(examples, tmp_path):
    weights, history = _fit(examples, tmp_path, 1, precision="bf16-mixed")
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    assert np.isfinite(history.to_numpy()).all()


def test_a_loss_that_is_no_number_is_an_error(examples, tmp_path):
    broken = replace(examples, signal=np.full_like(examples.signal, np.nan))
    with pytest.raises(RuntimeError, match="diverged in epoch 0"):
        _fit(broken, tmp_path, 1)


def test_ctrl_c_is_a_keyboard_interrupt_and_works_again_afterwards(examples, tmp_path):
    class Interrupted(TFTrainingModule):
        def training_step(self, batch, batch_idx):
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        TrainingRun(tmp_path, batch_size=4, accelerator="cpu").fit(Interrupted(), _data(examples))
    assert signal.getsignal(signal.SIGINT) is before


def test_a_checkpoint_of_another_run_is_refused(examples, tmp_path):
    _fit(examples, tmp_path, 1, fingerprint="one")
    with pytest.raises(ValueError, match=r"last\.ckpt is of a run with other inputs"):
        _fit(examples, tmp_path, 2, fingerprint="another")


def test_lightning_is_quiet_and_scmaxatac_logs_every_epoch(examples, tmp_path, caplog, recwarn, capsys):
    with caplog.at_level("INFO"):
        _fit(examples, tmp_path, 1)
    assert {record.name.partition(".")[0] for record in caplog.records} == {"scmaxatac"}
    assert "epoch 0: loss" in caplog.text
    assert [str(warning.message) for warning in recwarn] == []
    assert capsys.readouterr() == ("", "")


def test_a_run_stopped_within_an_epoch_continues_with_the_next_batch(examples, tmp_path):
    seen = []

    class Watching(TFTrainingModule):
        def training_step(self, batch, batch_idx):
            seen.append(batch.codes.sum().item())
            return super().training_step(batch, batch_idx)

    class Saving(lightning.Callback):
        def on_train_batch_end(self, trainer, *_):
            if trainer.global_step == 4:
                trainer.save_checkpoint(tmp_path / "middle.ckpt")

    def fit(**kwargs):
        torch.manual_seed(1)
        module = Watching()
        trainer = lightning.Trainer(
            max_epochs=2,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            num_sanity_val_steps=0,
            limit_val_batches=0,
            callbacks=[Saving()],
        )
        trainer.fit(module, datamodule=_data(examples), **kwargs)
        return module.network.weights()

    whole = fit()
    uninterrupted, seen[:] = list(seen), []
    continued = fit(ckpt_path=str(tmp_path / "middle.ckpt"))
    assert seen == uninterrupted[4:]
    np.testing.assert_allclose(continued["head.weight"], whole["head.weight"], atol=1e-6)
