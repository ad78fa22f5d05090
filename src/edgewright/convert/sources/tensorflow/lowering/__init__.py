"""From an exported SavedModel to a model file, with TensorFlow's converter."""
