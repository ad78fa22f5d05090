"""Skeletons: the names of the points of a body or a hand, and which of them a line joins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[int, int]


@dataclass(frozen=True)
class Skeleton:
    """`names` of the points in the model's order; `edges`: pairs of places among them."""

    names: tuple[str, ...]
    edges: tuple[Edge, ...]

    def __len__(self) -> int:
        return len(self.names)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _paths(*paths: str) -> tuple[Edge, ...]:
    """Edges along paths of places: "0 1 2" joins 0 with 1 and 1 with 2."""
    numbers = [[int(number) for number in path.split()] for path in paths]
    return tuple(edge for path in numbers for edge in pairwise(path))


# The keypoints and the skeleton of category 1 in COCO's person_keypoints annotations.
COCO = Skeleton(
    _words(
        "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
        "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle"
    ),
    _paths("5 7 9", "6 8 10", "5 6 12 11 5", "11 13 15", "12 14 16", "0 1 2 0", "1 3 5", "2 4 6"),
)

_FINGERS = ("index_finger", "middle_finger", "ring_finger", "pinky")

# MediaPipe's hand landmarks (Hand Landmarker, "hand landmark model bundle"): the wrist, then each finger outwards.
HAND = Skeleton(
    (
        *_words("wrist thumb_cmc thumb_mcp thumb_ip thumb_tip"),
        *(f"{finger}_{joint}" for finger in _FINGERS for joint in ("mcp", "pip", "dip", "tip")),
    ),
    _paths("0 1 2 3 4", "0 5 6 7 8", "5 9 10 11 12", "9 13 14 15 16", "13 17 18 19 20", "0 17"),
)

# MediaPipe's 33 pose landmarks (Pose Landmarker, "pose landmarker model").
BODY = Skeleton(
    _words(
        "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear right_ear "
        "mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_pinky "
        "right_pinky left_index right_index left_thumb right_thumb left_hip right_hip left_knee right_knee left_ankle "
        "right_ankle left_heel right_heel left_foot_index right_foot_index"
    ),
    _paths(
        "7 3 2 1 0 4 5 6 8", "9 10", "12 11 13 15 17 19 15 21", "12 14 16 18 20 16 22", "11 23 24 12",
        "23 25 27 29 31 27", "24 26 28 30 32 28",
    ),
)  # fmt: skip

# The seven points of MediaPipe's palm detector, by their names in a hand.
PALM = Skeleton(
    _words("wrist index_finger_mcp middle_finger_mcp ring_finger_mcp pinky_mcp thumb_cmc thumb_mcp"),
    _paths("0 1 2 3 4 0", "0 2", "0 3", "0 5 6"),
)

# The four points of BlazePose's detector ("BlazePose: On-device Real-time Body Pose tracking", 2020): the middle of the
# hips and of the shoulders, each with a point on the circle that holds the body, or its upper half.
TRUNK = Skeleton(_words("mid_hip whole_body_edge mid_shoulder upper_body_edge"), _paths("0 1", "2 3"))

# MediaPipe's iris model: 71 points of the eye's contour and brow, then the middle of the iris and four on its edge.
EYE = Skeleton(
    (*(f"eye_{number}" for number in range(71)), *_words("iris iris_right iris_top iris_left iris_bottom")),
    _paths("72 73 74 75 72"),
)


def numbered(count: int) -> Skeleton:
    """Points without names or lines: "point_0", "point_1", …."""
    return Skeleton(tuple(f"point_{number}" for number in range(count)), ())
