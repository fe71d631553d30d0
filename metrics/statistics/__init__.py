"""Intervals, survival curves and comparisons: pure numpy."""
