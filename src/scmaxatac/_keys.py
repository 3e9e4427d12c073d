"""Names of the slots that scmaxatac writes, in one place."""

KEY_ADDED = "tfbs"
"""Default of ``key_added``: results lie in ``uns["tfbs"]`` and ``obsm["X_tfbs"]``."""

PARAMS = "params"
QC = "qc"
TF_QC = "tf_qc"
SITES = "sites"
REGIONS = "regions"
SCORES = "scores"
ACTIVITY = "activity"
FILES = "files"
OF_PREDICTION = (PARAMS, QC, TF_QC, SITES, REGIONS, SCORES, ACTIVITY, FILES)
"""Slots that a prediction itself writes."""

CALLED_TO_EXPECTED = "called_to_expected_"
"""Start of the QC columns that say, for each factor, how far the published threshold is off."""

FRAGMENT_PAIRED = "fragment_paired"
FRAGMENT_SINGLE = "fragment_single"
REFERENCE_SEQUENCES = "reference_sequences"
MACS3 = ("macs3", "macs3_pseudobulk")


def activity_obsm(key: str) -> str:
    """Name of the ``obsm`` entry that gives each cell its group's activity."""
    return f"X_{key}"
