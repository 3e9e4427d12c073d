"""Scores of bins: kept bins, sites, 200-bp bins."""
