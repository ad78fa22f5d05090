"""Which pictures of a data set are nearly the same, so that a model is not measured on what it was trained on."""
