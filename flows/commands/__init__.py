"""What the command line offers, a subject a file."""
