"""Print the letters that are due, and hand them to the vendor."""
