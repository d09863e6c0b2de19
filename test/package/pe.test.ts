import assert from "node:assert/strict";
import { test } from "node:test";

import { readPe, unsignPe } from "../../build/package/pe.ts";

const SECTION = { address: 0x1000, offset: 0x400, size: 0x200 };
const HIGH_BIT = 0x80000000;

/** The least that is a Windows executable: a section that holds the resource tree RT_RCDATA / "PART" / neutral, and a signature of so many bytes. */
function pe(signatureBytes: number): Buffer {
  const file = Buffer.alloc(SECTION.offset + SECTION.size + signatureBytes);
  file.writeUInt32LE(0x80, 0x3c);
  file.writeUInt32LE(0x4550, 0x80);
  const [coff, optional] = [0x84, 0x98];
  file.writeUInt16LE(0x8664, coff);
  file.writeUInt16LE(1, coff + 2);
  file.writeUInt16LE(240, coff + 16);
  file.writeUInt16LE(0x20b, optional);
  file.writeUInt32LE(0x1234, optional + 64);
  file.writeUInt32LE(SECTION.address, optional + 112 + 2 * 8);
  if (signatureBytes > 0) {
    file.writeUInt32LE(SECTION.offset + SECTION.size, optional + 112 + 4 * 8);
    file.writeUInt32LE(signatureBytes, optional + 112 + 4 * 8 + 4);
  }
  const row = optional + 240;
  file.writeUInt32LE(SECTION.address, row + 12);
  file.writeUInt32LE(SECTION.size, row + 16);
  file.writeUInt32LE(SECTION.offset, row + 20);
  const tree = file.subarray(SECTION.offset);
  tree.writeUInt16LE(1, 14);
  tree.writeUInt32LE(10, 16);
  tree.writeUInt32LE(0x20 + HIGH_BIT, 20);
  tree.writeUInt16LE(1, 0x20 + 12);
  tree.writeUInt32LE(0x80 + HIGH_BIT, 0x20 + 16);
  tree.writeUInt16LE(4, 0x80);
  tree.write("PART", 0x82, "utf16le");
  return file;
}

test("resources are found by name", () => {
  const read = readPe(pe(0));
  assert.deepEqual([read.machine, read.resources, read.signature.size], [0x8664, ["PART"], 0]);
});

test("a signature is taken off with its entry and the checksum, and nothing else", () => {
  const unsigned = unsignPe(pe(64));
  const plain = pe(0);
  plain.writeUInt32LE(0, 0x98 + 64);
  assert.ok(unsigned.equals(plain));
  assert.ok(unsignPe(unsigned).equals(unsigned));
});

test("a signature with something behind it is left alone, loudly", () => {
  assert.throws(
    () => unsignPe(Buffer.concat([pe(64), Buffer.alloc(1)])),
    /not the end of the file/,
  );
});

test("what is no Windows executable of 64 bits is refused", () => {
  assert.throws(() => readPe(Buffer.alloc(512)), /no Windows executable/);
});
