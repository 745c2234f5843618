"""See at a glance whether all is well, and tell a person when it is not."""
