"""Test packages for a print vendor, and what is said of its answers to them."""
