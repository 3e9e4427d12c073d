"""Scores of 32-bp bins: kept bins, sites, 200-bp bins."""
