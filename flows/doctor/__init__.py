"""Hold the settings against the world: `svarut doctor`."""
