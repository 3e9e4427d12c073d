"""The slots of a prediction, from the folder of its run alone."""

from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac.predict._assemble import assemble_scores
from scmaxatac.predict._rules import Rules, Thresholds
from scmaxatac.predict._run import Run
from scmaxatac.predict._track_files import site_folder
from scmaxatac.results._note import Note


def slots_of_run(run: Run, note: Note, *, threshold: Thresholds | None, include_flanks: bool | None) -> dict[str, Any]:
    """Call the sites of a run, and gather what it noted; nothing is written.

    Parameters
    ----------
    run
        The run, complete.
    note
        What its last prediction noted.
    threshold, include_flanks
        As in :func:`scmaxatac.tl.open_run`.

    Returns
    -------
    The slots of :func:`scmaxatac.tl.predict_tfbs`; the parameters as a dict.

    Raises
    ------
    KeyError
        If `threshold` has a rule for a factor that was not predicted.
    ValueError
        If a file of the run was changed, or the threshold can't be applied.
    """
    threshold = note.params["threshold"] if threshold is None else threshold
    include_flanks = bool(note.params["include_flanks"]) if include_flanks is None else include_flanks
    rules = Rules.parse(threshold)
    rules.check(run.spec.tfs)
    called = run.call(rules, include_flanks=include_flanks)
    on_disk = (note.files["kind"] == "scores").any()
    slots: dict[str, Any] = {
        _keys.QC: note.qc.assign(n_sites=called.n_sites.reindex(note.qc.index, fill_value=0)),
        _keys.TF_QC: note.tf_qc,
        _keys.SITES: called.sites,
        _keys.ACTIVITY: called.activity,
        _keys.FILES: _files_with(note.files, called.sites),
    }
    if run.spec.regions is not None:
        slots[_keys.REGIONS] = _regions(run)
        if not on_disk:
            slots[_keys.SCORES] = np.stack([assemble_scores(run.store, group) for group in run.spec.groups])
    slots[_keys.PARAMS] = note.params | {
        "threshold": threshold,
        "thresholds": called.thresholds.to_dict(),
        "include_flanks": include_flanks,
        "out_dir": str(run.folder.parent),
        "rows": "groups",
        "n_objects": 0,
    }
    return slots


def _regions(run: Run) -> pd.DataFrame:
    """Regions of the run, in the order of their scores."""
    bounds = [run.region_bounds(chrom) for chrom in run.spec.chroms]
    codes = np.repeat(np.arange(len(bounds)), [len(starts) for starts, _ in bounds])
    return pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(codes, categories=run.spec.chroms),
            "start": np.concatenate([starts for starts, _ in bounds]).astype(np.int64),
            "end": np.concatenate([ends for _, ends in bounds]).astype(np.int64),
        }
    )


def _files_with(files: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Table of files without the BED files of other sites than these."""
    name = f"/{site_folder(sites)}/"
    keep = (files["kind"] != "bed") | files["path"].str.contains(name, regex=False)
    return files[keep].reset_index(drop=True)
