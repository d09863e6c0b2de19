import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateSync } from "node:zlib";

import { readPng, smallPng } from "../../build/ui/shots/small-png.ts";

const WIDTH = 40;
const HEIGHT = 30;

/** A PNG of RGB whose rows are filtered each in another of the five ways, as encoders do. */
function pngOf(rgb: Uint8Array): Buffer {
  const rowBytes = WIDTH * 3;
  const rows = Buffer.alloc((rowBytes + 1) * HEIGHT);
  for (let row = 0; row < HEIGHT; row += 1) {
    const filter = row % 5;
    rows[row * (rowBytes + 1)] = filter;
    for (let at = 0; at < rowBytes; at += 1) {
      const to = row * rowBytes + at;
      const left = at < 3 ? 0 : (rgb[to - 3] ?? 0);
      const above = row === 0 ? 0 : (rgb[to - rowBytes] ?? 0);
      const corner = at < 3 || row === 0 ? 0 : (rgb[to - rowBytes - 3] ?? 0);
      const guess = left + above - corner;
      const paeth = [left, above, corner].toSorted(
        (a, b) => Math.abs(guess - a) - Math.abs(guess - b),
      )[0];
      const before = [0, left, above, (left + above) >> 1, paeth ?? 0][filter] ?? 0;
      rows[row * (rowBytes + 1) + 1 + at] = (rgb[to] ?? 0) - before;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(WIDTH, 0);
  head.writeUInt32BE(HEIGHT, 4);
  head.set([8, 2], 8);
  const chunk = (name: string, body: Buffer): Buffer => {
    const named = Buffer.concat([Buffer.from(name), body]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(body.length, 0);
    ends.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
  };
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows))]);
}

function filled(colourOf: (pixel: number) => readonly number[]): Uint8Array {
  return new Uint8Array(
    Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => colourOf(pixel)).flat(),
  );
}

test("a picture of few colours stays what it is, whatever its rows were filtered with", () => {
  const rgb = filled((pixel) => [(pixel * 7) % 16, (pixel % 3) * 100, pixel % 2]);
  const png = pngOf(rgb);
  assert.deepEqual(readPng(png).rgb, rgb);
  const read = readPng(smallPng(png));
  assert.deepEqual([read.width, read.height], [WIDTH, HEIGHT]);
  assert.deepEqual(read.rgb, rgb);
});

test("a dot of another colour keeps it among more shades than a palette has", () => {
  const dot = [15, 107, 58];
  const rgb = filled((pixel) =>
    pixel === 777 ? dot : [128 + (pixel % 32), 128 + (pixel >> 5), 200],
  );
  const { rgb: small } = readPng(smallPng(pngOf(rgb)));
  assert.deepEqual([...small.subarray(777 * 3, 778 * 3)], dot);
  const furthest = Math.max(...[...rgb].map((part, at) => Math.abs(part - (small[at] ?? 0))));
  assert.ok(furthest <= 24, `${furthest}`);
});
