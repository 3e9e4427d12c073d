"""What lies where in an object: every slot that is written, its columns, and one sentence on each.

The writer (:mod:`~scmaxatac.results._slots`) writes nothing that is not declared here, the reader
(:mod:`~scmaxatac.results._reader`) compares what it finds with it, and docstrings take their lists from here. A new
slot is one :class:`Slot` more in :data:`SLOTS`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from scmaxatac import _keys

Kind = Literal["table", "array", "json"]
Place = Literal["uns", "obsm"]
Dtype = Literal["category", "text", "int64", "float32", "float64", "number", "list", "object", "bool"]

EACH_TF = "<TF>"
"""Part of a column's name that stands for the name of each transcription factor."""


@dataclass(frozen=True)
class Column:
    """A column of a table, or a field of a JSON object.

    Attributes
    ----------
    name
        Its name; ``<TF>`` in it stands for the name of each transcription factor.
    dtype
        Its type in memory; text and categories are one where the container has no categories.
    text
        What it holds, as a sentence.
    unit
        Unit, where it has one.
    """

    name: str
    dtype: Dtype
    text: str
    unit: str = ""

    def matches(self, name: str) -> bool:
        """Whether a column of this name is the one that is declared."""
        pattern = re.escape(self.name).replace(re.escape(EACH_TF), ".+")
        return re.fullmatch(pattern, name, flags=re.DOTALL) is not None

    @property
    def is_one(self) -> bool:
        """Whether it stands for one column, not for one a transcription factor."""
        return EACH_TF not in self.name


@dataclass(frozen=True)
class Slot:
    """A slot of a prediction.

    Attributes
    ----------
    name
        Name in ``uns[key]``; in ``obsm`` a name that ``{key}`` is put into.
    kind
        A table, an array, or a JSON object in a string.
    text
        What it holds, as a sentence.
    columns
        Columns of a table, fields of a JSON object.
    place
        Where it lies.
    index
        Name of what the rows stand for, where they have names: the index of pandas' tables, a column of polars'.
    shape
        Dimensions of an array.
    dtype
        Type of an array's values.
    written_by
        The function that writes it.
    always
        Whether every prediction has it.
    """

    name: str
    kind: Kind
    text: str
    columns: tuple[Column, ...] = ()
    place: Place = "uns"
    index: str = ""
    shape: tuple[str, ...] = ()
    dtype: Dtype | None = None
    written_by: str = "tl.predict_tfbs"
    always: bool = True

    def path(self, key: str) -> str:
        """Where the slot lies in an object, as it is written in Python."""
        if self.place == "obsm":
            return f'obsm["{self.key_in_obsm(key)}"]'
        return f'uns["{key}"]["{self.name}"]'

    def key_in_obsm(self, key: str) -> str:
        """Name of the entry of ``obsm``."""
        return self.name.format(key=key)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Columns that are declared but not among some names."""
        present = set(names)
        return [column.name for column in self.columns if column.is_one and column.name not in present]

    def undeclared(self, names: Iterable[str]) -> list[str]:
        """Names that no column is declared for."""
        return [name for name in names if not any(column.matches(name) for column in self.columns)]

    def column(self, name: str) -> Column:
        """Declaration of a column."""
        exact = [column for column in self.columns if column.name == name]
        return (exact or [column for column in self.columns if column.matches(name)])[0]


_CHROM = Column("chrom", "category", "Chromosome.")
_START = Column("start", "int64", "First base, 0-based.", "bp")
_END = Column("end", "int64", "One past the last base (half-open).", "bp")

PARAMS = Slot(
    _keys.PARAMS,
    "json",
    "Parameters of the run, and what it ran with, as JSON.",
    columns=(
        Column("groupby", "text", "Column of obs that held the groups, or a list of columns."),
        Column("replicate_key", "text", "Column of obs that held the replicates; null without."),
        Column("cells", "list", "For each object (and all together), number and digest of the cells of each group."),
        Column("n_objects", "number", "Objects that were predicted together."),
        Column("tfs", "list", "Transcription factors, in the order of the results."),
        Column("groups", "list", "Groups that were predicted, in the order of the results."),
        Column("models", "object", "Identifier and sha256 of each factor's model."),
        Column("genome", "object", "Source and fingerprint of the genome."),
        Column("chroms", "list", "Chromosomes that were predicted."),
        Column("signal_chroms", "list", "Chromosomes over which the 99th percentile was taken."),
        Column("regions", "text", "Where regions came from, or 'genome'."),
        Column("preset", "text", "Preset of the averaging; null without."),
        Column("step", "number", "Distance between windows.", "bp"),
        Column("strand", "text", "Forward strand, or mean of both."),
        Column("threshold", "object", "Rule of the threshold, as it was given."),
        Column("thresholds", "object", "Threshold of each factor in each group."),
        Column("include_flanks", "bool", "Whether bins outside the regions could become sites."),
        Column("min_cells", "number", "Smaller groups were skipped.", "cells"),
        Column("min_fragments", "number", "Shallower groups were skipped.", "fragments"),
        Column("score_floor", "number", "Bins with at least this score were kept."),
        Column("precision", "text", "Precision of the networks' arithmetic."),
        Column("backend", "text", "What ran the networks."),
        Column("device", "text", "Device that they ran on."),
        Column("out_dir", "text", "Folder that the paths in the table of files are relative to."),
        Column("run", "text", "Fingerprint of everything that the scores depend on."),
        Column("version", "text", "Version of scmaxatac."),
    ),
)

QC = Slot(
    _keys.QC,
    "table",
    "Depth of every group, also of those that were skipped, and how far the published thresholds are off.",
    index="group",
    columns=(
        Column("n_cells", "int64", "Cells whose fragments were counted.", "cells"),
        Column("n_fragments", "int64", "Fragments of these cells.", "fragments"),
        Column("n_insertions", "int64", "Insertions on the chromosomes of the signal.", "insertions"),
        Column("n_insertions_kept", "int64", "Those of them that the signal was made of: off the blacklist."),
        Column("p99", "float64", "Coverage that became a signal of 1: its 99th percentile.", "insertions over a base"),
        Column("match_rate", "float64", "Share of the cells that have fragments; NaN without cells."),
        Column("warnings", "text", 'Remarks on the group, joined by "; "; empty without any.'),
        Column("n_sites", "int64", "Called sites, of all factors together.", "sites"),
        Column(
            f"{_keys.CALLED_TO_EXPECTED}{EACH_TF}",
            "float64",
            "200-bp bins that reach the published threshold, over those that the calibration expects to. Far below 1 "
            "the scores have shrunk with the depth, or the factor is absent; NaN where fewer bins were predicted than "
            "are expected to be called.",
        ),
    ),
)

SITES = Slot(
    _keys.SITES,
    "table",
    "Called binding sites, sorted by group, factor and position.",
    columns=(
        _CHROM,
        _START,
        _END,
        Column("group", "category", "Group that the site was called in."),
        Column("tf", "category", "Transcription factor."),
        Column("score", "float32", "Largest score of the site's bins, from 0 to 1."),
    ),
)

REGIONS = Slot(
    _keys.REGIONS,
    "table",
    "Regions that were predicted; none where the whole genome was.",
    columns=(_CHROM, _START, _END),
    always=False,
)

SCORES = Slot(
    _keys.SCORES,
    "array",
    "Largest score of each region, NaN where no window exists or no base is known; in a file where it is large.",
    shape=("groups", "regions", "TFs"),
    dtype="float32",
    always=False,
)

ACTIVITY = Slot(
    _keys.ACTIVITY,
    "table",
    "Mean, over the union of a factor's sites in all groups, of the group's largest score in each site.",
    index="group",
    columns=(Column(EACH_TF, "float64", "Activity of the factor, from 0 to 1; NaN for one without sites."),),
)

FILES = Slot(
    _keys.FILES,
    "table",
    "Files that the run wrote.",
    columns=(
        Column("group", "text", "Group; empty for files of all groups."),
        Column("tf", "text", "Transcription factor; empty for files of all factors."),
        Column("kind", "text", "What it is: store, scores, bigwig, signal_bigwig or bed."),
        Column("path", "text", "Path, relative to the folder in the parameters."),
        Column("sha256", "text", "Checksum; empty for folders."),
    ),
)

CELL_ACTIVITY = Slot(
    _keys.activity_obsm("{key}"),
    "table",
    "Activity of each cell's group, so the same in all cells of a group. Not meant for neighbours or embeddings.",
    place="obsm",
    columns=(Column(EACH_TF, "float32", "Activity of the factor; NaN for cells without a predicted group."),),
)

SLOTS = (SITES, REGIONS, SCORES, ACTIVITY, QC, PARAMS, FILES, CELL_ACTIVITY)
"""All slots that functions of scmaxatac write."""

IN_UNS = {slot.name: slot for slot in SLOTS if slot.place == "uns"}
"""The slots in ``uns[key]``, by name."""
