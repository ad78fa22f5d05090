"""iOS: Swift over TensorFlowLiteSwift, the name that LiteRT still has there."""

from __future__ import annotations

from edgewright.deploy.coding import check_codable, class_of, filled, title_of, unlike_run
from edgewright.deploy.description import Description
from edgewright.deploy.exporting import Written, labels_file
from edgewright.deploy.swift import shared_swift
from edgewright.machine import Progress

RUNTIME = "TensorFlowLiteSwift 2.17"

_UNPROVEN = (
    "Swift cannot be compiled or run here: nothing of the code was tried. It follows the Java of the target java line "
    "by line, which is compared with run.",
)


class Ios:
    """`Classifier` or `Detector` in Swift."""

    name = "ios"
    title = "iOS"

    def write(self, described: Description, progress: Progress) -> Written:
        """Make the folder; raises `UsageError` for what there is no code for."""
        pixels = check_codable(described, "ios")
        name = class_of(described)
        code = shared_swift(described, pixels)
        code[f"{name}.swift"] = filled("Phone.swift", described, {"CLASS": name, "TITLE": title_of(described)})
        code["Podfile"] = filled("Podfile", described, {})
        files = {path: text.encode() for path, text in code.items()}
        files |= {"model.tflite": described.model.data, "labels.txt": labels_file(described.labels)}
        start = "Drag {folder} into the project in Xcode, add the lines of its Podfile, and run: pod install"
        return Written(files, (), (*_UNPROVEN, *unlike_run(pixels)), start, {"runtime": RUNTIME})


TARGET = Ios()
