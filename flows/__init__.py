"""Letters, from a sender's system to the recipient."""
