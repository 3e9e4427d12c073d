"""What functions leave in ``uns`` beside predictions: declarations of their entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARAMETERS = "parameters"
"""Name of the parameters' JSON; not that of predictions, for which an entry with it would be taken."""


@dataclass(frozen=True)
class Entry:
    """Declaration of the entry that a function writes.

    Attributes
    ----------
    name
        Name in ``uns``, where the user gives no other; of what is made of a prediction the end of it
        (:meth:`beside`).
    what
        What it holds, for messages.
    tables
        Names of its tables.
    made_by
        Call that writes it.
    """

    name: str
    what: str
    tables: tuple[str, ...]
    made_by: str

    def beside(self, key: str) -> str:
        """Name in ``uns`` of what was made of the prediction under a key."""
        return f"{key}_{self.name}"

    def check_level(self, level: str) -> None:
        """Raise a ValueError unless there is such a table."""
        if level not in self.tables:
            raise ValueError(f"level is {level!r}; it can be {', '.join(map(repr, self.tables))}")

    def is_in(self, found: Any) -> bool:
        """Whether an entry of ``uns`` is one of these."""
        return isinstance(found, Mapping) and {PARAMETERS, *self.tables} <= set(found)


FACTORS, UNITS, SAMPLES = "factors", "units", "samples"

DIFFERENTIAL = Entry("differential", "comparison", (FACTORS, UNITS, SAMPLES), "scmaxatac.tl.differential_tfbs")
RANKS = Entry("rank_tfs", "ranking of factors", ("ranks",), "scmaxatac.tl.rank_tfs")
NETWORK = Entry("network", "network", ("edges",), "scmaxatac.tl.to_network(..., store=True)")
FOOTPRINT = Entry("footprint", "set of footprints", ("profiles", "depths", "bias"), "scmaxatac.tl.footprint")
ENRICHMENT = Entry("enrichment", "test of enrichment", ("factors_tested",), "scmaxatac.tl.enrichment(..., store=True)")
MOTIFS = Entry(
    "motifs", "search for motifs", ("motifs", "matrices", "seqlets", "matches", "searches"), "scmaxatac.tl.find_motifs"
)
MOTIF_HITS = Entry("motif_hits", "search for hits", ("hits", "summary"), "scmaxatac.tl.motif_hits")

ENTRIES = (DIFFERENTIAL, RANKS, NETWORK, ENRICHMENT, FOOTPRINT, MOTIFS, MOTIF_HITS)
