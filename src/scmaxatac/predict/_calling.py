"""From the scores of a run and a rule to sites, and what calling needs in the run's folder."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.io._files import atomic_path
from scmaxatac.predict._assemble import assemble_activity, assemble_sites
from scmaxatac.predict._rules import Rules
from scmaxatac.predict._thresholds import BinCounts, Calibrations, thresholds_of
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._ranking import uncounted
from scmaxatac.zoo._calibration import Calibration

_CALIBRATIONS = "calibration"
_UNCOUNTED = "uncounted.tsv"
_COUNTS = "bins.json"


@dataclass(frozen=True)
class CallingContext:
    """What thresholds depend on beside the scores; kept in the run's folder, so that sites can be called again."""

    calibrations: Calibrations
    genome: Genome
    counts: BinCounts


@dataclass(frozen=True)
class CalledSites:
    """Sites at given thresholds, and what is counted from them."""

    thresholds: pd.DataFrame
    sites: pd.DataFrame
    activity: pd.DataFrame

    @property
    def n_sites(self) -> pd.Series:
        """Sites of each group, all transcription factors together."""
        return self.sites["group"].value_counts().reindex(self.activity.index, fill_value=0)


def call(store: ScoreStore, rules: Rules, context: CallingContext, regions: Intervals | None) -> CalledSites:
    """Call the sites of all groups and transcription factors; `regions` restrict them, None takes all bins."""
    thresholds = thresholds_of(rules, context.calibrations, store, context.genome, context.counts)
    sites = assemble_sites(store, thresholds, regions)
    return CalledSites(thresholds, sites, assemble_activity(store, sites))


def write_context(folder: Path, context: CallingContext, chroms: Sequence[str]) -> None:
    """Write into the run's folder what calling sites again will need."""
    for i, calibration in enumerate(context.calibrations.values()):
        if calibration is not None:
            calibration.save(folder / _CALIBRATIONS / f"{i:03d}.tsv")
    with atomic_path(folder / _UNCOUNTED) as temporary:
        uncounted(context.genome, chroms).frame().to_csv(temporary, sep="\t", index=False)
    with atomic_path(folder / _COUNTS) as temporary:
        temporary.write_text(json.dumps(asdict(context.counts)))


def read_context(store: ScoreStore) -> CallingContext:
    """Read what :func:`write_context` wrote; the genome has no sequence, and as blacklist all bins that don't count.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not what was written.
    """
    paths = [store.intact(f"{_CALIBRATIONS}/{i:03d}.tsv") for i in range(len(store.tfs))]
    tables = [None if path is None else Calibration.read(path) for path in paths]
    blacklist = pd.read_csv(store.present(_UNCOUNTED), sep="\t", dtype={"chrom": str})
    counts = _read_counts(store.present(_COUNTS))
    genome = Genome.from_sizes(store.sizes, blacklist=blacklist)
    calibrations = dict(zip(store.tfs, tables, strict=True))
    return CallingContext(calibrations, genome, counts)


def _read_counts(path: Path) -> BinCounts:
    try:
        return BinCounts(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}): copy the folder of the run again") from None
