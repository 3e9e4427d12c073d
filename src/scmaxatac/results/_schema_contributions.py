"""What lies where in an object of the contributions of bases; a part of the schema."""

from scmaxatac.results._slot import Column, Slot

CONTRIBUTION_SITES = Slot(
    "contribution_sites",
    "table",
    "Sites whose scores were explained, a site, group and factor a row.",
    columns=(
        Column("chrom", "category", "Chromosome."),
        Column("start", "int64", "First of the bases that were looked at, 0-based.", "bp"),
        Column("end", "int64", "One past the last of them (half-open).", "bp"),
        Column("site_start", "int64", "First base of the site or region, 0-based.", "bp"),
        Column("site_end", "int64", "One past its last base (half-open).", "bp"),
        Column(
            "bin",
            "int64",
            "Start of the bin whose logit is explained: the site's largest, or the middle one where none was kept.",
            "bp",
        ),
        Column("score", "float32", "Score of that bin in the prediction; NaN where it was not kept."),
        Column("group", "category", "Group whose ATAC signal was held."),
        Column("tf", "category", "Transcription factor."),
    ),
    written_by="tl.contributions",
)

CONTRIBUTION_BASES = Slot(
    "contribution_bases",
    "array",
    "Bases of each site: 0 to 3 are A, C, G, T, 4 is unknown.",
    shape=("sites", "bases"),
    dtype="uint8",
    written_by="tl.contributions",
)

CONTRIBUTIONS = Slot(
    "contributions",
    "array",
    "Contribution of A, C, G and T at each base to the logit of the bin, whether or not it is the one that is there; 0 "
    "where that is unknown.",
    shape=("sites", "4", "bases"),
    dtype="float32",
    written_by="tl.contributions",
)

CONTRIBUTION_PARAMS = Slot(
    "contribution_params",
    "json",
    "How the contributions were computed, as JSON.",
    columns=(
        Column("method", "text", "How they were computed: 'mutagenesis' or 'deeplift'."),
        Column("tfs", "list", "Transcription factors, in the order of the rows."),
        Column("groups", "list", "Groups, in the order of the rows."),
        Column("width", "number", "Bases around each bin's middle.", "bp"),
        Column("strand", "text", "Forward strand, or mean of both."),
        Column("regions", "text", "What was explained: 'sites' for called sites, 'given' for regions."),
        Column("rng", "number", "Seed of the shuffles; null without."),
        Column("left_out", "object", "How many sites or regions were left out, by reason."),
        Column("made_from", "object", "Run, and digest of the thresholds where called sites were explained."),
        Column("signal", "text", "What became of the ATAC signal: it was held, so nothing is attributed to it."),
    ),
    written_by="tl.contributions",
)
