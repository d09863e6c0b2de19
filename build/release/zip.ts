/** Archives in the zip format (PKWARE APPNOTE 6.3.9), the same bytes for the same files. Pure. */
import { crc32, deflateRawSync } from "node:zlib";

import type { TarFile } from "../package/tar.ts";

const DEFLATED = 8;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** Made on Unix, whose modes stand in the upper half of the attributes. */
const MADE_BY = 0x0314;
const VERSION = 20;
const REGULAR_FILE = 0o100000;
const LEVEL = 6;

/** A zip archive of these files, all of the same time in seconds since 1970, which it keeps to two seconds and from 1980 on. */
export function zipOf(files: readonly TarFile[], timeSeconds: number): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, bytes, mode } of files) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(bytes, { level: LEVEL });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(FLAGS, 2);
    common.writeUInt16LE(DEFLATED, 4);
    common.writeUInt32LE(dosTime(timeSeconds), 6);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(numbers(0x04034b50), common, name, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((REGULAR_FILE | mode) << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(MADE_BY);
    directory.push(numbers(0x02014b50), madeBy, common, rest, name);
    offset += 30 + name.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, numbers(0x06054b50), end]);
}

function numbers(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Time in the low half, date in the high one. */
function dosTime(timeSeconds: number): number {
  const time = new Date(timeSeconds * 1_000);
  const year = Math.max(time.getUTCFullYear() - 1980, 0);
  const date = (year << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock =
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}
