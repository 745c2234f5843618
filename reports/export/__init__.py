"""The tables of reports as files for other programs."""
