"""Warnings about genomes that the published models were not made for."""

from collections.abc import Sequence

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.genome._genome import Genome
from scmaxatac.zoo import TFModel


def warn_about_genome(genome: Genome, models: Sequence[TFModel]) -> None:
    """Warn of what is unusual about a genome that the models are to be used on, the published ones above all."""
    own = [model for model in models if not model.id.startswith("maxatac:") and model.assembly]
    other = [model for model in own if genome.human_assembly not in ("", model.assembly)]
    if other:
        named = abbreviate(f"{model.id}: {model.assembly}" for model in other)
        warn(
            f"{genome.source} looks like {genome.human_assembly}, and these models were trained on another assembly "
            f"({named}); sequence is read the same, but thresholds and blacklist are that assembly's"
        )
    if not any(model.id.startswith("maxatac:") for model in models):
        return
    if not genome.looks_human:
        warn(f"the published models are human, and {genome.source} does not look like a human genome")
    elif genome.human_assembly not in ("hg38", ""):
        warn(
            f"{genome.source} looks like {genome.human_assembly}: the published models were trained and calibrated on "
            "hg38, and their blacklist has hg38's positions"
        )
    if genome.blacklist is None:
        warn(
            "no blacklist: the 99th percentile of the signal, and so the scores, will differ from maxATAC's; "
            "scmaxatac.models.download_blacklist() gets it for hg38"
        )
