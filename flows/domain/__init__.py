"""What a letter is and what may happen to it; no input, no output."""
