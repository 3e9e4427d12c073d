"""Signal, scores and sites along the genome."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac._logging import logger, warn
from scmaxatac.io._regions import parse_region
from scmaxatac.plotting._base import (
    GREY,
    LARGE,
    LIGHT_GREY,
    MEDIUM,
    PALETTE,
    SMALL,
    PanelGrid,
    available_size,
    nice_ceiling,
    position_axis,
    region_title,
    text_width,
)
from scmaxatac.plotting._finish import SavePath, check_save, finish
from scmaxatac.plotting._genes import draw_genes, gene_rows
from scmaxatac.plotting._runs import fill_runs
from scmaxatac.plotting._track_layout import TrackLayout
from scmaxatac.results._annotation import Annotation, genes_if_any
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._read_tracks import read_signal, read_track
from scmaxatac.results._reader import Results, find_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_TFS = len(PALETTE)
_STRIP = 0.24  # depth of the strip of sites below a track, as a share of the track's range
_NARROWEST = 0.002  # narrowest mark of a site, as a share of the region


@shared_docs
@checked_arguments
def tracks(
    data: Any,
    region: str,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    signal: bool = True,
    sites: bool = True,
    genes: Annotation | bool | None = None,
    key: str = KEY_ADDED,
    mod: str = "atac",
    figsize: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
    show: bool = False,
    save: SavePath | None = None,
) -> "Figure | None":
    """Draw each group's ATAC signal, TF scores and called sites over a region.

    All signals share one range, so groups can be compared by eye. Scores are drawn from 0 to 1, with the threshold of
    the group and TF as a dashed line. Sites are bars below the scores. They are drawn at least 0.2% of the region wide,
    to be seen.

    Parameters
    ----------
    data
        {results}
    region
        Region such as ``"chr22:18,712,000-18,730,000"`` (0-based, half-open).
    tfs
        TFs in order, at most six; by default all, or of many the six with most sites in the region.
    groups
        Groups in order; by default all that were predicted.
    signal
        Whether to draw the ATAC signal.
    sites
        Whether to mark called sites.
    genes
        Genes to draw below: a GTF file, :class:`~scmaxatac.Genes` or a genome with annotation. By default those of the
        annotation that the run's genome had, if it had one; ``False`` for none.
    key
        {key}
    mod
        {mod}
    figsize
        {figsize}
    ax
        {panels_ax}
    show
        {show}
    save
        {save}

    Returns
    -------
    {figure}

    Raises
    ------
    KeyError
        If there are no results under `key`, or no such TF or group among them.
    ValueError
        If the region is not understood or was not predicted, if there are more than six `tfs`, or if the genes are on
        chromosomes of other names (1 for chr1).
    FileNotFoundError
        If the run's files are not where they were written, or there is no such GTF file.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> figure = sma.pl.tracks(mdata, "chr5:100,000-120,000", tfs=["CTCF", "SPI1"])
    >>> figure.savefig("tracks.png")  # doctest: +SKIP
    """
    check_save(save)
    results = find_results(data, key, mod)
    chrom, start, end = parse_region(region)
    group_names = results.pick_groups(groups)
    called = _called(results, group_names, chrom, start, end)
    tf_names = _tf_names(results, tfs, called)
    scores = {(g, tf): read_track(results, tf, g, region) for g in group_names for tf in tf_names}
    signals = _signals(results, group_names, region) if signal else {}
    thresholds = results.params["thresholds"]
    layout = TrackLayout(group_names, tf_names, bool(signals), available_size(ax, figsize))
    gene_table = None
    known_genes = genes_if_any(genes, results.params)
    if known_genes is not None:
        gene_table = gene_rows(known_genes, chrom, start, end, layout.width)
        layout.make_room_for_genes(gene_table)
    grid = PanelGrid(ax, layout.grid_width, layout.height)
    signal_top = nice_ceiling(max((frame["value"].max() for frame in signals.values() if len(frame)), default=0.0))
    _header(grid, layout, region_title(chrom, start, end), signal_top if signals else None)

    panel = None
    for g, group in enumerate(group_names):
        block = layout.block_top(g)
        grid.text(
            0.1, block + layout.block_height / 2, layout.labels[g], fontsize=layout.label_size, va="center", ha="left"
        )
        rows = ([(None, signals[group])] if signals else []) + [(tf, scores[group, tf]) for tf in tf_names]
        for r, (tf, frame) in enumerate(rows):
            panel = grid.panel(layout.left, block + r * layout.pitch, layout.width, layout.track)
            panel.set_label(f"{group}: {tf or 'signal'}")
            panel.set_xlim(start, end)
            colour = GREY if tf is None else PALETTE[tf_names.index(tf)]
            _style_axes(panel, layout, tf or "signal", colour, signal_top if tf is None else 1.0)
            values = frame["value" if tf is None else "score"]
            limits = start, end
            fill_runs(panel, frame["start"], frame["end"], values, limits, colour, bin_size=results.params["bin"])
            if tf is not None:
                _mark_threshold(panel, thresholds[tf][group])
            if sites and tf is not None:
                here = called[(called["group"] == group) & (called["tf"] == tf)]
                _mark_sites(panel, here, end - start, colour)
    if gene_table is not None:
        panel = grid.panel(layout.left, layout.genes_top, layout.width, layout.genes_height)
        panel.set_label("genes")
        panel.set_xlim(start, end)
        draw_genes(panel, gene_table)
    if panel is not None:
        position_axis(panel, chrom, start, end)
    return finish(grid.figure, ax=ax, show=show, save=save)


def _header(grid: PanelGrid, layout: TrackLayout, title: str, signal_top: float | None) -> None:
    """Write the region, the ranges and, where tracks carry no names, what the colours mean."""
    grid.text(layout.left, 0.12, title, fontsize=LARGE, va="center", ha="left")
    ranges = [] if signal_top is None else [f"signal 0\N{EN DASH}{signal_top:g} (1 = 99th percentile of coverage)"]
    ranges += ["score 0\N{EN DASH}1 (dashed: threshold)"] if layout.tfs else []
    grid.text(layout.left, 0.33, "; ".join(ranges), color=GREY, va="center", ha="left")
    if not layout.named:
        left = layout.left
        for name, colour in zip(layout.tfs, PALETTE, strict=False):
            grid.text(left, 0.54, f"\N{BLACK SQUARE} {name}", fontsize=MEDIUM, color=colour, va="center", ha="left")
            left += text_width([f"\N{BLACK SQUARE} {name}"], MEDIUM) + 0.2


def _style_axes(panel: "Axes", layout: TrackLayout, name: str, colour: str, top: float) -> None:
    """Set the range of a track, its name and its ticks."""
    panel.set_ylim(-(_STRIP if name != "signal" else 0.04) * top, top)
    panel.axhline(0, color=LIGHT_GREY, linewidth=0.6, zorder=0, clip_on=False)
    panel.patch.set_visible(False)
    panel.spines[:].set_visible(False)
    panel.tick_params(bottom=False, labelbottom=False)
    if layout.ticked:
        panel.yaxis.tick_right()
        panel.set_yticks([0, top], ["0", f"{top:g}"])
        panel.tick_params(axis="y", labelsize=SMALL - 1, length=2, pad=1, color=GREY, labelcolor=GREY)
        lowest, highest = panel.get_yticklabels()
        lowest.set_verticalalignment("bottom")
        highest.set_verticalalignment("top")
    else:
        panel.set_yticks([])
    if layout.named:
        panel.text(
            -0.08 / layout.width, 0.4, name, color=colour, fontsize=SMALL, transform=panel.transAxes,
            ha="right", va="center",
        )  # fmt: skip


def _mark_threshold(panel: "Axes", threshold: float) -> None:
    """Draw the threshold as a line; one that no score can reach is left out."""
    if threshold <= 1:
        panel.axhline(threshold, color=GREY, linewidth=0.5, dashes=(4, 3), zorder=3)


def _mark_sites(panel: "Axes", sites: pd.DataFrame, length: int, colour: str) -> None:
    """Draw called sites as bars below the scores."""
    bottom = panel.get_ylim()[0]
    widths = (sites["end"] - sites["start"]).clip(lower=_NARROWEST * length)
    lefts = (sites["start"] + sites["end"] - widths) / 2
    panel.broken_barh(
        list(zip(lefts, widths, strict=True)), (bottom * 0.92, -bottom * 0.67), facecolors=colour, linewidth=0
    )


def _signals(results: Results, groups: list[str], region: str) -> dict[str, pd.DataFrame]:
    """Signal of each group; nothing, and a warning, if the run's store is gone and only bigWigs are left."""
    try:
        return {group: read_signal(results, group, region) for group in groups}
    except FileNotFoundError as error:
        warn(f"drawing no signal: {error}")
        return {}


def _called(results: Results, groups: list[str], chrom: str, start: int, end: int) -> pd.DataFrame:
    frame = read_sites(results, None, groups)
    return frame[(frame["chrom"] == chrom) & (frame["end"] > start) & (frame["start"] < end)]


def _tf_names(results: Results, wanted: str | Iterable[str] | None, called: pd.DataFrame) -> list[str]:
    names = results.pick_tfs(wanted)
    if len(names) <= _MOST_TFS:
        return names
    if wanted is not None:
        raise ValueError(f"{len(names)} TFs are too many to tell apart; give at most {_MOST_TFS}")
    counts = called["tf"].value_counts().reindex(names, fill_value=0)
    most: list[str] = counts.sort_values(ascending=False, kind="stable").index[:_MOST_TFS].tolist()
    logger.info("drawing the %d TFs with most sites in the region: %s", _MOST_TFS, ", ".join(most))
    return most
