"""MediaPipe's side of `ready_made.py`, for an environment that has it: it needs NumPy and MediaPipe only.

    python ready_made_mediapipe.py TASK MODEL.tflite INPUT.npy RATE

For each line on standard input, a number of calls, it prints the seconds of processor that one of them took.
"""

import sys
import time
from pathlib import Path

import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, audio, text, vision
from mediapipe.tasks.python.components import containers

WARM_UP = 3
TOP = 5
THRESHOLD = 0.3


def picture(given):
    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=given)


def detection(base, given, rate):
    task = vision.ObjectDetector.create_from_options(
        vision.ObjectDetectorOptions(base_options=base, score_threshold=THRESHOLD)
    )
    return task, lambda: task.detect(picture(given)).detections


def segmentation(base, given, rate):
    options = vision.ImageSegmenterOptions(base_options=base, output_category_mask=True, output_confidence_masks=False)
    task = vision.ImageSegmenter.create_from_options(options)
    return task, lambda: task.segment(picture(given)).category_mask.numpy_view()


def faces(base, given, rate):
    task = vision.FaceDetector.create_from_options(vision.FaceDetectorOptions(base_options=base))
    return task, lambda: task.detect(picture(given)).detections


def embedding(base, given, rate):
    task = vision.ImageEmbedder.create_from_options(vision.ImageEmbedderOptions(base_options=base, l2_normalize=True))
    return task, lambda: task.embed(picture(given)).embeddings[0].embedding


def sound(base, given, rate):
    task = audio.AudioClassifier.create_from_options(audio.AudioClassifierOptions(base_options=base, max_results=TOP))
    return task, lambda: task.classify(containers.AudioData.create_from_array(given.reshape(-1, 1), rate))


def text_(base, given, rate):
    task = text.TextClassifier.create_from_options(text.TextClassifierOptions(base_options=base))
    return task, lambda: task.classify(str(given)).classifications


TASKS = {
    "detection": detection,
    "segmentation": segmentation,
    "faces": faces,
    "embedding": embedding,
    "sound": sound,
    "text": text_,
}


def main():
    name, model, stored, rate = sys.argv[1:]
    base = BaseOptions(model_asset_buffer=Path(model).read_bytes())
    # The task is kept: it ends where nothing holds it.
    task, call = TASKS[name](base, np.load(stored), int(rate))
    for _ in range(WARM_UP):
        call()
    for line in sys.stdin:
        start = time.process_time()
        for _ in range(int(line)):
            call()
        print((time.process_time() - start) / int(line), flush=True)
    del task


main()
