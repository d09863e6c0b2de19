/** Windows executables of 64 bits (Microsoft PE/COFF specification): what they hold, and how to take a signature off. Pure. */

/** A Windows executable as far as it concerns us. */
export interface Pe {
  readonly machine: number;
  /** Where an Authenticode signature lies; size 0: nowhere. */
  readonly signature: { readonly offset: number; readonly size: number };
  /** Names of the resources of type RT_RCDATA that have names. */
  readonly resources: readonly string[];
  /** Bytes of the file that some section or the signature takes. */
  readonly end: number;
}

/** RT_RCDATA: data that the program knows how to read. */
const RAW_RESOURCE = 10;
/** Set in a directory's offset where it leads to another directory, and in a name where it is a text. */
const HIGH_BIT = 0x80000000;
/** Data directories by their place in the optional header. */
const RESOURCE_DIRECTORY = 2;
const SIGNATURE_DIRECTORY = 4;

/** Reads the headers. Throws for a file that is no Windows executable of 64 bits. */
export function readPe(file: Buffer): Pe {
  const { coff, optional } = headersOf(file);
  const sectionsAt = optional + file.readUInt16LE(coff + 16);
  const sections = Array.from({ length: file.readUInt16LE(coff + 2) }, (_, nth) => {
    const at = sectionsAt + 40 * nth;
    return {
      address: file.readUInt32LE(at + 12),
      size: file.readUInt32LE(at + 16),
      offset: file.readUInt32LE(at + 20),
    };
  });
  const signature = directoryOf(file, SIGNATURE_DIRECTORY);
  const resourceAt = directoryOf(file, RESOURCE_DIRECTORY).offset;
  const home = sections.find(
    ({ address, size }) => resourceAt >= address && resourceAt < address + size,
  );
  const tree = home === undefined ? undefined : home.offset + resourceAt - home.address;
  return {
    machine: file.readUInt16LE(coff),
    signature,
    resources: tree === undefined ? [] : namesUnder(file, tree),
    end: Math.max(
      signature.offset + signature.size,
      ...sections.map(({ offset, size }) => offset + size),
    ),
  };
}

/**
 * The file without its signature, which speaks of a file without our part and would make Windows call it tampered with. Throws
 * where the signature is not the end of the file.
 */
export function unsignPe(file: Buffer): Buffer {
  const { offset, size } = directoryOf(file, SIGNATURE_DIRECTORY);
  if (size === 0) return file;
  if (offset + size !== file.length) throw new Error("the signature is not the end of the file");
  const unsigned = Buffer.from(file.subarray(0, offset));
  const entry = directoryEntry(unsigned, SIGNATURE_DIRECTORY);
  unsigned.writeBigUInt64LE(0n, entry);
  // The checksum of the whole; Windows reads it of drivers only, and 0 says that there is none.
  unsigned.writeUInt32LE(0, headersOf(unsigned).optional + 64);
  return unsigned;
}

function headersOf(file: Buffer): { readonly coff: number; readonly optional: number } {
  const at = file.readUInt32LE(0x3c);
  const isPe = file.readUInt32LE(at) === 0x4550 && file.readUInt16LE(at + 24) === 0x20b;
  if (!isPe) throw new Error("no Windows executable of 64 bits");
  return { coff: at + 4, optional: at + 24 };
}

function directoryEntry(file: Buffer, nth: number): number {
  return headersOf(file).optional + 112 + 8 * nth;
}

function directoryOf(
  file: Buffer,
  nth: number,
): { readonly offset: number; readonly size: number } {
  const at = directoryEntry(file, nth);
  return { offset: file.readUInt32LE(at), size: file.readUInt32LE(at + 4) };
}

function namesUnder(file: Buffer, tree: number): readonly string[] {
  const raw = entriesOf(file, tree).find(({ name }) => name === RAW_RESOURCE);
  if (raw === undefined || raw.offset < HIGH_BIT) return [];
  return entriesOf(file, tree + raw.offset - HIGH_BIT)
    .filter(({ name }) => name >= HIGH_BIT)
    .map(({ name }) => {
      const at = tree + name - HIGH_BIT;
      return file.toString("utf16le", at + 2, at + 2 + 2 * file.readUInt16LE(at));
    });
}

function entriesOf(
  file: Buffer,
  directory: number,
): readonly { readonly name: number; readonly offset: number }[] {
  const length = file.readUInt16LE(directory + 12) + file.readUInt16LE(directory + 14);
  return Array.from({ length }, (_, nth) => {
    const at = directory + 16 + 8 * nth;
    return { name: file.readUInt32LE(at), offset: file.readUInt32LE(at + 4) };
  });
}
