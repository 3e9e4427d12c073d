"""Warnings about genomes that the published models were not made for."""

from collections.abc import Sequence

from scmaxatac._logging import warn
from scmaxatac.genome._genome import Genome
from scmaxatac.zoo import TFModel


def warn_about_genome(genome: Genome, models: Sequence[TFModel]) -> None:
    """Warn of what is unusual about a genome that the published models are to be used on."""
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
