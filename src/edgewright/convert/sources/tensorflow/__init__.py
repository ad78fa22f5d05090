"""Formats of TensorFlow: Keras files and objects, SavedModels, and `.tflite` files themselves."""
