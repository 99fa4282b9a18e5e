"""Runs on disk: one immutable folder each."""
