"""Which prediction a result was made from, noted with it, and told where that has changed since."""

import hashlib
import json
from typing import Any

from scmaxatac._logging import settled, warn_once
from scmaxatac.results._reader import Results, is_prediction
from scmaxatac.results._schema import SCORE_PARAMS


def made_from(results: Results) -> dict[str, Any]:
    """Key and fingerprint of a run, and a digest of the thresholds that its sites were called with."""
    params = results.params
    called = [params["threshold"], params["thresholds"], params["include_flanks"]]
    return {"key": results.key, "run": params["run"], "thresholds": _digest(json.dumps(called, sort_keys=True))}


def scores_used(adata: Any, key: str) -> dict[str, Any]:
    """Key of scores of cells, and a digest of their parameters; None for the digest without parameters."""
    name = SCORE_PARAMS.name_with(key)
    return {"key": key, "parameters": _digest(str(adata.uns[name])) if name in adata.uns else None}


def fits_origin(adata: Any, origin: dict[str, Any] | None, place: str, call: str) -> bool:
    """Whether a result fits the prediction that the object holds now; warn once where it does not.

    Parameters
    ----------
    adata
        The object.
    origin
        What :func:`made_from` gave when the result was made, and under "scores" what :func:`scores_used` gave; None
        where it does not depend on a prediction.
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
        if now["thresholds"] != origin["thresholds"]:
            return f"sites at other thresholds than uns[{key!r}] now holds"
    scores = origin.get("scores") or {"key": "", "parameters": None}
    known = {scores["parameters"], scores_used(adata, scores["key"])["parameters"]}
    if None not in known and len(known) > 1:
        return f"other scores of cells than obsm['score_{scores['key']}'] now holds"
    return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
