"""scmaxatac: transcription factor binding sites for every cluster of a single-cell ATAC-seq data set."""

from importlib.metadata import version

from scmaxatac import datasets, get, models, pl, pp, tl
from scmaxatac._settings import settings
from scmaxatac.genome import Genes, Genome

__version__ = version("scmaxatac")
__all__ = ["Genes", "Genome", "__version__", "datasets", "get", "models", "pl", "pp", "settings", "tl"]
