"""Graphs of TensorFlow as data: read without TensorFlow, judged by a list of operators, and rebuilt before loading."""
