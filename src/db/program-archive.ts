import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { zstdDecompressSync } from "node:zlib";

import { buildFacts, embeddedAsset } from "../lib/executable.ts";
import { invariant } from "../lib/invariant.ts";

/** PostgreSQL's programs as a single executable carries them. */
export interface ProgramArchive {
  /** Of the compressed bytes; names the content. */
  readonly sha256: string;
  /** Writes the files into an empty folder. */
  readonly unpack: (into: string) => void;
}

/** Name of the asset: a tar archive of files alone, compressed by zstd. */
export const ARCHIVE_ASSET = "postgresql.tar.zst";

/** The archive in the executable that we run from; undefined in a checkout. */
export function programArchive(): ProgramArchive | undefined {
  const bytes = embeddedAsset(ARCHIVE_ASSET);
  const sha256 = buildFacts()?.postgresql?.sha256;
  if (bytes === undefined || sha256 === undefined) return undefined;
  return { sha256, unpack: (into) => unpackTar(zstdDecompressSync(bytes), into) };
}

const BLOCK = 512;

/** Writes the files of a ustar archive (POSIX.1-2001, pax) with their modes. Takes nothing else, and no path that leaves `into`. */
export function unpackTar(archive: Buffer, into: string): void {
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const text = (start: number, length: number): string =>
      archive.toString("utf8", at + start, at + start + length).replace(/\0.*$/s, "");
    const path = normalize(text(0, 100));
    const size = Number.parseInt(text(124, 12), 8);
    invariant(text(156, 1) === "0" && size >= 0, `the archive holds ${path}, which is no file`);
    invariant(!/^(?:\.\.|\/)/.test(path), `the archive holds ${path}, which leaves it`);
    const file = join(into, path);
    mkdirSync(dirname(file), { recursive: true });
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    writeFileSync(file, content, { mode: Number.parseInt(text(100, 8), 8) });
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
}
