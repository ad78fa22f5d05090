// From a picture to the pixels that the model takes.

import { resized } from "./resampling.js";

const LARGEST = 2 ** 24; // pixels that are looked at; larger pictures are made smaller first

/** Decode a file or blob, upright; alpha is laid over white. Throws where the browser cannot read it. */
export async function decoded(blob) {
  const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  const picture = drawn(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return picture;
}

/** What a canvas, video or bitmap shows, as { data: RGBA, width, height }. */
export function drawn(source, width, height) {
  const share = Math.min(1, Math.sqrt(LARGEST / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(width * share));
  canvas.height = Math.max(1, Math.floor(height * share));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Where a picture goes in an input: `box` of the picture fills `region` of the input, x0, y0, x1, y1 each. */
export function placed(picture, { size, resize, crop_fraction: fraction }) {
  const [height, width] = size;
  const whole = [0, 0, picture.width, picture.height];
  if (resize === "crop") {
    const across = Math.min(picture.width, picture.height * (width / height)) * fraction;
    const down = Math.min(picture.height, picture.width / (width / height)) * fraction;
    const [x0, y0] = [(picture.width - across) / 2, (picture.height - down) / 2];
    return { box: [x0, y0, x0 + across, y0 + down], region: [0, 0, width, height] };
  }
  if (resize === "letterbox") {
    const scale = Math.min(height / picture.height, width / picture.width);
    const within = (length, most) => Math.max(1, Math.min(most, Math.floor(length * scale + 0.5)));
    const [down, across] = [within(picture.height, height), within(picture.width, width)];
    const [top, left] = [Math.floor((height - down) / 2), Math.floor((width - across) / 2)];
    return { box: whole, region: [left, top, left + across, top + down] };
  }
  return { box: whole, region: [0, 0, width, height] };
}

/** The bytes that go in: height x width x channels, RGB or gray, borders at the gray level `pad`. */
export function fitted(picture, placement, { size, channels, pad, interpolation, down_first: downFirst }) {
  const [height, width] = size;
  const { box, region } = placement;
  const [across, down] = [region[2] - region[0], region[3] - region[1]];
  const bytes = channels === 1 ? gray(picture) : rgb(picture);
  const plain = { bytes, channels, width: picture.width, height: picture.height };
  const part = resized(plain, box, across, down, interpolation, downFirst);
  if (across === width && down === height) return part;
  const pixels = new Uint8Array(height * width * channels).fill(pad);
  for (let row = 0; row < down; row++) {
    const start = ((region[1] + row) * width + region[0]) * channels;
    pixels.set(part.subarray(row * across * channels, (row + 1) * across * channels), start);
  }
  return pixels;
}

function rgb({ data, width, height }) {
  const bytes = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    bytes[to++] = data[from];
    bytes[to++] = data[from + 1];
    bytes[to++] = data[from + 2];
  }
  return bytes;
}

/** ITU-R BT.601 luma as Pillow computes it. */
function gray({ data, width, height }) {
  const bytes = new Uint8Array(width * height);
  for (let place = 0; place < bytes.length; place++) {
    const from = 4 * place;
    bytes[place] = (data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471 + 0x8000) >> 16;
  }
  return bytes;
}
