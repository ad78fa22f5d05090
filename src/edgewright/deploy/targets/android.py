"""Android: classes of Java and of Kotlin over LiteRT, with the lines of Gradle and the assets."""

from __future__ import annotations

from edgewright.deploy.coding import check_codable, class_of, filled, shared_java, title_of, unlike_run
from edgewright.deploy.description import Description
from edgewright.deploy.exporting import Written, labels_file
from edgewright.machine import Progress

LITERT = "2.3.0"
"""The version of `com.google.ai.edge.litert:litert`; it wants Android 7 (24) or later."""

_UNPROVEN = (
    "Nothing was run on Android. Preparation and decoding are the classes of the target java, which are compared with "
    "run; the class over LiteRT is compiled against stand-ins in the tests of Edgewright alone.",
    "The Kotlin and the lines of Gradle were not compiled.",
)


class Android:
    """`Classifier` or `Detector` in Java, and in Kotlin in its place."""

    name = "android"
    title = "Android"

    def write(self, described: Description, progress: Progress) -> Written:
        """Make the folder; raises `UsageError` for what there is no code for."""
        pixels = check_codable(described, "android")
        name = class_of(described)
        words = {"CLASS": name, "TITLE": title_of(described), "LITERT": LITERT}
        code = {f"java/edgewright/{path}": text for path, text in shared_java(described, pixels).items()}
        code[f"java/edgewright/{name}.java"] = filled("Android.java", described, words)
        code[f"kotlin/edgewright/{name}.kt"] = filled("Android.kt", described, words)
        code["example/MainActivity.kt"] = filled("Activity.kt", described, words)
        code["build.gradle.kts"] = filled("build.gradle.kts", described, words)
        files = {path: text.encode() for path, text in code.items()}
        files["assets/edgewright/model.tflite"] = described.model.data
        files["assets/edgewright/labels.txt"] = labels_file(described.labels)
        start = "cp -r {folder}/assets {folder}/java app/src/main/    (and add the lines of build.gradle.kts)"
        facts = {"litert": LITERT, "minSdk": 24}
        return Written(files, (), (*_UNPROVEN, *unlike_run(pixels)), start, facts)


TARGET = Android()
