"""MuData's settings, which are in other places in 0.3 and 0.4."""

from contextlib import AbstractContextManager
from typing import Any


def columns_not_pulled() -> AbstractContextManager[Any]:
    """Context in which a MuData that is made or read does not copy its modalities' columns into its own tables.

    MuData 0.3 copies them unless told otherwise, 0.4 does so only where the user has set it.
    """
    import mudata

    settings: Any = getattr(mudata, "settings", None)
    found: AbstractContextManager[Any] = (
        mudata.set_options(pull_on_update=False) if settings is None else settings.override(pull_on_update=False)
    )
    return found
