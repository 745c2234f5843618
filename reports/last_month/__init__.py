"""Last month, on the first working days of this."""
