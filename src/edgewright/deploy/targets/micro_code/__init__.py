"""What a folder for TensorFlow Lite Micro is made of: C and C++ for one model, each file of it by one module."""
