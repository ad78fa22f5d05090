"""Sources of sounds and of readings, one file each; what they give is cut into windows elsewhere."""
