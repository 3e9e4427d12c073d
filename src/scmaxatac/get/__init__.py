"""Stored results as tables and arrays."""
