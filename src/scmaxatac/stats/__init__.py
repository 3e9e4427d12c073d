"""Statistics of scores: deviations, moderated tests, multiple testing, bootstrap."""
