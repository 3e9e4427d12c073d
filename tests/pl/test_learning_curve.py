from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from scmaxatac import pl

from ._overlaps import texts_in_trouble


def made_up(n: int, best: int) -> pd.DataFrame:
    epoch = np.arange(n)
    dice = 0.5 - 0.01 * np.abs(epoch - best)
    return pd.DataFrame(
        {"epoch": epoch, "train_loss": 0.6 / (1 + epoch), "val_loss": 0.7 / (1 + epoch), "val_dice": dice}
    )


def drawn(figure, label):
    panel = next(ax for ax in figure.axes if ax.get_ylabel() == label)
    return [line.get_xydata() for line in panel.get_lines() if len(line.get_xydata()) > 2]


def test_the_curves_are_the_columns_of_the_table():
    table = made_up(12, 7)
    figure = pl.learning_curve(table)
    assert isinstance(figure, Figure)
    losses, dice = drawn(figure, "Loss"), drawn(figure, "Validation Dice")
    for curve, name in zip([*losses, *dice], ["train_loss", "val_loss", "val_dice"], strict=True):
        np.testing.assert_array_equal(curve, table[["epoch", name]])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["training", "validation"]


@pytest.mark.parametrize(("n", "best"), [(1, 0), (12, 0), (12, 11), (100, 40)])
def test_the_best_epoch_is_named_and_all_text_is_inside_the_figure(n, best):
    figure = pl.learning_curve(made_up(n, best))
    assert any(text.get_text() == f"best: 0.500 in epoch {best}" for ax in figure.axes for text in ax.texts)
    assert texts_in_trouble(figure) == []


def test_model_folder_file_and_table_give_the_same_picture(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    table = made_up(5, 2)
    table.to_csv(tmp_path / "history.csv", index=False)
    model = SimpleNamespace(provenance={"history": table.to_dict("list")})
    for given in (model, tmp_path, str(tmp_path / "history.csv"), f"~/{tmp_path.name}"):
        np.testing.assert_allclose(drawn(pl.learning_curve(given), "Loss")[0], table[["epoch", "train_loss"]])


def test_it_is_drawn_in_the_place_of_given_axes():
    _figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    assert pl.learning_curve(made_up(5, 2), ax=axes[1]) is None
    assert len(axes[1].child_axes) == 2
    assert not axes[0].child_axes


def test_what_holds_no_learning_curve_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"only models that tl\.train made"):
        pl.learning_curve(SimpleNamespace(provenance={}))
    with pytest.raises(FileNotFoundError, match=r"history\.csv"):
        pl.learning_curve(tmp_path)
    with pytest.raises(ValueError, match="lacks the columns"):
        pl.learning_curve(pd.DataFrame({"epoch": [0]}))
    with pytest.raises(ValueError, match="no epoch yet"):
        pl.learning_curve(made_up(0, 0))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no table of epochs"),
        (b"\xff\xfe\x00,\x00", "is no table of epochs"),
        (b'epoch,train_loss,val_loss,val_dice\n"0,1,1,0.5', "is no table of epochs"),
        (b"epoch,train_loss,val_loss,val_dice\n0,1,x,0.5\n", r"else than numbers in the columns \['val_loss'\]"),
        (b"epoch,train_loss,val_loss,val_dice\n0,1,1,\n", "has no val_dice in any epoch"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, content, message):
    (tmp_path / "history.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"history\.csv .*{message}"):
        pl.learning_curve(tmp_path)
