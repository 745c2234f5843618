"""Stand-ins for the world outside: they know the written formats and none of our code."""
