"""What an editor knows of `ew.load`: read by mypy in a test, never run."""

from __future__ import annotations

from typing import reveal_type

import edgewright as ew

reveal_type(ew.load("m.tflite", task="classification"))  # Task[Classification]
reveal_type(ew.load("m.tflite", task="classification")("a.jpg")[0].label)  # str
reveal_type(ew.load("m.tflite", task="classification", labels=["a", "b"], threads=2)("a.jpg")[0].score)  # float
reveal_type(ew.load("m.tflite", task="detection")("a.jpg")[0].box)  # Box
reveal_type(ew.load("m.tflite", task="detection", threshold={"dog": 0.5}, most=3, allow=["dog"])("a.jpg"))  # Detections
reveal_type(ew.load("m.tflite", task="detection")(["a.jpg", "b.jpg"]))  # list[Detections]
reveal_type(ew.load("m.tflite", task="faces", most=1)("a.jpg")[0])  # Face
reveal_type(ew.load("m.tflite", task="bodies")("a.jpg")[0])  # Pose
reveal_type(ew.load("m.tflite", task="hands", threshold=0.5)("a.jpg")[0])  # Pose
reveal_type(ew.load("m.tflite", task="pose", keypoint_threshold=0.3)("a.jpg")[0])  # Pose
reveal_type(ew.load("m.tflite", task="landmarks")("a.jpg")[0])  # Pose
reveal_type(ew.load("m.tflite", task="segmentation", scores=True)("a.jpg"))  # Segmentation
reveal_type(ew.load("m.tflite", task="embedding", resize="crop")("a.jpg"))  # Embedding
reveal_type(ew.load("m.tflite", task="text-embedding", vocabulary="v.txt")("a text"))  # Embedding
reveal_type(ew.load("m.tflite", task="text-classification", lowercase=True)("a text")[0].label)  # str
reveal_type(ew.load("m.tflite", task="audio-classification", hop="50%", head=0)("a.wav")[0].start_s)  # float
reveal_type(ew.load("m.tflite", task="series", columns=["x", "y"], rate=50.0)("a.csv")[0].label)  # str
reveal_type(ew.load("m.tflite", task="tensors")({"x": [1.0]})["y"].shape)  # tuple[Any, ...]
reveal_type(ew.load(b"bytes", task="classification", engine="auto", threads=2))  # Task[Classification]
reveal_type(ew.load("m.tflite"))  # Task[Any]
reveal_type(ew.load("m.tflite", task="of another package", anything=1))  # Task[Any]
reveal_type(ew.inspect("m.tflite").findings)  # tuple[Finding, ...]
reveal_type(ew.accuracy("m.tflite", "photos").value)  # float
