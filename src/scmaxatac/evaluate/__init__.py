"""Scores compared with labels: metrics, baselines."""
