"""File formats and containers to arrays and tables, and back."""
