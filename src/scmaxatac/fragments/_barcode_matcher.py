"""Assigning a file's fragments to an object's cells by their barcodes, and reporting how many cells were found."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from scmaxatac._logging import logger, warn
from scmaxatac._settings import settings
from scmaxatac._text import abbreviate
from scmaxatac.fragments._barcode_rules import BarcodeIndex, BarcodeRule, RuleSelector
from scmaxatac.fragments._source import MatchReport

_LOOK_SHARE = 0.1  # share of the cells that a look at the file's start should find before a rule is chosen
_LOOK_BATCHES = 4
_WARN_BELOW = 0.9

Batch = TypeVar("Batch")


class BarcodeMatcher:
    """Find the cell of every fragment of a file.

    Parameters
    ----------
    cells
        Names of the object's cells.
    where
        Name of the file, for messages.
    sample
        Name of the sample that all the cells belong to, if known.

    Raises
    ------
    ValueError
        If there are no cells or a name occurs twice.
    """

    def __init__(self, cells: Sequence[str], where: str, sample: str | None = None) -> None:
        self._cells = [str(cell) for cell in cells]
        self._where = where
        self._sample = sample
        self._rule: BarcodeRule | None = None
        self._examples: list[str] = []
        self.report: MatchReport | None = None
        self._check_cells()

    def match(
        self, batches: Iterator[Batch], barcodes_of: Callable[[Batch], Any]
    ) -> Iterator[tuple[Batch, np.ndarray]]:
        """Go through a file's batches once.

        Parameters
        ----------
        batches
            Batches of fragments.
        barcodes_of
            Gives the barcodes of a batch, an arrow array of strings.

        Yields
        ------
        Each batch that may hold fragments of the cells, with the cell of each of its fragments, (n,) int32, -1 for
        none.

        Raises
        ------
        ValueError
            If cells and barcodes can't be told apart, or, after the last batch, if fewer than
            ``settings.min_match_rate`` of the cells were found.
        """
        if self._rule is None:
            self._rule, looked_at = self._choose_rule(batches, barcodes_of)
            batches = chain(looked_at, batches)
        index = BarcodeIndex(self._cells, self._rule, self._where)
        found = np.zeros(len(self._cells), dtype=bool)
        for batch in batches:
            cell = index.cells_of(barcodes_of(batch))
            found[cell[cell >= 0]] = True
            yield batch, cell
        self._finish(int(found.sum()))

    def _choose_rule(
        self, batches: Iterator[Batch], barcodes_of: Callable[[Batch], Any]
    ) -> tuple[BarcodeRule, list[Batch]]:
        """Look at the file's start, as far as it takes to find cells, and see which rule finds most.

        Returns the rule and the batches looked at, less those at the start in which no rule found a cell.
        """
        import pyarrow.compute as pc

        trial = RuleSelector(self._cells, self._sample)
        looked_at = []
        for batch in batches:
            barcodes = pc.unique(barcodes_of(batch)).to_pylist()
            self._examples = self._examples or barcodes[:2]
            trial.look(barcodes)
            if trial.share > 0:
                looked_at.append(batch)
            if trial.share >= _LOOK_SHARE or len(looked_at) >= _LOOK_BATCHES:
                break
        if not looked_at:
            self._finish(0)
        return trial.best(), looked_at

    def _finish(self, n_matched: int) -> None:
        report = MatchReport(len(self._cells), n_matched, self._rule.text if self._rule else "")
        is_news = report != self.report
        self.report = report
        counts = f"{n_matched} of the object's {report.n_cells} cells ({report.rate:.1%}) were found in {self._where}"
        cells = " and ".join(map(repr, self._cells[:2]))
        if report.rate < settings.min_match_rate or n_matched == 0:
            raise ValueError(
                f"only {counts}, which is below settings.min_match_rate ({settings.min_match_rate:.0%}). The object's "
                f"cells are called {cells}, the file's barcodes {' and '.join(map(repr, self._examples))}. Is it this "
                "object's file? If an obs column holds the file's barcodes, name it with barcode_key=; if the cells "
                "come from several files, give sample_key= and fragments={sample: path}."
            )
        if is_news and report.rule:
            logger.info("%s: matched with %s (cells such as %s)", self._where, report.rule, cells)
        dropped = self._rule.dropped(self._cells) if is_news and self._rule else []
        if len(dropped) > 1:
            warn(
                f"{self._where}: cells of {len(dropped)} samples ({abbreviate(map(repr, dropped), 3)}) are all looked "
                "for in this one file, by their barcodes alone; if they come from several files, give sample_key= and "
                "fragments={sample: path}"
            )
        if is_news and n_matched < report.n_cells:
            tell = warn if report.rate < _WARN_BELOW else logger.info
            tell(f"only {counts}; the others have no fragments")

    def _check_cells(self) -> None:
        if not self._cells:
            raise ValueError(f"no cells were asked for from {self._where}")
        seen: set[str] = set()
        for cell in self._cells:
            if cell in seen:
                raise ValueError(
                    f"cell {cell!r} occurs {self._cells.count(cell)} times, so its fragments in {self._where} can't be "
                    "told apart. Make obs_names unique, or if the cells come from several files, give sample_key= and "
                    "fragments={sample: path}."
                )
            seen.add(cell)
