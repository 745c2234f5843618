"""Bring home what the vendor says, and settle every letter it answers."""
