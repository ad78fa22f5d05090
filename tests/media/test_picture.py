from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError, UsageError
from edgewright.media import PictureHeader, fit_picture, load_image, read_header, read_picture
from edgewright.media.pictures.resize import apply, place

SharedFile = Callable[[str], Path]

# EXIF 2.32, tag 274: for each value, the visual side of the stored row 0 and of the stored column 0.
ORIENTATIONS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def encoded(array: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, kind, **options)
    return stream.getvalue()


def with_orientation(array: np.ndarray, kind: str, value: int, **options: object) -> bytes:
    exif = Image.Exif()
    exif[274] = value
    return encoded(array, kind, exif=exif.tobytes(), **options)


def stored_for(upright: np.ndarray, value: int) -> np.ndarray:
    """The rows and columns that a camera would have stored, pixel by pixel from the definition of the tag."""
    height, width = upright.shape[:2]
    row_side, column_side = ORIENTATIONS[value]
    turned = row_side in ("left", "right")
    stored = np.zeros((width, height, 3) if turned else (height, width, 3), np.uint8)
    for row in range(stored.shape[0]):
        for column in range(stored.shape[1]):
            at = {row_side: row, column_side: column}
            y = at["top"] if "top" in at else height - 1 - at["bottom"]
            x = at["left"] if "left" in at else width - 1 - at["right"]
            stored[row, column] = upright[y, x]
    return stored


@pytest.mark.parametrize("value", ORIENTATIONS)
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
def test_every_exif_orientation_is_brought_upright(value: int, kind: str, options: dict[str, object]) -> None:
    upright = noise(5, 7, 3)
    picture = with_orientation(stored_for(upright, value), kind, value, **options)
    np.testing.assert_array_equal(read_picture(picture), upright)
    assert read_header(picture) == PictureHeader(5, 7, "RGB")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_picture_that_pillow_decoded_before_is_turned_once(kind: str) -> None:
    upright = noise(5, 7, 3)
    image = Image.open(io.BytesIO(with_orientation(stored_for(upright, 6), kind, 6)))
    image.load()
    assert read_header(image) == PictureHeader(5, 7, "RGB")
    np.testing.assert_array_equal(read_picture(image), upright)


@pytest.mark.parametrize("value", ORIENTATIONS)
@pytest.mark.parametrize("size", [None, (32, 48)])
def test_every_exif_orientation_of_a_jpeg_is_brought_upright(value: int, size: tuple[int, int] | None) -> None:
    quadrants = np.zeros((256, 384, 3), np.uint8)
    quadrants[:128, :192], quadrants[:128, 192:], quadrants[128:, :192] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    picture = with_orientation(stored_for(quadrants, value), "JPEG", value, quality=95)
    result = read_picture(picture, size=size)
    expected = quadrants if size is None else quadrants[::8, ::8]
    assert result.shape == expected.shape
    assert np.mean(np.abs(result.astype(int) - expected)) < 4


def test_damaged_exif_is_taken_for_no_orientation() -> None:
    picture = encoded(noise(6, 4, 3), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read_picture(picture).shape == (6, 4, 3)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})],
)
def test_lossless_formats_give_the_pixels_that_were_saved(kind: str, options: dict[str, object]) -> None:
    pixels = noise(9, 11, 3)
    np.testing.assert_array_equal(read_picture(encoded(pixels, kind, **options)), pixels)


def test_of_an_animation_the_first_picture_is_read() -> None:
    first, second = Image.new("RGB", (8, 6), (255, 0, 0)), Image.new("RGB", (8, 6), (0, 0, 255))
    stream = io.BytesIO()
    first.save(stream, "GIF", save_all=True, append_images=[second])
    np.testing.assert_array_equal(read_picture(stream.getvalue()), np.asarray(first))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_gray_is_scaled_with_rounding(kind: str) -> None:
    values = np.array([[0, 1, 128, 129, 255, 256, 257, 32767, 32768, 65406, 65407, 65535]], np.uint16)
    expected = np.array([[int(v * 255 / 65535 + 0.5) for v in values[0].tolist()]], np.uint8)
    picture = encoded(values, kind)
    np.testing.assert_array_equal(read_picture(picture, color_space="GRAYSCALE"), expected)
    np.testing.assert_array_equal(read_picture(picture), np.repeat(expected[:, :, None], 3, axis=2))
    assert read_header(picture).color_space == "GRAYSCALE"


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("size", [(30, 20), (2100, 2000)], ids=["small", "in pieces"])
def test_16_bit_gray_as_older_versions_of_pillow_open_it(size: tuple[int, int], orientation: int) -> None:
    picture = Image.new("I", size, 32768)
    picture.format = "PNG"
    picture.getexif()[274] = orientation
    gray = load_image(picture, color_space="GRAYSCALE")
    assert gray.size == (size if orientation == 1 else size[::-1])
    assert gray.getextrema() == (128, 128)


def test_big_endian_16_bit_tiff_gives_the_same_gray() -> None:
    # TIFF 6.0: header, then one IFD: width, length, 16 bits, no compression, black is zero, strip at 8, 4 bytes.
    pixels = np.array([[0, 65535]], ">u2").tobytes()
    tags = [(256, 2), (257, 1), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 4)]
    ifd = len(tags).to_bytes(2, "big")
    for tag, value in tags:
        ifd += tag.to_bytes(2, "big") + b"\0\3\0\0\0\1" + value.to_bytes(2, "big") + b"\0\0"
    picture = b"MM\0*" + (12).to_bytes(4, "big") + pixels + ifd + b"\0\0\0\0"
    assert read_picture(picture, color_space="GRAYSCALE").tolist() == [[0, 255]]


def test_alpha_is_laid_over_white() -> None:
    rgba = noise(16, 16, 4)
    color, alpha = rgba[..., :3].astype(int), rgba[..., 3:].astype(int)
    expected = np.floor((color * alpha + 255 * (255 - alpha)) / 255 + 0.5).astype(np.uint8)
    np.testing.assert_array_equal(read_picture(encoded(rgba)), expected)
    np.testing.assert_array_equal(read_picture(rgba), expected)


def test_gray_with_alpha_and_a_transparent_palette_show_white_too() -> None:
    gray = Image.merge("LA", [Image.new("L", (2, 1), 40), Image.new("L", (2, 1), 0)])
    palette = Image.new("P", (2, 1), 1)
    palette.putpalette([9, 9, 9, 7, 8, 9])
    for image, options in ((gray, {}), (palette, {"transparency": 1}), (palette, {"transparency": b"\xff\x00"})):
        stream = io.BytesIO()
        image.save(stream, "PNG", **options)
        assert read_picture(stream.getvalue(), color_space="GRAYSCALE").tolist() == [[255, 255]]


def test_gray_is_the_bt601_luma() -> None:
    rgb = noise(20, 20, 3)
    exact = (rgb.astype(float) @ [299, 587, 114]) / 1000
    assert np.max(np.abs(read_picture(encoded(rgb), color_space="GRAYSCALE") - exact)) <= 0.51


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_every_common_mode_becomes_rgb(mode: str) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (4, 3), (255, 255, 255)).convert(mode).save(stream, "TIFF" if mode != "YCbCr" else "JPEG")
    assert read_picture(stream.getvalue()).tolist() == np.full((3, 4, 3), 255).tolist()


@pytest.mark.parametrize(("dtype", "words"), [(np.float32, "floating point"), (np.int32, "32-bit integer")])
def test_pixels_without_a_defined_range_are_refused(dtype: type, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_picture(encoded(np.zeros((2, 2), dtype), "TIFF"))


def test_all_kinds_of_source_give_the_same_picture(tmp_path: Path) -> None:
    pixels = noise(4, 6, 3)
    data = encoded(pixels)
    path = tmp_path / "a picture.jpg"  # the content counts, not the name
    path.write_bytes(data)
    with path.open("rb") as stream:
        stream.seek(3)
        for source in (path, str(path), data, stream, io.BytesIO(data), Image.open(path), pixels):
            np.testing.assert_array_equal(read_picture(source), pixels)


def test_a_pipe_is_read(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        content = io.BytesIO(encoded(noise(4, 6, 3)))

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:
            return self.content.readinto(buffer)

    assert read_picture(io.BufferedReader(Pipe()), size=(2, 3)).shape == (2, 3, 3)


def test_the_result_is_the_callers_own() -> None:
    image = Image.new("RGB", (3, 3))
    load_image(image).putpixel((0, 0), (9, 9, 9))
    assert image.getpixel((0, 0)) == (0, 0, 0)
    pixels = read_picture(np.asarray(image))
    pixels[0, 0] = 7
    assert image.getpixel((0, 0)) == (0, 0, 0)


@pytest.mark.parametrize("name", ["parrot.jpg", "grace_hopper.bmp", "cat_1080p.jpg", "mnist_nine.bmp"])
def test_real_pictures_are_what_pillow_reads(name: str, shared_file: SharedFile) -> None:
    path = shared_file(f"images/{name}")
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_picture(path), np.asarray(image.convert("RGB")))


def test_reduced_decoding_stays_close_to_full_decoding(shared_file: SharedFile) -> None:
    path = shared_file("images/kite_and_cold.jpg")
    with Image.open(path) as image:
        plain = np.asarray(image.convert("RGB").resize((160, 160), Image.Resampling.BILINEAR))
    reduced = read_picture(path, size=(160, 160))
    assert load_image(path, at_least=(320, 320)).size == (676, 450)
    assert np.mean(np.abs(reduced.astype(int) - plain)) < 1.0


def test_a_draft_is_decoded_at_no_less_than_the_size(shared_file: SharedFile) -> None:
    """At half of 1352 x 900 for 400 pixels, where others are decoded whole; boxes still find the way back."""
    path = shared_file("images/kite_and_cold.jpg")
    with Image.open(path) as image:
        image.draft("RGB", (676, 450))
        half = np.asarray(image.resize((400, 400), Image.Resampling.HAMMING))
    draft = fit_picture(path, size=(400, 400), interpolation="draft")
    np.testing.assert_array_equal(draft.pixels, half)
    assert draft.original == (900, 1352)
    assert draft.placement.box == (0, 0, 1352, 900)
    larger = read_picture(path, size=(460, 460), interpolation="draft")
    with Image.open(path) as image:
        np.testing.assert_array_equal(larger, np.asarray(image.resize((460, 460), Image.Resampling.HAMMING)))


def test_what_is_sampled_sharply_is_decoded_at_one_and_a_half_times_its_size(shared_file: SharedFile) -> None:
    """At half of 1352 x 900 for 300 pixels; 301 would be left less than that, so all pixels are decoded."""
    path = shared_file("images/kite_and_cold.jpg")
    whole = load_image(path)
    with Image.open(path) as image:
        image.draft("RGB", (676, 450))
        half = image.convert("RGB")
    placement = place((900, 1352), (300, 300))
    sharp = fit_picture(path, size=(300, 300), interpolation="sharp")
    np.testing.assert_array_equal(sharp.pixels, apply(half, placement.on(0.5, 0.5), "sharp"))
    assert sharp.placement == placement
    larger = read_picture(path, size=(301, 300), interpolation="sharp")
    np.testing.assert_array_equal(larger, apply(whole, place((900, 1352), (301, 300)), "sharp"))


def test_a_picture_of_the_caller_keeps_its_size(shared_file: SharedFile) -> None:
    """Pillow decodes a JPEG smaller for good: who then wants it larger would get a blurred one."""
    path = shared_file("images/kite_and_cold.jpg")
    with Image.open(path) as image:
        size = image.size
        load_image(image, at_least=(32, 32))
        read_picture(image, size=(32, 32))
        assert image.size == size
        np.testing.assert_array_equal(read_picture(image), read_picture(path))


def test_the_pixel_limit_is_exact_and_says_how_to_raise_it() -> None:
    picture = encoded(noise(10, 10, 3))
    assert read_picture(picture, max_pixels=100).shape == (10, 10, 3)
    with pytest.raises(
        DataError, match=r"^<bytes>: 10 x 10 pixels, .* over the limit of 0.000099\. Raise it with max_pix"
    ):
        read_picture(picture, max_pixels=99)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"RIFF\x34\x16\x02\0WAVEfmt ", "it is a sound"),
        (b"hello", "starts with b'hello'"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
    ],
)
def test_what_is_no_picture_is_one_line_with_its_name(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_picture_is_refused(shared_file: SharedFile) -> None:
    data = shared_file("images/parrot.jpg").read_bytes()
    with pytest.raises(DataError, match=r"JPEG picture cannot be decoded .*truncated"):
        read_picture(data[: len(data) // 2])


def test_missing_folder_web_and_text_sources_each_say_what_is_wrong(tmp_path: Path) -> None:
    text = tmp_path / "x.png"
    text.write_text("x")
    with pytest.raises(DataError, match="no such file"):
        read_picture(tmp_path / "nothing.png")
    with pytest.raises(DataError, match="not a file"):
        read_picture(tmp_path)
    with pytest.raises(DataError, match="not fetched from the web"):
        read_picture("https://example.org/cat.jpg")
    with text.open() as stream, pytest.raises(DataError, match="mode 'rb'"):
        read_picture(stream)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="cannot be a int"):
        read_picture(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "array", [np.zeros((2, 2), np.float32), np.zeros((2, 2, 2), np.uint8), np.zeros((0, 2), np.uint8)]
)
def test_an_array_that_is_no_picture_is_refused(array: np.ndarray) -> None:
    with pytest.raises(DataError, match="<array>"):
        read_picture(array)


def test_unknown_choices_list_the_possible_ones() -> None:
    with pytest.raises(UsageError, match=r"'BGR'.*RGB, GRAYSCALE"):
        read_picture(noise(2, 2, 3), color_space="BGR")  # type: ignore[arg-type]


def test_a_name_with_control_characters_stays_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_picture(tmp_path / "a\nb\x1b[31m.png")
    assert str(caught.value).isprintable()


def test_no_warning_leaks_and_those_of_others_do(recwarn: pytest.WarningsRecorder) -> None:
    big = encoded(np.zeros((9500, 9500), np.uint8))  # over Pillow's own warning level
    read_header(big)
    damaged = with_orientation(noise(4, 4, 3), "TIFF", 1)[:-9]
    with pytest.raises(DataError):
        read_picture(damaged)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="mine"):
        warnings.warn("mine", stacklevel=1)


def test_threads_leave_the_warning_filters_as_they_were() -> None:
    before, picture = list(warnings.filters), encoded(noise(64, 64, 3))
    threads = [threading.Thread(target=lambda: [read_picture(picture) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
