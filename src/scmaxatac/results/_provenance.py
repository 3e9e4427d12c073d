"""Which prediction a result was made from, noted with it, and told where that has changed since."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from scmaxatac._logging import settled, warn_once
from scmaxatac.containers._prediction_entry import is_prediction
from scmaxatac.containers._tables import to_pandas
from scmaxatac.results._entry import PARAMETERS
from scmaxatac.results._reader import Results
from scmaxatac.results._schema import SCORE_PARAMS
from scmaxatac.results._schema_contributions import CONTRIBUTION_PARAMS, CONTRIBUTION_SITES


def made_from(results: Results) -> dict[str, Any]:
    """Key and fingerprint of a run, and a digest of the thresholds that its sites were called with."""
    params = results.params
    called = [params["threshold"], params["thresholds"], params["include_flanks"]]
    return {"key": results.key, "run": params["run"], "thresholds": _digest(json.dumps(called, sort_keys=True))}


def scores_used(adata: Any, key: str) -> dict[str, Any]:
    """Key of scores of cells, and a digest of their parameters; None for the digest without parameters."""
    name = SCORE_PARAMS.name_with(key)
    return {"key": key, "parameters": _digest(str(adata.uns[name])) if name in adata.uns else None}


def contributions_used(results: Results) -> dict[str, Any]:
    """Key of contributions, and a digest of their parameters and sites; None for the digest where there are none."""
    return {"key": results.key, "digest": _contributions_digest(results.slots)}


def entry_used(adata: Any, name: str) -> dict[str, Any]:
    """Name of an entry, and a digest of its parameters; None for the digest where there is none."""
    entry = adata.uns[name] if name in adata.uns else {}
    return {"name": name, "digest": _digest(str(entry[PARAMETERS])) if PARAMETERS in entry else None}


def fits_origin(adata: Any, origin: dict[str, Any] | None, place: str, call: str) -> bool:
    """Whether a result fits the prediction that the object holds now; warn once where it does not.

    Parameters
    ----------
    adata
        The object.
    origin
        What :func:`made_from` gave when the result was made, and under "scores" what :func:`scores_used` gave, under
        "contributions" :func:`contributions_used`, under "entry" :func:`entry_used`; None where it does not depend on
        a prediction.
    place
        Where the result lies, for the message.
    call
        Call that makes it anew.
    """
    change = _change(adata, origin or {})
    if not change:
        settled(adata, place)
        return True
    warn_once(adata, place, f"{place} was made from {change}; call {call} again")
    return False


def _change(adata: Any, origin: dict[str, Any]) -> str:
    """What a result was made from that is no longer there; "" if it is, or if there is nothing to compare with."""
    key = str(origin.get("key"))
    if "run" in origin and key in adata.uns and is_prediction(adata.uns[key]):
        now = made_from(Results(adata, key, adata.uns[key]))
        if now["run"] != origin["run"]:
            return f"another prediction than uns[{key!r}] now holds"
        if origin["thresholds"] is not None and now["thresholds"] != origin["thresholds"]:
            return f"sites at other thresholds than uns[{key!r}] now holds"
        now_used = _contributions_digest(adata.uns[key])
        if _differ((origin.get("contributions") or {}).get("digest"), now_used):
            return f"other contributions than uns[{key!r}] now holds"
    if entry := origin.get("entry"):
        if _differ(entry["digest"], entry_used(adata, entry["name"])["digest"]):
            return f"what uns[{entry['name']!r}] held before it was made anew"
    scores = origin.get("scores") or {"key": "", "parameters": None}
    known = {scores["parameters"], scores_used(adata, scores["key"])["parameters"]}
    if None not in known and len(known) > 1:
        return f"other scores of cells than obsm['score_{scores['key']}'] now holds"
    return ""


def _differ(before: str | None, now: str | None) -> bool:
    """Whether two digests differ; where one is not known there is nothing to compare."""
    return None not in (before, now) and before != now


def _contributions_digest(slots: Mapping[str, Any]) -> str | None:
    if CONTRIBUTION_PARAMS.name not in slots:
        return None
    sites = to_pandas(slots[CONTRIBUTION_SITES.name])[["chrom", "start", "tf", "group"]]
    hashed = pd.util.hash_pandas_object(sites.astype(dict.fromkeys(("chrom", "tf", "group"), str)), index=False)
    return _digest(f"{slots[CONTRIBUTION_PARAMS.name]} {hashed.to_numpy().tobytes().hex()}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
