// The ways of making a picture smaller that a file can ask for, with the very numbers of Pillow.

const BITS = 22; // of fixed point in a weight: src/libImaging/Resample.c
const SHARP_LEAVES = 3; // "sharp" averages blocks while the picture is so many times as large as the result

const FILTERS = {
  bilinear: { support: 1, of: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, of: cubic },
};

/** Keys' kernel with a = -0.5. */
function cubic(x) {
  const far = Math.abs(x);
  if (far < 1) return ((1.5 * far - 2.5) * far) * far + 1;
  if (far < 2) return (((far - 5) * far + 8) * far - 4) * -0.5;
  return 0;
}

/**
 * A box of a picture { bytes, channels, width, height } as across x down pixels; its edges may lie inside of pixels.
 * `downFirst`: that a height which is shrunk much more than the width goes first, as Pillow has it since 13.
 */
export function resized(picture, box, across, down, interpolation, downFirst) {
  if (interpolation !== "sharp") return filtered(picture, box, across, down, interpolation, downFirst);
  const [small, inside] = averaged(picture, box, across, down);
  const times = [(inside[2] - inside[0]) / across, (inside[3] - inside[1]) / down];
  if (Math.max(...times) <= 1) return filtered(small, inside, across, down, "bilinear", downFirst);
  return sampled(small, inside, across, down, times);
}

/** Antialiased resampling of a box: along the rows and along the columns, each rounded to bytes. */
function filtered(picture, [x0, y0, x1, y1], across, down, interpolation, downFirst) {
  const { bytes, channels, width, height } = picture;
  const columns = weights(width, x0, x1, across, interpolation);
  const rows = weights(height, y0, y1, down, interpolation);
  if (downFirst && down < height && height - down > 2 * (width - across)) {
    return alongRows({ ...picture, bytes: alongColumns(picture, rows), height: down }, columns);
  }
  const first = rows[0].start;
  const last = rows[down - 1].start + rows[down - 1].of.length;
  const needed = { bytes: bytes.subarray(first * width * channels), channels, width, height: last - first };
  const strip = { bytes: alongRows(needed, columns), channels, width: across };
  return alongColumns(strip, rows.map(({ start, of }) => ({ start: start - first, of })));
}

function alongRows({ bytes, channels, width, height }, columns) {
  const made = new Uint8Array(height * columns.length * channels);
  for (let y = 0, to = 0; y < height; y++) {
    for (const { start, of } of columns) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 1 << (BITS - 1);
        for (let k = 0, from = (y * width + start) * channels + channel; k < of.length; k++, from += channels) {
          sum += bytes[from] * of[k];
        }
        made[to++] = clipped(sum);
      }
    }
  }
  return made;
}

function alongColumns({ bytes, channels, width }, rows) {
  const stride = width * channels;
  const made = new Uint8Array(rows.length * stride);
  let to = 0;
  for (const { start, of } of rows) {
    for (let x = 0; x < stride; x++) {
      let sum = 1 << (BITS - 1);
      for (let k = 0, from = start * stride + x; k < of.length; k++, from += stride) sum += bytes[from] * of[k];
      made[to++] = clipped(sum);
    }
  }
  return made;
}

function clipped(sum) {
  const value = sum >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** For each place of the result where its part of the row starts, and the weights of what is in it. */
function weights(length, from, to, count, interpolation) {
  const filter = FILTERS[interpolation];
  const scale = (to - from) / count;
  const widened = Math.max(1, scale);
  const reach = filter.support * widened;
  return Array.from({ length: count }, (_, place) => {
    const center = from + (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(length, Math.trunc(center + reach + 0.5));
    const raw = Array.from({ length: end - start }, (_, k) => filter.of((k + start - center + 0.5) * (1 / widened)));
    const sum = raw.reduce((left, right) => left + right, 0);
    return { start, of: Int32Array.from(raw, (weight) => fixed(sum ? weight * (1 / sum) : weight)) };
  });
}

function fixed(weight) {
  return Math.trunc(weight * (1 << BITS) + (weight < 0 ? -0.5 : 0.5));
}

/** Blocks of whole pixels averaged as long as the picture is far larger than the result; and the box in what is left. */
function averaged(picture, [x0, y0, x1, y1], across, down) {
  const block = (length, count) => Math.max(1, Math.trunc(length / count / SHARP_LEAVES));
  const [wide, high] = [block(x1 - x0, across), block(y1 - y0, down)];
  if (wide === 1 && high === 1) return [picture, [x0, y0, x1, y1]];
  const [left, top] = [Math.max(Math.floor(x0) - wide, 0), Math.max(Math.floor(y0) - high, 0)];
  const right = Math.min(Math.ceil(x1) + wide, picture.width);
  const bottom = Math.min(Math.ceil(y1) + high, picture.height);
  const inside = [(x0 - left) / wide, (y0 - top) / high, (x1 - left) / wide, (y1 - top) / high];
  return [reduced(picture, [left, top, right, bottom], wide, high), inside];
}

/** The averages of blocks, those at the right and at the bottom of what there is: src/libImaging/Reduce.c */
function reduced({ bytes, channels, width }, [left, top, right, bottom], wide, high) {
  const [columns, rows] = [Math.ceil((right - left) / wide), Math.ceil((bottom - top) / high)];
  const made = new Uint8Array(columns * rows * channels);
  for (let row = 0, to = 0; row < rows; row++) {
    const [y0, y1] = [top + row * high, Math.min(top + (row + 1) * high, bottom)];
    for (let column = 0; column < columns; column++) {
      const [x0, x1] = [left + column * wide, Math.min(left + (column + 1) * wide, right)];
      const count = (y1 - y0) * (x1 - x0);
      const share = Math.trunc(Math.fround(2 ** 24 / count));
      for (let channel = 0; channel < channels; channel++) {
        let sum = Math.trunc(count / 2);
        for (let y = y0; y < y1; y++) {
          for (let x = x0, from = (y * width + x0) * channels + channel; x < x1; x++, from += channels) sum += bytes[from];
        }
        made[to++] = Math.floor((sum * share) / 2 ** 24);
      }
    }
  }
  return { bytes: made, channels, width: columns, height: rows };
}

/** Bilinear between the four pixels around the middle of each: src/libImaging/Geometry.c */
function sampled({ bytes, channels, width, height }, [x0, y0], across, down, [horizontal, vertical]) {
  const made = new Uint8Array(across * down * channels);
  const columns = Array.from({ length: across }, (_, x) => between(horizontal * (x + 0.5) + x0 - 0.5, width));
  for (let row = 0, to = 0; row < down; row++) {
    const [above, below, sink] = between(vertical * (row + 0.5) + y0 - 0.5, height);
    for (const [left, right, shift] of columns) {
      for (let channel = 0; channel < channels; channel++) {
        const at = (y, x) => bytes[(y * width + x) * channels + channel];
        const upper = at(above, left) + (at(above, right) - at(above, left)) * shift;
        const lower = at(below, left) + (at(below, right) - at(below, left)) * shift;
        made[to++] = upper + (lower - upper) * sink;
      }
    }
  }
  return made;
}

/** The two places that a place lies between, inside of the picture, and how far it is on the way to the second. */
function between(place, length) {
  const first = Math.floor(place);
  const inside = (one) => Math.min(length - 1, Math.max(0, one));
  return [inside(first), inside(first + 1), place - first];
}
