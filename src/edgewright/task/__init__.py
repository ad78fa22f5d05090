"""From a running model to results that mean something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.task import keywords as keywords
    from edgewright.task.answering import Answering as Answering
    from edgewright.task.answering import works_alone as works_alone
    from edgewright.task.chain import Chain as Chain
    from edgewright.task.crop import Crop as Crop
    from edgewright.task.elsewhere.crewed import Opening as Opening
    from edgewright.task.elsewhere.crewed import stream_on as stream_on
    from edgewright.task.elsewhere.sent import sent_files as sent_files
    from edgewright.task.fitting import QUANTILE as QUANTILE
    from edgewright.task.fitting import FittedThreshold as FittedThreshold
    from edgewright.task.fitting import fit_threshold as fit_threshold
    from edgewright.task.inputs import input_kind as input_kind
    from edgewright.task.inputs import preparation as preparation
    from edgewright.task.inputs import register_input as register_input
    from edgewright.task.inputs.kind import InputKind as InputKind
    from edgewright.task.inputs.picture import described_picture as described_picture
    from edgewright.task.joining import runs as runs
    from edgewright.task.kind import Decoder as Decoder
    from edgewright.task.kind import Outputs as Outputs
    from edgewright.task.kind import TaskKind as TaskKind
    from edgewright.task.kinds import input_of as input_of
    from edgewright.task.kinds import input_options as input_options
    from edgewright.task.kinds import kind_of as kind_of
    from edgewright.task.kinds import register_task as register_task
    from edgewright.task.kinds import takes_unsaid_pixels as takes_unsaid_pixels
    from edgewright.task.kinds import task_names as task_names
    from edgewright.task.labels import Labels as Labels
    from edgewright.task.labels import label_lines as label_lines
    from edgewright.task.labels import match_labels as match_labels
    from edgewright.task.labels import nearest_labels as nearest_labels
    from edgewright.task.labels import read_labels as read_labels
    from edgewright.task.labels import unknown_label as unknown_label
    from edgewright.task.numbers.finite import Finite as Finite
    from edgewright.task.numbers.quantization import dequantize as dequantize
    from edgewright.task.options import Options as Options
    from edgewright.task.options import only as only
    from edgewright.task.options import with_needed as with_needed
    from edgewright.task.reply import Replier as Replier
    from edgewright.task.result import Observation as Observation
    from edgewright.task.result import Result as Result
    from edgewright.task.result import as_document as as_document
    from edgewright.task.result import best_of as best_of
    from edgewright.task.result import blurred_files_of as blurred_files_of
    from edgewright.task.result import called as called
    from edgewright.task.result import encoded as encoded
    from edgewright.task.result import files_of as files_of
    from edgewright.task.result import in_one_line as in_one_line
    from edgewright.task.result import observations_of as observations_of
    from edgewright.task.results.chained import Chained as Chained
    from edgewright.task.results.chained import Link as Link
    from edgewright.task.results.classification import TOP as TOP
    from edgewright.task.results.classification import Classification as Classification
    from edgewright.task.results.detections import Detection as Detection
    from edgewright.task.results.detections import Detections as Detections
    from edgewright.task.results.embedding import Embedding as Embedding
    from edgewright.task.results.faces import Face as Face
    from edgewright.task.results.faces import Faces as Faces
    from edgewright.task.results.poses import Pose as Pose
    from edgewright.task.results.poses import Poses as Poses
    from edgewright.task.results.replies import Replies as Replies
    from edgewright.task.results.replies import Reply as Reply
    from edgewright.task.results.segmentation import Segmentation as Segmentation
    from edgewright.task.results.series_events import SeriesEvents as SeriesEvents
    from edgewright.task.results.sound_events import SoundEvents as SoundEvents
    from edgewright.task.results.sound_events import SoundWindow as SoundWindow
    from edgewright.task.results.tensors import Tensors as Tensors
    from edgewright.task.results.text_classification import TextClassification as TextClassification
    from edgewright.task.results.timed_event import TimedEvent as TimedEvent
    from edgewright.task.ssd.finished import OF_OPERATOR as OF_OPERATOR
    from edgewright.task.ssd.finished import THRESHOLD as THRESHOLD
    from edgewright.task.ssd.outputs import finished_outputs as finished_outputs
    from edgewright.task.streaming import Answer as Answer
    from edgewright.task.streaming import Streaming as Streaming
    from edgewright.task.streaming import stream as stream
    from edgewright.task.task import Task as Task
    from edgewright.task.task import decoder_of as decoder_of
    from edgewright.task.task import open_task as open_task
    from edgewright.task.tracking.filming import filmed as filmed
    from edgewright.task.tracking.following import followed as followed
    from edgewright.task.tracking.following import position_of as position_of
    from edgewright.task.tracking.following import things_of as things_of
    from edgewright.task.tracking.following import tracker_of as tracker_of
    from edgewright.task.tracking.following import with_tracks as with_tracks
    from edgewright.task.tracking.summary import TrackSummary as TrackSummary
    from edgewright.task.tracking.summary import TrackTable as TrackTable
    from edgewright.task.tracking.track import Following as Following
    from edgewright.task.tracking.track import track as track
    from edgewright.task.tracking.tracker import Tracker as Tracker
    from edgewright.task.yolo.numbers import BoxNumbers as BoxNumbers
    from edgewright.task.yolo.numbers import box_numbers as box_numbers
    from edgewright.task.yolo.separating import Separated as Separated
    from edgewright.task.yolo.separating import joined_yolo as joined_yolo
    from edgewright.task.yolo.separating import separated as separated
    from edgewright.task.yolo.splitting import Cut as Cut
    from edgewright.task.yolo.yolo import Yolo as Yolo
    from edgewright.task.yolo.yolo import yolo_of as yolo_of

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "answering": "Answering works_alone",
        "chain": "Chain",
        "crop": "Crop",
        "elsewhere.crewed": "Opening stream_on",
        "elsewhere.sent": "sent_files",
        "fitting": "FittedThreshold QUANTILE fit_threshold",
        "inputs": "input_kind preparation register_input",
        "inputs.kind": "InputKind",
        "inputs.picture": "described_picture",
        "joining": "runs",
        "kind": "Decoder Outputs TaskKind",
        "kinds": "input_of input_options kind_of register_task takes_unsaid_pixels task_names",
        "results.chained": "Chained Link",
        "results.classification": "Classification TOP",
        "results.detections": "Detection Detections",
        "results.segmentation": "Segmentation",
        "results.timed_event": "TimedEvent",
        "results.sound_events": "SoundEvents SoundWindow",
        "results.embedding": "Embedding",
        "results.faces": "Face Faces",
        "results.poses": "Pose Poses",
        "results.replies": "Replies Reply",
        "reply": "Replier",
        "results.text_classification": "TextClassification",
        "results.series_events": "SeriesEvents",
        "results.tensors": "Tensors",
        "keywords": "",
        "labels": "Labels label_lines match_labels nearest_labels read_labels unknown_label",
        "options": "Options only with_needed",
        "numbers.finite": "Finite",
        "numbers.quantization": "dequantize",
        "result": "Observation Result as_document best_of blurred_files_of called encoded files_of in_one_line "
        "observations_of",
        "ssd.finished": "OF_OPERATOR THRESHOLD",
        "ssd.outputs": "finished_outputs",
        "streaming": "Answer Streaming stream",
        "task": "Task decoder_of open_task",
        "tracking.filming": "filmed",
        "tracking.following": "followed position_of things_of tracker_of with_tracks",
        "tracking.summary": "TrackSummary TrackTable",
        "tracking.track": "Following track",
        "tracking.tracker": "Tracker",
        "yolo.numbers": "BoxNumbers box_numbers",
        "yolo.separating": "Separated joined_yolo separated",
        "yolo.splitting": "Cut",
        "yolo.yolo": "Yolo yolo_of",
    },
)
