/**
 * An ad-hoc signature as Apple silicon asks of everything it runs: a CodeDirectory with the hashes of all pages and nobody's name
 * (layout: osfmk/kern/cs_blobs.h of XNU; the same as the linkers of LLVM and Go write). It has to be made anew because Node's own one
 * does not cover what is put in. Pure.
 */
import { createHash } from "node:crypto";

import { LC_CODE_SIGNATURE, readMachO, segmentOf, type MachO } from "./mach-o.ts";

const PAGE_BITS = 12;
const PAGE = 2 ** PAGE_BITS;
/** What LINKEDIT's size in memory is rounded up to: a page of Apple silicon. */
const MEMORY_PAGE = 0x4000;
const SUPER_BLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const SUPER_BLOB_BYTES = 20;
/** Of a CodeDirectory of version 0x20400, the first that says where executable code lies. */
const DIRECTORY_BYTES = 88;
const DIRECTORY_VERSION = 0x20400;
const FLAG_ADHOC = 2;
const HASH_SHA256 = 2;
const HASH_BYTES = 32;
const EXEC_SEGMENT_MAIN_BINARY = 1n;
const COMMAND_BYTES = 16;

/** The file with an ad-hoc signature, in place of one that it has. `identifier` is the program's name in it. Throws where there is no room for it. */
export function signMachO(file: Buffer, identifier: string): Buffer {
  const code = withRoom(file);
  const { signature } = readMachO(code);
  if (signature === undefined) throw new Error("no load command for the signature");
  const limit = code.length;
  const name = Buffer.from(`${identifier}\0`);
  const pages = Math.ceil(limit / PAGE);
  const bytes = SUPER_BLOB_BYTES + DIRECTORY_BYTES + name.length + HASH_BYTES * pages;
  const size = aligned(bytes, 16);
  code.writeUInt32LE(limit, signature.command + 8);
  code.writeUInt32LE(size, signature.command + 12);
  const link = segmentOf(readMachO(code), "__LINKEDIT");
  const linkSize = limit + size - link.offset;
  code.writeBigUInt64LE(BigInt(linkSize), link.command + 48);
  code.writeBigUInt64LE(BigInt(aligned(linkSize, MEMORY_PAGE)), link.command + 32);
  const blob = Buffer.concat([
    numbers(SUPER_BLOB, bytes, 1, 0, SUPER_BLOB_BYTES),
    directory(readMachO(code), { name, pages, limit }),
    name,
    ...pageHashes(code),
  ]);
  return Buffer.concat([code, blob, Buffer.alloc(size - blob.length)]);
}

const aligned = (value: number, to: number): number => Math.ceil(value / to) * to;

/** A copy without a signature, but with the load command for one, ending where a signature may begin. */
function withRoom(file: Buffer): Buffer {
  const { signature, commandsEnd, segments } = readMachO(file);
  const end = signature?.offset ?? file.length;
  const code = Buffer.concat([file.subarray(0, end), Buffer.alloc(aligned(end, 16) - end)]);
  if (signature !== undefined) return code;
  const starts = segments.flatMap(({ sections }) => sections.map(({ offset }) => offset));
  const first = Math.min(...starts.filter((offset) => offset > 0));
  if (commandsEnd + COMMAND_BYTES > first) {
    throw new Error(`no room for a signature's command: ${first - commandsEnd} bytes`);
  }
  code.writeUInt32LE(LC_CODE_SIGNATURE, commandsEnd);
  code.writeUInt32LE(COMMAND_BYTES, commandsEnd + 4);
  code.writeUInt32LE(code.readUInt32LE(16) + 1, 16);
  code.writeUInt32LE(code.readUInt32LE(20) + COMMAND_BYTES, 20);
  return code;
}

type Signed = { readonly name: Buffer; readonly pages: number; readonly limit: number };

function directory(file: MachO, { name, pages, limit }: Signed): Buffer {
  const text = segmentOf(file, "__TEXT");
  const hashesAt = DIRECTORY_BYTES + name.length;
  return Buffer.concat([
    numbers(CODE_DIRECTORY, hashesAt + HASH_BYTES * pages, DIRECTORY_VERSION, FLAG_ADHOC),
    numbers(hashesAt, DIRECTORY_BYTES, 0, pages, limit),
    Buffer.from([HASH_BYTES, HASH_SHA256, 0, PAGE_BITS]),
    // No scatter, no team, no limit above 4 GB.
    numbers(0, 0, 0, 0, 0, 0),
    longs(BigInt(text.offset), BigInt(text.size), EXEC_SEGMENT_MAIN_BINARY),
  ]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [nth, value] of values.entries()) bytes.writeUInt32BE(value, 4 * nth);
  return bytes;
}

function longs(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [nth, value] of values.entries()) bytes.writeBigUInt64BE(value, 8 * nth);
  return bytes;
}

function pageHashes(code: Buffer): readonly Buffer[] {
  const pages = Math.ceil(code.length / PAGE);
  return Array.from({ length: pages }, (_, nth) =>
    createHash("sha256")
      .update(code.subarray(nth * PAGE, (nth + 1) * PAGE))
      .digest(),
  );
}

/**
 * What is wrong with a file's signature, or nothing: read back by the headers it has, whoever wrote it, with hashes of SHA-1 or SHA-256.
 */
export function signatureProblems(file: Buffer): readonly string[] {
  const { signature } = readMachO(file);
  if (signature === undefined) return ["not signed"];
  const { offset, size } = signature;
  if (file.readUInt32BE(offset) !== SUPER_BLOB) return ["no signature where the header says"];
  const blobs = Array.from({ length: file.readUInt32BE(offset + 8) }, (_, nth) =>
    file.subarray(offset + file.readUInt32BE(offset + 16 + 8 * nth), offset + size),
  );
  const directories = blobs.filter((blob) => blob.readUInt32BE(0) === CODE_DIRECTORY);
  const link = segmentOf(readMachO(file), "__LINKEDIT");
  return [
    ...(directories.length === 0 ? ["the signature has no CodeDirectory"] : []),
    ...(offset + size === file.length ? [] : ["the signature is not the end of the file"]),
    ...(link.offset + link.size === file.length ? [] : ["__LINKEDIT is not the end of the file"]),
    ...directories.flatMap((blob) => directoryProblems(file, blob)),
  ];
}

function directoryProblems(file: Buffer, blob: Buffer): readonly string[] {
  const [hashesAt, pages, limit] = [16, 28, 32].map((at) => blob.readUInt32BE(at)) as [
    number,
    number,
    number,
  ];
  const hashBytes = blob.readUInt8(36);
  const algorithm = blob.readUInt8(37) === HASH_SHA256 ? "sha256" : "sha1";
  const page = 2 ** blob.readUInt8(39);
  const wrong = Array.from({ length: pages }, (_, nth) => nth).filter((nth) => {
    const bytes = file.subarray(nth * page, Math.min((nth + 1) * page, limit));
    const hash = createHash(algorithm).update(bytes).digest().subarray(0, hashBytes);
    return !hash.equals(
      blob.subarray(hashesAt + nth * hashBytes, hashesAt + (nth + 1) * hashBytes),
    );
  });
  const isWhole = pages === Math.ceil(limit / page);
  return [
    ...(isWhole ? [] : [`${pages} pages of ${page} bytes do not cover ${limit}`]),
    ...wrong.map((nth) => `page ${nth} is not what was signed`),
  ];
}
