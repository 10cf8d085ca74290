"use strict";

// The pictures of texts that stand in for a photo, as pages draw them: a sum of waves, each of
// some colour. Both texts are described by their references, github.com/evanw/thumbhash and
// github.com/woltapp/blurhash.

// drawn is the longer side of such a picture in pixels: a blur has no more to show.
const drawn = 32;

// drawStandIn resolves to the picture of a text in a format of a preset, as a PNG.
async function drawStandIn(format, text) {
  const { width, height, colour } = format === "thumbhash" ? thumbHash(text) : blurHash(text);
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set(colour(x, y).map((v) => v * 255), 4 * (y * width + x));
  }
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return new Promise((done) => { canvas.toBlob(done); });
}

// dataAddress resolves to the data: address of a picture, which a page may have in its HTML.
function dataAddress(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

function thumbHash(text) {
  const hash = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const head = hash[0] | hash[1] << 8 | hash[2] << 16;
  const tail = hash[3] | hash[4] << 8;
  const alpha = head >> 23;
  const most = alpha ? 5 : 7;
  const [lx, ly] = tail >> 15 ? [most, tail & 7] : [tail & 7, most];
  const width = Math.round(drawn * Math.min(1, lx / ly));
  const height = Math.round(drawn * Math.min(1, ly / lx));
  let next = alpha ? 12 : 10; // of the hash's halves of bytes
  const channel = (mean, scale, nx, ny) => {
    const terms = [];
    for (let cy = 0; cy < ny; cy++) {
      for (let cx = cy ? 0 : 1; cx * ny < nx * (ny - cy); cx++) {
        const term = hash[next >> 1] >> 4 * (next++ & 1) & 15;
        terms.push([cx, cy, 2 * scale * (term / 7.5 - 1)]);
      }
    }
    return (x, y) => terms.reduce((sum, [cx, cy, v]) =>
      sum + v * Math.cos(Math.PI * cx * (x + 0.5) / width) * Math.cos(Math.PI * cy * (y + 0.5) / height), mean);
  };
  const luma = channel((head & 63) / 63, (head >> 18 & 31) / 31, Math.max(3, lx), Math.max(3, ly));
  // A quarter more, because colours lose by the rounding.
  const yellow = channel((head >> 6 & 63) / 31.5 - 1, 1.25 * (tail >> 3 & 63) / 63, 3, 3);
  const red = channel((head >> 12 & 63) / 31.5 - 1, 1.25 * (tail >> 9 & 63) / 63, 3, 3);
  const opacity = alpha ? channel((hash[5] & 15) / 15, (hash[5] >> 4) / 15, 5, 5) : () => 1;
  const colour = (x, y) => {
    const [l, p, q] = [luma(x, y), yellow(x, y), red(x, y)];
    const b = l - 2 / 3 * p;
    const r = (3 * l - b + q) / 2;
    return [r, r - q, b, opacity(x, y)];
  };
  return { width, height, colour };
}

function blurHash(text) {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
  const number = (from, to) => [...text.slice(from, to)].reduce((n, digit) => 83 * n + digits.indexOf(digit), 0);
  const light = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const bright = (v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
  const across = number(0, 1) % 9 + 1;
  const down = Math.floor(number(0, 1) / 9) + 1;
  const scale = (number(1, 2) + 1) / 166;
  const mean = number(2, 6);
  const factors = [[mean >> 16, mean >> 8 & 255, mean & 255].map((v) => light(v / 255))];
  for (let i = 1; i < across * down; i++) {
    const n = number(4 + 2 * i, 6 + 2 * i);
    factors.push([Math.floor(n / 361), Math.floor(n / 19) % 19, n % 19].map((step) => Math.sign(step - 9) * ((step - 9) / 9) ** 2 * scale));
  }
  const width = Math.round(drawn * Math.min(1, across / down));
  const height = Math.round(drawn * Math.min(1, down / across));
  const colour = (x, y) => {
    const sum = [0, 0, 0];
    factors.forEach((factor, i) => {
      const wave = Math.cos(Math.PI * x * (i % across) / width) * Math.cos(Math.PI * y * Math.floor(i / across) / height);
      factor.forEach((v, c) => { sum[c] += v * wave; });
    });
    return [...sum.map(bright), 1];
  };
  return { width, height, colour };
}
