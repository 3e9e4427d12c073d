"""Whether a sparse group's signal gets better where it borrows from its relatives, and what private sites lose by it.

Tracks of blood cell types against held-out cells; the truth board and chr22 with published weights against ChIP-seq.
Takes about twenty minutes on two cores. Cases that are done are kept in `--scratch`, and not made again.

Usage: python experiments/borrowing.py [--check] [--threads 2] [--scratch FOLDER]
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from _borrowing import ALL_TILES, PRIVATE_KEPT
from _borrowing_chip import DECIDING, OWN_RESCALED, on_board, on_chr22
from _borrowing_tracks import KEYS, on_blood
from _report import data_dir, options, publish
from matplotlib.figure import Figure

SHOWN = ("all types", "CD14+ Monocytes", "CD4 naive T", "NK", "cDCs", *DECIDING, "all factors")
"""Rows of the table: of the blood cell types the mean and four, among them the one that gains least."""

LABELS = {
    OWN_RESCALED: "own, scaled over all bases",
    ALL_TILES: "borrowed, all tiles",
    PRIVATE_KEPT: "borrowed, private kept",
}
STYLES = {
    "raw": ("#D55E00", "s"),
    OWN_RESCALED: ("#009E73", "^"),
    ALL_TILES: ("0.55", "v"),
    PRIVATE_KEPT: ("#0072B2", "o"),
}
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
    table = pd.concat(parts, ignore_index=True).rename(columns={"borrowed": "with_rule"})
    table = table[table["case"].isin(SHOWN)]
    values = ["raw", "with_rule", "change", "low", "high", "lost", "lost_shared"]
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
    """Raw and borrowed over the number of cells, a panel a measure."""
    figure, axes = plt.subplots(2, 4, figsize=(9.2, 4.6), layout="constrained")
    for ax, (data, case, measure) in zip(axes.flat, PANELS, strict=True):
        panel = table[(table["data"] == data) & (table["case"] == case) & (table["measure"] == measure)]
        for rule, (colour, marker) in STYLES.items():
            rows = (panel.drop_duplicates("n_cells") if rule == "raw" else panel[panel["rule"] == rule]).sort_values(
                "n_cells"
            )
            y = rows["raw" if rule == "raw" else "with_rule"]
            ax.plot(
                rows["n_cells"],
                y,
                color=colour,
                marker=marker,
                markersize=4,
                linewidth=1.2,
                label=LABELS.get(rule, rule),
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
    handles, labels = axes.flat[3].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


if __name__ == "__main__":
    main()
