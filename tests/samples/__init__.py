"""Samples of every message that is sent: for people to look at, and kept as golden files by tests/render."""
