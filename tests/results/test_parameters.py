"""Parameters that are kept as JSON."""

import json

import pytest

from scmaxatac.results._parameters import decode_parameters


def test_what_was_written_comes_back():
    params = {"tfs": ["CTCF", "SPI1"], "threshold": None, "group": "CD4/T"}
    assert decode_parameters(json.dumps(params), "uns['x']", "tl.x") == params


@pytest.mark.parametrize("stored", ["", "{'tfs': 1}", '{"tfs": [', "[1]", "null", "1", 5, None, {"tfs": 1}])
def test_damage_is_an_error_that_says_where_and_how_to_mend_it(stored):
    with pytest.raises(ValueError, match=r"^uns\['x'\] is no JSON object.*; call tl\.x again"):
        decode_parameters(stored, "uns['x']", "tl.x")
