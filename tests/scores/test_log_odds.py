"""Log odds of scores."""

import numpy as np

from scmaxatac.scores._log_odds import logit


def test_log_odds_are_cut_where_it_is_said():
    np.testing.assert_allclose(logit(np.array([0.5, 0.2])), [0, np.log(0.25)])
    np.testing.assert_allclose(logit(np.array([0.0, 1.0, 1e-5])), np.log(1e-4 / (1 - 1e-4)) * np.array([1, -1, 1]))
    np.testing.assert_allclose(logit(np.float32([1e-5]), clip=1e-6), np.log(1e-5 / (1 - 1e-5)), rtol=1e-6)
