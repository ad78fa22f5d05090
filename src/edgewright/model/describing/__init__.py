"""What a model file says of itself: read, written, and as values."""
