"""Numbers that the published weights were trained with.

Source of all of them: maxATAC (Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863) and its code at version 1.0.6.
Where paper and code differ the code is followed, because the published weights were made with it.
"""

WINDOW = 1024
"""Width of the published networks' input in bp."""

BIN = 32
"""Resolution of the published networks' output in bp."""

FLANK = 20
"""An insertion is widened by this many bp on either side, to 41 bp in all (the paper says 40, the code does 41)."""

LIBRARY_SIZE = 20_000_000
"""Coverage is scaled to this many insertions (RP20M) before replicates are averaged."""

PERCENTILE = 99.0
"""Percentile of the non-zero coverage that becomes a signal of 1."""

FILTERS = (15, 22, 33, 50, 75)
"""Filters of the five blocks of the published networks."""

DILATIONS = (1, 1, 2, 4, 8)
"""Dilations of the five blocks. The paper's sixth, 16, sits on a kernel of width 1 and has no effect."""

KERNEL = 7
"""Kernel width of the convolutions."""

NORM_EPSILON = 1e-3
"""Epsilon of Keras' batch normalisation; PyTorch's default is 1e-5."""

NORM_MOMENTUM = 0.01
"""Momentum of batch normalisation in PyTorch's sense; Keras calls it 0.99."""

PUBLISHED_ASSEMBLY = "hg38"
"""Genome assembly of the published models."""

CALIBRATION_BIN = 200
"""Bins on which the published thresholds were calibrated, in bp."""

TN5_SHIFT_PLUS = 4
"""Shift of a plus-strand read's start to the centre of the Tn5 insertion, in bp (Buenrostro et al. 2013)."""

TN5_SHIFT_MINUS = -5
"""Shift of a minus-strand read's end to the centre of the Tn5 insertion, in bp (Buenrostro et al. 2013)."""

TRAIN_CHROMS = tuple(f"chr{i}" for i in (3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22))
"""Training chromosomes of the code (the paper's list leaves out 12, 21 and 22)."""

VALIDATION_CHROMS = ("chr2", "chr19")

TEST_CHROMS = ("chr1", "chr8")

WEAK_MODEL_F1 = 0.14
"""Published models whose largest F1 on the validation chromosome lies below this deserve a warning (eight of 127)."""

SPARSE_FRAGMENTS = 1_000_000
"""Depth at which the paper's median area under the precision-recall curve has halved (0.23 instead of 0.43)."""

HUMAN_GENOME_SIZE = 3_100_000_000
"""Length of the human genome in bp, to express the depth of any genome as that many fragments over the human one."""

UNKNOWN_BASE = 4
"""Code of N and of every other letter that is not A, C, G or T (codes 0 to 3)."""
