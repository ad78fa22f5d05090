"""A classifier from a handful of pictures, made here, without a training framework."""
