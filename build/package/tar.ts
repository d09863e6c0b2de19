/** Archives in the ustar format (POSIX.1-2001, pax), the same bytes for the same files: no names of users, no times but the one given. Pure. */

/** A file of an archive. */
export interface TarFile {
  /** From the archive's root, with slashes, at most 100 bytes. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

const BLOCK = 512;
const NAME_MAX = 100;
const OWNER_NAME = "root";

/** An archive of these files, in their order, all of the same time in seconds since 1970. Throws for a path that does not fit. */
export function tarOf(files: readonly TarFile[], timeSeconds: number): Buffer {
  const parts = files.flatMap(({ path, bytes, mode }) => {
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [header({ path, mode, size: bytes.length, timeSeconds }), bytes, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

type Entry = {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly timeSeconds: number;
};

/** A path that ends with a slash is a folder. */
function header({ path, mode, size, timeSeconds }: Entry): Buffer {
  if (Buffer.byteLength(path) > NAME_MAX) {
    throw new Error(`${path} is longer than ${NAME_MAX} bytes`);
  }
  const block = Buffer.alloc(BLOCK);
  block.write(path, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(timeSeconds, 12), 136);
  block.write(path.endsWith("/") ? "5" : "0", 156);
  block.write("ustar", 257);
  block.write("00", 263);
  block.write(OWNER_NAME, 265);
  block.write(OWNER_NAME, 297);
  // The checksum counts itself as spaces.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}
