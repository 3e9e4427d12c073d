"""Whether a genome is the one that was predicted."""

from collections.abc import Mapping
from typing import Any

from scmaxatac.genome._genome import Genome
from scmaxatac.predict._run import Run


def check_sequence(genome: Genome | None, predicted: Mapping[str, Any]) -> Genome:
    """Raise a ValueError unless a genome has the sequence of the one that was predicted.

    Parameters
    ----------
    genome
        The genome that was given.
    predicted
        Parameters of the genome that was predicted: source, fingerprint, sequence.
    """
    source = predicted["source"]
    if genome is None:
        raise ValueError(f"genome is missing: give the genome that was predicted (scmaxatac.Genome of {source})")
    if genome.sequence_fingerprint != predicted["sequence"]:
        raise ValueError(
            f"the genome ({genome.source}) has another sequence than the one that was predicted ({source}); give that "
            "one"
        )
    return genome


def check_genome(run: Run, genome: Genome | None, predicted: Mapping[str, Any]) -> Genome:
    """Raise a ValueError unless a genome has sequence and blacklist of the one that a run predicted.

    Takes what :func:`check_sequence` does, and the run.
    """
    genome = check_sequence(genome, predicted)
    if genome.fingerprint != run.spec.genome:
        with_none = predicted["fingerprint"] == predicted["sequence"]
        found = "no blacklist" if genome.blacklist is None else "a blacklist" if with_none else "another blacklist"
        raise ValueError(
            f"the genome ({genome.source}) has the sequence that was predicted but {found}, and was predicted "
            f"with{'out' if with_none else ''} one; make it with the same blacklist: "
            "scmaxatac.Genome(..., blacklist=)"
        )
    return genome
