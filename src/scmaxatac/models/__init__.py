"""Pretrained models: list, download, convert, load."""
