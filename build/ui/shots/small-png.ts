/** Makes a screenshot small: its colours as a palette, which a page of text and lines hardly shows. Pure. */
import { crc32, deflateSync, inflateSync } from "node:zlib";

/** Colours of a palette. */
const COLOURS_MAX = 256;
/** Colours that are told apart at a glance: the square of their distance. */
const UNLIKE = 24 ** 2;
const RGB_BYTES = 3;
const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const TRUE_COLOUR = 2;
const INDEXED = 3;
const HEAD_BYTES = 13;

/** Pixels as red, green and blue, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** The same picture with a palette of 256 of its colours; others become the nearest of them. Throws for a PNG that is not 8-bit RGB. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, rgb } = readPng(png);
  const counts = new Map<number, number>();
  for (let at = 0; at < rgb.length; at += RGB_BYTES) {
    const colour = colourAt(rgb, at);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const byCount = [...counts.entries()].toSorted(([, a], [, b]) => b - a).map(([one]) => one);
  const palette = paletteOf(byCount);
  const places = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]));
  // Each row begins with its filter: none, which packs indices best.
  const rows = Buffer.alloc((width + 1) * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const row = Math.floor(pixel / width);
    rows[pixel + row + 1] = places.get(colourAt(rgb, pixel * RGB_BYTES)) ?? 0;
  }
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head(width, height)),
    chunk("PLTE", Buffer.from(palette.flatMap(partsOf))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Reads an 8-bit PNG with or without a palette, as Chromium and `smallPng` write it. Throws for any other. */
export function readPng(png: Buffer): Picture {
  const parts = chunksOf(png);
  const ihdr = parts.get("IHDR") ?? Buffer.alloc(HEAD_BYTES);
  const [width, height] = [ihdr.readUInt32BE(0), ihdr.readUInt32BE(4)];
  const [depth, kind, , , interlace] = ihdr.subarray(8);
  if (depth !== 8 || (kind !== TRUE_COLOUR && kind !== INDEXED) || interlace !== 0) {
    throw new Error("the picture is not an 8-bit PNG of RGB or a palette");
  }
  const size = kind === INDEXED ? 1 : RGB_BYTES;
  const bytes = unfiltered(inflateSync(parts.get("IDAT") ?? Buffer.alloc(0)), {
    rowBytes: width * size,
    height,
    size,
  });
  const palette = parts.get("PLTE");
  if (kind === TRUE_COLOUR || palette === undefined) return { width, height, rgb: bytes };
  const rgb = new Uint8Array(width * height * RGB_BYTES);
  bytes.forEach((place, at) =>
    rgb.set(palette.subarray(place * RGB_BYTES, (place + 1) * RGB_BYTES), at * RGB_BYTES),
  );
  return { width, height, rgb };
}

function chunksOf(png: Buffer): ReadonlyMap<string, Buffer> {
  const parts = new Map<string, Buffer>();
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    parts.set(name, Buffer.concat([parts.get(name) ?? Buffer.alloc(0), body]));
    at += length + 12;
  }
  return parts;
}

type Rows = { readonly rowBytes: number; readonly height: number; readonly size: number };

/** Undoes what each row says it was filtered with (PNG specification, 9.2). */
function unfiltered(rows: Buffer, { rowBytes, height, size }: Rows): Uint8Array {
  const out = new Uint8Array(rowBytes * height);
  for (let row = 0; row < height; row += 1) {
    const filter = rows[row * (rowBytes + 1)] ?? 0;
    for (let at = 0; at < rowBytes; at += 1) {
      const to = row * rowBytes + at;
      const left = at < size ? 0 : (out[to - size] ?? 0);
      const above = row === 0 ? 0 : (out[to - rowBytes] ?? 0);
      const corner = row === 0 || at < size ? 0 : (out[to - rowBytes - size] ?? 0);
      const before = foretold(filter, { left, above, corner });
      out[to] = (rows[row * (rowBytes + 1) + 1 + at] ?? 0) + before;
    }
  }
  return out;
}

type Around = { readonly left: number; readonly above: number; readonly corner: number };

function foretold(filter: number, { left, above, corner }: Around): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const guess = left + above - corner;
  const [a, b, c] = [left, above, corner].map((one) => Math.abs(guess - one)) as [
    number,
    number,
    number,
  ];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

function colourAt(rgb: Uint8Array, at: number): number {
  return ((rgb[at] ?? 0) << 16) | ((rgb[at + 1] ?? 0) << 8) | (rgb[at + 2] ?? 0);
}

function partsOf(colour: number): readonly [number, number, number] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

/** Those that are unlike the others first, so that a dot of another colour keeps it; then the most frequent ones. */
function paletteOf(byCount: readonly number[]): readonly number[] {
  const palette: number[] = [];
  for (const colour of byCount) {
    if (palette.length === COLOURS_MAX) return palette;
    if (palette.every((one) => apart(one, colour) >= UNLIKE)) palette.push(colour);
  }
  const taken = new Set(palette);
  return [...palette, ...byCount.filter((one) => !taken.has(one))].slice(0, COLOURS_MAX);
}

/** Square of the distance of two colours. */
function apart(one: number, other: number): number {
  const parts = partsOf(other);
  return partsOf(one).reduce((sum, part, at) => sum + (part - (parts[at] ?? 0)) ** 2, 0);
}

function nearest(palette: readonly number[], colour: number): number {
  let best = 0;
  let least = Infinity;
  palette.forEach((one, place) => {
    const far = apart(one, colour);
    if (far < least) [best, least] = [place, far];
  });
  return best;
}

function head(width: number, height: number): Buffer {
  const ihdr = Buffer.alloc(HEAD_BYTES);
  ihdr.writeUInt32BE(width, 0);
  ihdr.writeUInt32BE(height, 4);
  ihdr.set([8, INDEXED, 0, 0, 0], 8);
  return ihdr;
}

function chunk(name: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
