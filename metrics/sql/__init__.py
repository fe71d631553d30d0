"""Datasets and expressions become selects."""
