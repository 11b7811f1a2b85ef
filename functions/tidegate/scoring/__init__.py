"""Scores of text and of caller-days: shipped weights, and what a tenant's own days say they are worth. Pure."""
