"""The frames of videos, cameras and streams in, a video file out; all by PyAV, which the extra "video" brings."""
