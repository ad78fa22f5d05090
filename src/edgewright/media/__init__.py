"""Pictures, sounds, texts and series in, arrays out, and the way back; one front door for all kinds of input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.media.arrays import ARRAY_SUFFIXES as ARRAY_SUFFIXES
    from edgewright.media.arrays import array_of as array_of
    from edgewright.media.arrays import npz_array as npz_array
    from edgewright.media.arrays import read_arrays as read_arrays
    from edgewright.media.finding import find_files as find_files
    from edgewright.media.finding import is_meant as is_meant
    from edgewright.media.finding import matching_files as matching_files
    from edgewright.media.finding import walk_files as walk_files
    from edgewright.media.geometry import Box as Box
    from edgewright.media.geometry import Keypoints as Keypoints
    from edgewright.media.given import MOST_BYTES as MOST_BYTES
    from edgewright.media.given import Given as Given
    from edgewright.media.pictures.crops import varied_crops as varied_crops
    from edgewright.media.pictures.cutting import cut as cut
    from edgewright.media.pictures.cutting import part_of as part_of
    from edgewright.media.pictures.drawing import caption as caption
    from edgewright.media.pictures.drawing import fitted as fitted
    from edgewright.media.pictures.drawing import font_of as font_of
    from edgewright.media.pictures.drawing import text_size as text_size
    from edgewright.media.pictures.finding import find_pictures as find_pictures
    from edgewright.media.pictures.finding import unread_pictures as unread_pictures
    from edgewright.media.pictures.formats import SUFFIXES as SUFFIXES
    from edgewright.media.pictures.hiding import blur_boxes as blur_boxes
    from edgewright.media.pictures.marking.boxes import draw_boxes as draw_boxes
    from edgewright.media.pictures.marking.overlay import class_color as class_color
    from edgewright.media.pictures.marking.overlay import class_picture as class_picture
    from edgewright.media.pictures.marking.overlay import draw_classes as draw_classes
    from edgewright.media.pictures.marking.overlay import side_by_side as side_by_side
    from edgewright.media.pictures.marking.overlay import tint_masks as tint_masks
    from edgewright.media.pictures.marking.points import draw_keypoints as draw_keypoints
    from edgewright.media.pictures.marking.trails import Trail as Trail
    from edgewright.media.pictures.marking.trails import draw_trails as draw_trails
    from edgewright.media.pictures.masks import read_mask as read_mask
    from edgewright.media.pictures.opening import PictureSource as PictureSource
    from edgewright.media.pictures.picture import DEFAULT_MAX_PIXELS as DEFAULT_MAX_PIXELS
    from edgewright.media.pictures.picture import PictureHeader as PictureHeader
    from edgewright.media.pictures.picture import fit_picture as fit_picture
    from edgewright.media.pictures.picture import load_image as load_image
    from edgewright.media.pictures.picture import read_header as read_header
    from edgewright.media.pictures.picture import read_picture as read_picture
    from edgewright.media.pictures.preparation import Preparation as Preparation
    from edgewright.media.pictures.resize import Placement as Placement
    from edgewright.media.pictures.resize import place as place
    from edgewright.media.pictures.spreading import spread as spread
    from edgewright.media.pictures.spreading import spread_smoothly as spread_smoothly
    from edgewright.media.prepared import Prepare as Prepare
    from edgewright.media.prepared import Prepared as Prepared
    from edgewright.media.prepared import ReadText as ReadText
    from edgewright.media.prepared import Tensors as Tensors
    from edgewright.media.prepared import Windows as Windows
    from edgewright.media.reading import MAX_BYTES as MAX_BYTES
    from edgewright.media.reading import file_errors as file_errors
    from edgewright.media.scale import Meaning as Meaning
    from edgewright.media.scale import meaning_of_numbers as meaning_of_numbers
    from edgewright.media.series.cells import delimiter_of as delimiter_of
    from edgewright.media.series.cells import number_in as number_in
    from edgewright.media.series.cutting import SeriesCutter as SeriesCutter
    from edgewright.media.series.opening import SERIES_SUFFIXES as SERIES_SUFFIXES
    from edgewright.media.series.opening import read_series as read_series
    from edgewright.media.series.opening import unread_series as unread_series
    from edgewright.media.series.preparation import HOP as HOP
    from edgewright.media.series.preparation import SeriesPreparation as SeriesPreparation
    from edgewright.media.series.preparation import SeriesWindows as SeriesWindows
    from edgewright.media.series.preparation import check_hop as check_hop
    from edgewright.media.series.preparation import describe_series as describe_series
    from edgewright.media.series.preparation import hop_rows as hop_rows
    from edgewright.media.series.preparation import same_rate as same_rate
    from edgewright.media.series.rows import LONGEST_ROW as LONGEST_ROW
    from edgewright.media.series.rows import RowReader as RowReader
    from edgewright.media.series.rows import Rows as Rows
    from edgewright.media.series.series import Series as Series
    from edgewright.media.series.times import time_unit as time_unit
    from edgewright.media.series.windows import window_starts as window_starts
    from edgewright.media.sound.cutting import SoundCutter as SoundCutter
    from edgewright.media.sound.drawing import draw_timeline as draw_timeline
    from edgewright.media.sound.finding import find_sounds as find_sounds
    from edgewright.media.sound.finding import unread_sounds as unread_sounds
    from edgewright.media.sound.formats import SOUND_SUFFIXES as SOUND_SUFFIXES
    from edgewright.media.sound.formats import is_sound as is_sound
    from edgewright.media.sound.opening import SoundSource as SoundSource
    from edgewright.media.sound.opening import open_sound as open_sound
    from edgewright.media.sound.preparation import SoundPreparation as SoundPreparation
    from edgewright.media.sources import one_line as one_line
    from edgewright.media.tensor import NORMALIZATIONS as NORMALIZATIONS
    from edgewright.media.tensor import normalization as normalization
    from edgewright.media.tensor import normalize as normalize
    from edgewright.media.tensor import quantize as quantize
    from edgewright.media.text.examples import read_examples as read_examples
    from edgewright.media.text.finding import find_texts as find_texts
    from edgewright.media.text.preparation import TextPreparation as TextPreparation
    from edgewright.media.text.regex import PATTERN as PATTERN
    from edgewright.media.text.tokenizer import tokenizer_of as tokenizer_of
    from edgewright.media.text.tokens import Tokenize as Tokenize
    from edgewright.media.text.vocabulary import read_vocabulary as read_vocabulary
    from edgewright.media.videos.decoding import OPEN_S as OPEN_S
    from edgewright.media.videos.decoding import READ_S as READ_S
    from edgewright.media.videos.decoding import Decoded as Decoded
    from edgewright.media.videos.decoding import Decoder as Decoder
    from edgewright.media.videos.decoding import VideoError as VideoError
    from edgewright.media.videos.film import FILM_RATE as FILM_RATE
    from edgewright.media.videos.film import Film as Film
    from edgewright.media.videos.frames import Every as Every
    from edgewright.media.videos.frames import VideoFrames as VideoFrames
    from edgewright.media.videos.pyav import load_av as load_av
    from edgewright.media.videos.pyav import packets_of as packets_of
    from edgewright.media.web.client import BrokenOff as BrokenOff
    from edgewright.media.web.client import RangeRefusedError as RangeRefusedError
    from edgewright.media.web.client import by_mirror as by_mirror
    from edgewright.media.web.client import moved as moved
    from edgewright.media.web.client import web_answer as web_answer
    from edgewright.media.web.fetching import fetch_part as fetch_part
    from edgewright.media.web.fetching import fetch_web as fetch_web
    from edgewright.media.web.fetching import shown_address as shown_address

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "arrays": "ARRAY_SUFFIXES array_of npz_array read_arrays",
        "pictures.crops": "varied_crops",
        "pictures.cutting": "cut part_of",
        "pictures.drawing": "caption fitted font_of text_size",
        "pictures.marking.boxes": "draw_boxes",
        "pictures.marking.overlay": "class_color class_picture draw_classes side_by_side tint_masks",
        "pictures.marking.points": "draw_keypoints",
        "pictures.marking.trails": "Trail draw_trails",
        "pictures.finding": "find_pictures unread_pictures",
        "pictures.formats": "SUFFIXES",
        "finding": "find_files is_meant matching_files walk_files",
        "pictures.hiding": "blur_boxes",
        "pictures.masks": "read_mask",
        "geometry": "Box Keypoints",
        "given": "MOST_BYTES Given",
        "pictures.opening": "PictureSource",
        "pictures.picture": "DEFAULT_MAX_PIXELS PictureHeader fit_picture load_image read_header read_picture",
        "pictures.preparation": "Preparation",
        "pictures.spreading": "spread spread_smoothly",
        "prepared": "Prepare Prepared ReadText Windows",
        "pictures.resize": "Placement place",
        "reading": "MAX_BYTES file_errors",
        "scale": "Meaning meaning_of_numbers",
        "sound.cutting": "SoundCutter",
        "sound.drawing": "draw_timeline",
        "sound.finding": "find_sounds unread_sounds",
        "sound.formats": "SOUND_SUFFIXES is_sound",
        "sound.opening": "SoundSource open_sound",
        "sound.preparation": "SoundPreparation",
        "sources": "one_line",
        "series.cells": "delimiter_of number_in",
        "series.cutting": "SeriesCutter",
        "series.opening": "SERIES_SUFFIXES read_series unread_series",
        "series.preparation": "HOP SeriesPreparation SeriesWindows check_hop describe_series hop_rows same_rate",
        "series.rows": "LONGEST_ROW RowReader Rows",
        "series.series": "Series",
        "series.times": "time_unit",
        "series.windows": "window_starts",
        "tensor": "NORMALIZATIONS normalization normalize quantize",
        "text.examples": "read_examples",
        "text.finding": "find_texts",
        "text.preparation": "TextPreparation",
        "text.regex": "PATTERN",
        "text.tokenizer": "tokenizer_of",
        "text.tokens": "Tokenize",
        "text.vocabulary": "read_vocabulary",
        "videos.decoding": "Decoded Decoder OPEN_S READ_S VideoError",
        "videos.film": "FILM_RATE Film",
        "videos.frames": "Every VideoFrames",
        "videos.pyav": "load_av packets_of",
        "web.client": "BrokenOff RangeRefusedError by_mirror moved web_answer",
        "web.fetching": "fetch_part fetch_web shown_address",
    },
)
