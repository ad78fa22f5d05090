"""mAP, or AP of OKS, by COCO's own program, in an environment that has it: a number for each document of a file."""

import contextlib
import io
import json
import pathlib
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def value(truth: dict, detections: list, kind: str = "bbox") -> list:
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        judged = COCOeval(coco, coco.loadRes(detections), kind)
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    return [float(judged.stats[0]), float(judged.stats[1])]


with pathlib.Path(sys.argv[1]).open() as file:
    print(json.dumps([value(**document) for document in json.load(file)]))
