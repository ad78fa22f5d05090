"""Things that are marked on pictures: boxes with labels, skeletons of points, trails, and the classes of pixels."""
