"""What lies where in an object: every slot that is written, its columns, and one sentence on each.

The writer (:mod:`~scmaxatac.results._slots`) writes nothing that is not declared here, the reader
(:mod:`~scmaxatac.results._reader`) compares what it finds with it, and docstrings take their lists from here. A new
slot is one :class:`Slot` more in :data:`SLOTS`.
"""

from scmaxatac import _keys
from scmaxatac.results._schema_contributions import (
    CONTRIBUTION_BASES,
    CONTRIBUTION_PARAMS,
    CONTRIBUTION_SITES,
    CONTRIBUTIONS,
)
from scmaxatac.results._slot import EACH_TF, Column, Slot

_CHROM = Column("chrom", "category", "Chromosome.")
_START = Column("start", "int64", "First base, 0-based.", "bp")
_END = Column("end", "int64", "One past the last base (half-open).", "bp")

PARAMS = Slot(
    _keys.PARAMS,
    "json",
    "Parameters of the run, and what it ran with, as JSON.",
    always=True,
    columns=(
        Column("groupby", "text", "Column of obs that held the groups, or a list of columns."),
        Column("replicate_key", "text", "Column of obs that held the replicates; null without."),
        Column("cells", "list", "For each object (and all together), number and digest of the cells of each group."),
        Column("n_objects", "number", "Objects that were predicted together."),
        Column("tfs", "list", "Transcription factors, in the order of the results."),
        Column("groups", "list", "Groups that were predicted, in the order of the results."),
        Column("models", "object", "Identifier and sha256 of each factor's model."),
        Column(
            "genome",
            "object",
            "Source, fingerprint (of the sequence alone too) and annotation (a GTF file, or null) of the genome.",
        ),
        Column("chroms", "list", "Chromosomes that were predicted."),
        Column("signal_chroms", "list", "Chromosomes over which the 99th percentile was taken."),
        Column("regions", "text", "Where regions came from, or 'genome'."),
        Column("preset", "text", "Preset of the averaging; null without."),
        Column("window", "number", "Width of the windows that the networks read.", "bp"),
        Column("bin", "number", "Width of the bins that they score.", "bp"),
        Column("step", "number", "Distance between windows.", "bp"),
        Column("strand", "text", "Forward strand, or mean of both."),
        Column("threshold", "object", "Rule of the threshold, as it was given."),
        Column("thresholds", "object", "Threshold of each factor in each group."),
        Column("include_flanks", "bool", "Whether bins outside the regions could become sites."),
        Column("min_cells", "number", "Smaller groups were skipped.", "cells"),
        Column("min_fragments", "number", "Shallower groups were skipped.", "fragments"),
        Column("max_fragments", "object", "Fragments that groups were thinned to, as it was given; null without."),
        Column("thinned_to", "object", "The number that this came to; null without.", "fragments"),
        Column("rng", "object", "Seed of the thinning; 'generator' where one was given."),
        Column("rows", "text", "What rows of the object are: 'cells', or 'groups' where pseudobulks were predicted."),
        Column("min_stored_score", "number", "Bins with at least this score were kept."),
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
    always=True,
    columns=(
        Column("n_cells", "int64", "Cells whose fragments were counted.", "cells"),
        Column("n_fragments", "int64", "Fragments of these cells.", "fragments"),
        Column(
            "n_fragments_used",
            "int64",
            "Those in use (fewer where thinned) on the chromosomes of the signal.",
            "fragments",
        ),
        Column("n_insertions", "int64", "Insertions of those on the chromosomes of the signal.", "insertions"),
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

TF_QC = Slot(
    _keys.TF_QC,
    "table",
    "For every predicted group and factor, 200-bp bins at the published threshold beside those expected there.",
    columns=(
        Column("group", "text", "Group."),
        Column("tf", "text", "Transcription factor."),
        Column(
            "n_called",
            "float64",
            "Predicted bins with at least the published threshold (that of the best F1), whatever threshold the sites "
            "were called at. NaN without a calibration, or where such scores were not kept.",
            "200-bp bins",
        ),
        Column(
            "n_expected",
            "float64",
            "Bins that would reach it if this were the calibration's data: the share that does there, times the bins "
            "of the predicted chromosomes, of known sequence and off the blacklist. NaN without a calibration.",
            "200-bp bins",
        ),
        Column(
            "called_to_expected",
            "float64",
            "The one over the other. NaN where fewer bins were predicted, as in a few regions, than are expected to be "
            "called, or less than a fifth of the group's insertions lie in the regions.",
        ),
    ),
)

SITES = Slot(
    _keys.SITES,
    "table",
    "Called binding sites, sorted by group, factor and position.",
    always=True,
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
)

SCORES = Slot(
    _keys.SCORES,
    "array",
    "Largest score of each region, NaN where no window exists or no base is known; in a file where it is large.",
    shape=("groups", "regions", "TFs"),
    dtype="float32",
)

ACTIVITY = Slot(
    _keys.ACTIVITY,
    "table",
    "Mean, over the union of a factor's sites in all groups, of the group's largest score in each site.",
    index="group",
    always=True,
    columns=(Column(EACH_TF, "float64", "Activity of the factor, from 0 to 1; NaN for one without sites."),),
)

FILES = Slot(
    _keys.FILES,
    "table",
    "Files that the run wrote.",
    always=True,
    columns=(
        Column("group", "text", "Group; empty for files of all groups."),
        Column("tf", "text", "Transcription factor; empty for files of all factors."),
        Column("kind", "text", "What it is: store, scores, bigwig (all bins), sites_bigwig, signal_bigwig or bed."),
        Column("path", "text", "Path, relative to the folder in the parameters."),
        Column("sha256", "text", "Checksum; empty for folders."),
    ),
)

CELL_ACTIVITY = Slot(
    _keys.activity_obsm("{key}"),
    "table",
    "Activity of each cell's group, so the same in all cells of a group. Not meant for neighbours or embeddings.",
    place="obsm",
    always=True,
    columns=(Column(EACH_TF, "float32", "Activity of the factor; NaN for cells without a predicted group."),),
)

CELL_SCORES = Slot(
    "score_{key}",
    "table",
    "Scores of the cells: 0 is what is expected by chance, 0.1 is 10% more counts.",
    place="obsm",
    columns=(Column(EACH_TF, "float32", "Score for the factor; NaN where less than one count is expected."),),
    written_by="tl.score_cells",
)

CELL_Z = Slot(
    "score_z_{key}",
    "table",
    "Scores of the cells in standard deviations of the background's; they grow with depth.",
    place="obsm",
    columns=(Column(EACH_TF, "float32", "The z-score for the factor; NaN also where the background does not vary."),),
    written_by="tl.score_cells",
)

SCORE_PARAMS = Slot(
    "score_{key}",
    "json",
    "What the scores were computed from, as JSON.",
    place="entry",
    columns=(
        Column("tfs", "list", "Transcription factors, in the order of the columns."),
        Column("n_regions", "object", "Regions of each factor that have counts."),
        Column("sites", "text", "Key of the prediction whose sites were scored, or 'table'."),
        Column("made_from", "object", "That prediction's key, run and digest of its thresholds; null for a table."),
        Column("counts", "text", "Matrix that the counts are from, or 'fragments'."),
        Column("n_left_out", "number", "Regions that lie outside of what was predicted, so were left out.", "regions"),
        Column("weighted", "bool", "Whether regions weighed by their sites' scores."),
        Column("gc", "bool", "Whether the background was matched in GC content."),
    ),
    written_by="tl.score_cells",
)

VARIANTS = Slot(
    "variants",
    "table",
    "Variants that were scored, an alternative allele a row.",
    columns=(
        _CHROM,
        Column("pos", "int64", "Position as VCF counts, 1-based; of indels that of the base before them."),
        Column("id", "text", "Name in the input; '.' without."),
        Column("ref", "text", "Reference allele, trimmed and moved left."),
        Column("alt", "text", "Alternative allele."),
        Column("kind", "category", "SNV, MNV, insertion, deletion or complex."),
        Column("record", "int64", "Row or record of the input, from 0."),
        Column("allele", "int64", "Number of the allele in its record, from 1."),
        Column("n_windows", "int64", "Windows that hold the allele."),
    ),
    written_by="tl.score_variants",
)

VARIANT_SCORES = Slot(
    "variant_scores",
    "array",
    "Largest score within 250 bp of the reference and of the alternative allele, and the effect: the change in logit "
    "of the largest bin, mean over the windows that hold the allele. The signal is held as it is.",
    shape=("variants", "groups", "TFs", "3"),
    dtype="float32",
    written_by="tl.score_variants",
)

VARIANT_TESTS = Slot(
    "variant_tests",
    "array",
    "Of each effect the p-value against common variants, the same adjusted over the variants for each factor in each "
    "group, and the number of common variants that it was compared with; only where common variants were given.",
    shape=("variants", "groups", "TFs", "3"),
    dtype="float32",
    written_by="tl.score_variants",
)

VARIANT_PARAMS = Slot(
    "variant_params",
    "json",
    "What the variants were scored with, as JSON.",
    columns=(
        Column("source", "text", "File of the variants, or 'table'."),
        Column("sha256", "text", "Checksum of that file; empty for a table."),
        Column("groups", "list", "Groups, in the order of the scores."),
        Column("tfs", "list", "Transcription factors, in the order of the scores."),
        Column("strand", "text", "Forward strand, or mean of both."),
        Column("outside_regions", "bool", "Whether windows outside the regions of the prediction were scored too."),
        Column("left_out", "object", "How many alleles were left out, by reason."),
        Column("null", "object", "Source and number of common variants that p-values are against; null without."),
        Column("signal", "text", "What became of the ATAC signal: it was held, so effects through it are missed."),
    ),
    written_by="tl.score_variants",
)

SLOTS = (
    SITES, REGIONS, SCORES, ACTIVITY, QC, TF_QC, PARAMS, FILES, CELL_ACTIVITY, CELL_SCORES, CELL_Z, SCORE_PARAMS,
    VARIANTS, VARIANT_SCORES, VARIANT_TESTS, VARIANT_PARAMS,
    CONTRIBUTION_SITES, CONTRIBUTION_BASES, CONTRIBUTIONS, CONTRIBUTION_PARAMS,
)  # fmt: skip
"""All slots that functions of scmaxatac write."""

IN_UNS = {slot.name: slot for slot in SLOTS if slot.place == "uns"}
"""The slots in ``uns[key]``, by name."""
