"""IGV inside a notebook."""

import sys
from collections.abc import Iterable
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.plotting._igv_config import igv_config
from scmaxatac.predict._browser_files import (
    Choice,
    colors_for,
    genome_for_igv,
    most_called_at,
    place_for,
    saved_tracks,
    written_tracks,
)
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def igv(
    data: Any,
    region: Any = None,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    signal: bool = True,
    sites: bool = True,
    folder: str | PathLike[str] | None = None,
    assembly: str | None = None,
    key: str = KEY_ADDED,
    mod: str = "atac",
) -> Any:
    """Show signal, scores and sites in IGV, inside a notebook, where they can be scrolled and zoomed.

    It needs the extra ``igv``. Files are read from where they lie: in Jupyter Notebook and Colab anywhere, in
    JupyterLab below the folder that it was started in, best beside the notebook: name a `folder` there. IGV loads named
    genomes, and their genes, from the internet.

    Parameters
    ----------
    data
        {results}
    region
        Region such as ``"chr22:18,712,000-18,730,000"`` or ``"chr22:18.7M-18.8M"`` (0-based, half-open), the name of a
        gene, or a row of a table with chrom, start and end; by default the site with the largest score.
    tfs
        TFs in order; by default all, or of many the six with most sites in the region.
    groups
        {groups}
    signal
        Whether to show the ATAC signal; all groups share one range.
    sites
        Whether to show called sites.
    folder
        Folder to write what is shown into, under the names of :func:`scmaxatac.tl.write_browser_files`; what that wrote
        there for the same run stays. Without it the bigWigs that the run saved are shown, and its BED files of sites.
    assembly
        Name of the genome in IGV, such as ``"hg38"``; by default what the name of the genome's file says, else that
        file itself.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    The ``igv_notebook.Browser``, which loads further tracks (``load_track``) and goes elsewhere (``search``).

    Raises
    ------
    FileNotFoundError
        If the run's files are not where they were written, or it saved no bigWigs and no `folder` is given.
    ImportError
        If igv-notebook is not installed.
    KeyError
        If there are no results under `key`, or no such TF, group or gene.
    RuntimeError
        If it is not called in a notebook.
    ValueError
        If the region is not understood or was not predicted, the genome's name is not known, or the folder can't be
        written to.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> browser = sma.pl.igv(mdata, "CD19", tfs="SPI1", folder="igv")  # doctest: +SKIP
    >>> browser.search("chr5:100,000-120,000")  # doctest: +SKIP
    """
    notebook = _igv_notebook()
    results = read_results(data, key, mod)
    everything = Choice(results.pick_groups(groups), results.pick_tfs(tfs), signal)
    place = place_for(results, region, everything)
    choice = everything if tfs is not None else most_called_at(results, everything, place)
    genome = genome_for_igv(results.params, assembly)
    colors = colors_for(data, results, mod)
    if folder is None:
        tracks = saved_tracks(results, choice, colors)
    else:
        tracks = written_tracks(results, Path(folder).expanduser(), choice, colors)
    shown = [(track, path) for track, path in tracks if sites or track.kind != "sites"]
    _start(notebook)
    return notebook.Browser(igv_config(shown, genome, place))


def _igv_notebook() -> Any:
    """The package, in a notebook."""
    try:
        import igv_notebook
        from IPython import get_ipython
    except ImportError:
        raise ImportError("pl.igv needs igv-notebook: pip install 'scmaxatac[igv]'") from None
    if getattr(get_ipython(), "kernel", None) is None:
        raise RuntimeError(
            "pl.igv shows IGV inside a notebook, and this is none; for IGV on the desktop or in a browser write a "
            "session with scmaxatac.tl.write_browser_files(data, folder, formats='igv')"
        )
    return igv_notebook


def _start(notebook: Any) -> None:
    """Put igv.js into the notebook: once, but into every cell of Colab, each of which is a page of its own."""
    if "google.colab" in sys.modules:
        notebook.init()
    else:
        _start_once(notebook)


@cache
def _start_once(notebook: Any) -> None:
    notebook.init()
