"""Texts of parameters that several functions share, written once and inserted into their docstrings."""

import textwrap
from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import Any, TypeVar, overload

_GROUPS = {
    "source_options": ("fragments", "sample_key", "barcode_key", "replicate_key", "mod"),
    "depth_options": ("min_cells", "min_fragments", "max_fragments", "rng"),
}
"""Parameters of the functions that make pseudobulks: which cells and fragments, and how deep; in the order of the lines
``{source_options}`` and ``{depth_options}``."""

F = TypeVar("F", bound=Callable[..., object])

_TEXTS = {
    "agreement": """
        Scores equal those of the original to within 2e-5, or 1e-4 where the signal is above 4, where Keras' own
        rounding is of that size too; in bfloat16 to within 0.05, or 0.1 where the signal is above 4, but not at
        extreme signals (above 20), where they were seen to differ by 0.6.""",
    "data": """
        AnnData, MuData, SnapATAC2's backed AnnData, or a list or ``{sample: AnnData}`` of them (groups are pooled over
        the list).""",
    "groupby": """
        Column of ``obs`` that holds the groups, or a list of columns, whose values are joined by ``|``. For MuData:
        ``mdata.obs``, then ``"mod:column"``, then the modality's own ``obs``. Cells without a value are left out.""",
    "genome": """
        :class:`~scmaxatac.Genome` with sizes, blacklist and, where sequence is needed, sequence; or the path of a FASTA
        or 2bit file, or a name such as ``"hg38"``, which is looked up in ``settings.genome_dir``.""",
    "results": """
        AnnData, MuData or SnapATAC2's backed AnnData with results. Functions that only read take the list or
        ``{sample: object}`` that was predicted together as well.""",
    "fragments": """
        Path of a fragment file or of a BAM file, or ``{sample: path}`` together with `sample_key`. Without it
        fragments are taken from ``obsm["fragment_paired"]`` or ``obsm["fragment_single"]`` (SnapATAC2), then from
        ``uns["files"]["fragments"]`` (muon). Fragment files have to be shifted by +4/-5 bp already, as those of Cell
        Ranger are. Reads of a BAM file are shifted here; they need a cell barcode (in the tag ``CB``, or where
        ``settings.bam_barcode`` says), a mapping quality of at least 30 and, if they are paired, the mark of a proper
        pair, and must not be marked as duplicates.""",
    "sample_key": """
        Column of ``obs`` that says which fragment file a cell is in.""",
    "barcode_key": """
        Column of ``obs`` that holds the barcodes as they stand in the fragment file; by default ``obs_names``, with the
        usual affixes (``-1``, ``sample#``, ``sample_``) tried.""",
    "replicate_key": """
        Column of ``obs`` that holds the biological replicate: replicates are averaged with equal weight, as in the
        paper. Without it the cells of a group are pooled.""",
    "mod": """
        Modality of a MuData that holds the ATAC data. Where none is called ``"atac"``, the only one with results
        counts, else the only one with fragments, then the only one whose columns are called as intervals.""",
    "chroms": """
        Chromosomes to use; by default the genome's autosomes and X that have sequence.""",
    "signal_chroms": """
        Chromosomes over which the 99th percentile of the coverage is taken; `chroms` by default, so that fewer `chroms`
        change the percentile, and with it the signal and every score. Name all chromosomes here to compare with a run
        on all of them.""",
    "bulks_or_data": """
        AnnData, MuData, SnapATAC2's backed AnnData, or a list or ``{sample: AnnData}`` of them (groups are pooled over
        the list); or the pseudobulks that :func:`scmaxatac.pp.pseudobulk` made: nothing is then read again, and what
        says where fragments come from, which cells are pooled and how deep groups have to be stays as it was said
        there.""",
    "bulks_groupby": """
        Column of ``obs`` that holds the groups, or a list of columns, whose values are joined by ``|``. For MuData:
        ``mdata.obs``, then ``"mod:column"``, then the modality's own ``obs``. Cells without a value are left out. Not
        with pseudobulks, which have groups.""",
    "bulks_genome": """
        :class:`~scmaxatac.Genome` with sizes, blacklist and, where sequence is needed, sequence; or the path of a FASTA
        or 2bit file (then without a blacklist), or a name such as ``"hg38"``, which is looked up in
        ``settings.genome_dir`` with its blacklist; by default that of the pseudobulks, where these are given.""",
    "bulks_chroms": """
        Chromosomes to use; by default the genome's autosomes and X that have sequence, or those of the pseudobulks.""",
    "min_cells": """
        Groups with fewer cells are skipped, with a warning and a line in the QC table.""",
    "min_fragments": """
        Groups with fewer fragments are skipped, with a warning and a line in the QC table.""",
    "max_fragments": """
        Groups with more fragments on `signal_chroms` are thinned to this many, whole fragments drawn without
        replacement; ``"match"`` takes the number of the smallest group that is kept, so that all are equally deep where
        the signal is scaled. Other chromosomes are thinned along, to the same share. Scores, sites and activities rise
        with depth: compare groups at one depth. With `replicate_key` a group's largest replicates are thinned to
        one size. The same seed with a smaller number gives a subset. Without it groups are as deep as they are, with a
        warning where one has more than twice the fragments of another.""",
    "key": """
        Name under which the results were stored (``key_added`` of :func:`scmaxatac.tl.predict_tfbs`).""",
    "key_added": """
        Name under which results are stored: ``uns[key_added]`` and ``obsm["X_" + key_added]``.""",
    "copy": """
        Return a changed copy instead of changing the object in place.""",
    "tfs": """
        One TF or several, in this order; by default all that were predicted.""",
    "groups": """
        One group or several, in this order; by default all that were predicted.""",
    "warns_and_raises": """
        Warns
        -----
        UserWarning
            If the groups of the object are not of the cells that were predicted: cells were added, removed, renamed or
            are in other groups. Each is told once.

        Raises
        ------
        KeyError
            If there are no results under `key`, a slot of theirs is missing, or a name that is asked for is not among
            them.
        ValueError
            If a slot holds something else than what was written.""",
    "ax": """
        Axes to draw into; a new figure is made without it.""",
    "panels_ax": """
        Axes in whose place the panels are drawn; a new figure is made without it.""",
    "figsize": """
        Width and height of the figure in inches; by default as the content needs.""",
    "new_figsize": """
        Width and height in inches of a new figure.""",
    "show": """
        Whether to show the figure now. Without it a notebook shows what a cell ends with, and a script shows all
        figures with ``matplotlib.pyplot.show()``.""",
    "save": """
        File to write the figure to, such as ``"figure.pdf"``; its ending says the format.""",
    "figure": """
        The figure, as plots of several panels give it; None if it was shown, or drawn into `ax`.""",
    "axes": """
        The axes, as plots of one panel give it (``ax.figure`` is the figure); None if the figure was shown.""",
    "force": """
        Download again what is there already.""",
    "base_url": """
        Address of a mirror of the repository's root; without it GitHub's, at a fixed commit.""",
    "rng": """
        Seed or generator of random numbers.""",
}


_TEXTS |= {
    group: "\n".join(f"{name}\n{textwrap.indent(cleandoc(_TEXTS[name]), '    ')}" for name in names)
    for group, names in _GROUPS.items()
}


@overload
def shared_docs(function: F, /) -> F: ...


@overload
def shared_docs(**texts: str) -> Callable[[F], F]: ...


def shared_docs(function: Any = None, /, **texts: str) -> Any:
    """Insert texts into a docstring: a line ``{name}`` alone becomes the text of that name.

    ``{source_options}`` and ``{depth_options}``, at the place of a parameter's name, become all of the options that
    pseudobulks are made with.

    Parameters
    ----------
    function
        The function, where this is a decorator without arguments.
    **texts
        Texts beside the shared ones, such as lists of slots that are made from their declarations.
    """
    if function is None:
        return lambda decorated: _inserted(decorated, _TEXTS | texts)
    return _inserted(function, _TEXTS)


def _inserted(function: F, texts: Mapping[str, str]) -> F:
    doc = function.__doc__ or ""
    lines: list[str] = []
    for line in doc.splitlines():
        stripped = line.strip()
        if stripped.startswith("{") and stripped.endswith("}") and stripped[1:-1] in texts:
            indent = line[: len(line) - len(line.lstrip())]
            lines.extend((indent + text).rstrip() for text in cleandoc(texts[stripped[1:-1]]).splitlines())
        else:
            lines.append(line)
    function.__doc__ = "\n".join(lines)
    return function
