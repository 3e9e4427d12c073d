"""The reference genome, intervals and windows on it; positions are 0-based and half-open."""

from scmaxatac.genome._genes import Genes
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._named_genome import named_genome

__all__ = ["Genes", "Genome", "Intervals", "named_genome"]
