"""Whether a sparse group's signal gets better where it borrows from its relatives, and what private sites lose by it.

Tracks of blood cell types against held-out cells; the truth board and chr22 with published weights against ChIP-seq.
Takes about fifteen minutes on two cores. Cases that are done are kept in `--scratch`, and not made again.

Usage: python experiments/borrowing.py [--check] [--threads 2] [--scratch FOLDER]
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from _borrowing import PRIVATE_KEPT
from _borrowing_chip import on_board, on_chr22
from _borrowing_tracks import KEYS, on_blood
from _report import data_dir, options, publish
from matplotlib.figure import Figure

PANELS = (
    ("PBMC 10k", "all types", "log signal"),
    ("PBMC 10k", "all types", "specificity"),
    ("PBMC 10k", "all types", "private sites found"),
    ("board", "CTCF", "average precision"),
    ("board", "SPI1", "average precision"),
    ("board", "YY1", "average precision"),
    ("board", "ELF1", "average precision"),
    ("board", "all factors", "private sites found"),
)


def main() -> None:
    """Write the table and the figure."""
    args = options(__doc__, scratch={"type": Path, "help": "folder of cases that are done; by default none are kept"})
    with tempfile.TemporaryDirectory() as folder:
        scratch = args.scratch or Path(folder)
        scratch.mkdir(parents=True, exist_ok=True)
        data = data_dir()
        parts = [
            kept(scratch / "tracks.csv", lambda: on_blood(data / "pbmc10k")),
            kept(scratch / "board.csv", lambda: on_board(data, scratch)),
            kept(scratch / "chr22.csv", lambda: on_chr22(data, scratch)),
        ]
    table = pd.concat(parts, ignore_index=True)
    values = ["raw", "borrowed", "change", "low", "high", "lost"]
    publish(
        "borrowing",
        table,
        draw(table),
        keys=KEYS,
        tolerance=dict.fromkeys(values, 0.005) | {"k": 0.0, "n": 0.0},
        check=args.check,
    )


def kept(path: Path, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Table that lies in a file already, or is made and written there."""
    if not path.is_file():
        make().to_csv(path, index=False)
    return pd.read_csv(path)


def draw(table: pd.DataFrame) -> Figure:
    """Raw against borrowed over the number of cells, a panel a measure."""
    figure, axes = plt.subplots(2, 4, figsize=(9.2, 4.6), layout="constrained")
    for ax, (data, case, measure) in zip(axes.flat, PANELS, strict=True):
        rows = table[(table["data"] == data) & (table["case"] == case) & (table["measure"] == measure)]
        rows = rows[rows["rule"] == PRIVATE_KEPT].sort_values("n_cells")
        for name, colour, marker in (("raw", "#D55E00", "s"), ("borrowed", "#0072B2", "o")):
            ax.plot(rows["n_cells"], rows[name], color=colour, marker=marker, markersize=4, linewidth=1.2, label=name)
        ax.fill_between(
            rows["n_cells"], rows["raw"] + rows["low"], rows["raw"] + rows["high"], color="#0072B2", alpha=0.15, lw=0
        )
        ax.set_xscale("log")
        ax.set_xticks([25, 100, 400], ["25", "100", "400"])
        ax.minorticks_off()
        ax.set_ylim(0, 1)
        ax.set_title(f"{case}, {data}\n{measure}", fontsize=8)
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("Cells", fontsize=8)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


if __name__ == "__main__":
    main()
