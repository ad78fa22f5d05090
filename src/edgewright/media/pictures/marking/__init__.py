"""Things that are marked on pictures: boxes with labels, and skeletons of points."""
