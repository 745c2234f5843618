"""Take in letters: every source, every check, an honest answer."""
