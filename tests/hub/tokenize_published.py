"""Runs in the environment of the package `tokenizers`: a vocabulary, a file of lines, and where the numbers go."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tokenizers import BertWordPieceTokenizer


def main(vocabulary: str, lines: str, target: str) -> None:
    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    texts = json.loads(Path(lines).read_text(encoding="utf-8"))
    Path(target).write_text(json.dumps([tokenizer.encode(text).ids for text in texts]))


if __name__ == "__main__":
    main(*sys.argv[1:])
