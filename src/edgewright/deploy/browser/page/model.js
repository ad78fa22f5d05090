// The model: its file, what model.json says of it, and LiteRT in WebAssembly that runs it.
//
//   import { model } from "./model.js";
//   const opened = await model();
//   const found = await opened.look(await decoded(file));   // { results, milliseconds }

import { Tensor, loadAndCompile, loadLiteRt } from "@litertjs/core";
import { classes, dequantized, things } from "./decoding.js";
import { fitted, placed } from "./pictures.js";

// A function that makes a vector of 128 bits: https://github.com/GoogleChromeLabs/wasm-feature-detect
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

let opened;

/** The one model of the page, opened when it is first asked for. */
export function model() {
  opened ??= open();
  return opened;
}

async function open() {
  checkBrowser();
  const [said, file] = await Promise.all([fetched("model.json"), fetched("model.tflite")]);
  const description = await said.json();
  const bytes = new Uint8Array(await file.arrayBuffer());
  await loadLiteRt(new URL("./litert/core/wasm/", import.meta.url).href);
  return new Model(description, await loadAndCompile(bytes, { accelerator: "wasm" }));
}

export class Model {
  constructor(said, compiled) {
    this.said = said;
    this.compiled = compiled;
    this.tables = said.pixels.values.map((column) => arrayOf(said.input.dtype).from(column));
  }

  /** What is in a picture { data: RGBA, width, height }. */
  async look(picture) {
    const start = performance.now();
    const placement = placed(picture, this.said.pixels);
    const results = await this.ofPixels(fitted(picture, placement, this.said.pixels), placement, picture);
    return { results, milliseconds: performance.now() - start };
  }

  /** The same of bytes that fit already: height x width x channels. */
  async ofPixels(pixels, placement = this.plain, picture = this.asPicture) {
    const outputs = await this.run(this.values(pixels));
    const { decoding, pixels: taken } = this.said;
    return decoding.boxes === undefined ? classes(outputs, decoding) : things(outputs, decoding, placement, picture, taken.size);
  }

  /** The numbers of the input for bytes of a picture. */
  values(pixels) {
    const { channels, layout, size } = this.said.pixels;
    const made = new (arrayOf(this.said.input.dtype))(pixels.length);
    const area = size[0] * size[1];
    for (let place = 0; place < pixels.length; place++) {
      const channel = place % channels;
      const to = layout === "NCHW" ? channel * area + (place - channel) / channels : place;
      made[to] = this.tables[channel][pixels[place]];
    }
    return made;
  }

  /** Real numbers of every output, for the numbers of the input. */
  async run(values) {
    const input = new Tensor(values, this.said.input.shape);
    try {
      const given = await this.compiled.run([input]);
      return given.map((tensor, place) => {
        const stored = tensor.toTypedArray();
        tensor.delete();
        return dequantized(stored, this.said.outputs[place]);
      });
    } finally {
      input.delete();
    }
  }

  get plain() {
    const [height, width] = this.said.pixels.size;
    return { box: [0, 0, width, height], region: [0, 0, width, height] };
  }

  get asPicture() {
    const [height, width] = this.said.pixels.size;
    return { width, height };
  }
}

function arrayOf(dtype) {
  return dtype === "uint8" ? Uint8Array : Float32Array;
}

async function fetched(name) {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`${name} is not beside this page (${answer.status})`);
  return answer;
}

function checkBrowser() {
  const missing = typeof WebAssembly !== "object" ? "WebAssembly" : !WebAssembly.validate(new Uint8Array(SIMD)) ? "WebAssembly with SIMD" : "";
  if (missing) throw new Error(`this browser has no ${missing}; Chrome 91, Firefox 108, Safari 16.4 and later ones have it`);
}
