"""Dashboards and rules, built from definitions."""
