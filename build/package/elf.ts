/** ELF files of 64 bits, little-endian (System V ABI, chapters 4 and 5): what they hold, and how to leave out what only debuggers read. Pure. */

/** A row of the section header table. */
interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly size: number;
  readonly align: number;
}

/** A note of a PT_NOTE segment. */
interface Note {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** An ELF file as far as it concerns us. */
export interface Elf {
  readonly machine: number;
  readonly sections: readonly Section[];
  readonly notes: readonly Note[];
  /** Bytes of the file that some header speaks of. */
  readonly end: number;
}

const MAGIC = 0x464c457f;
const SECTION_BYTES = 64;
const SEGMENT_BYTES = 56;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_DYNAMIC = 6;
const SHT_NOBITS = 8;
const DT_NEEDED = 1n;
const DYNAMIC_BYTES = 16;
const SHF_ALLOC = 2n;
const PT_NOTE = 4;

/** Reads the headers. Throws for a file that is no ELF of 64 bits, little-endian. */
export function readElf(file: Buffer): Elf {
  if (file.readUInt32LE(0) !== MAGIC || file[4] !== 2 || file[5] !== 1) {
    throw new Error("no ELF file of 64 bits, little-endian");
  }
  const sections = readSections(file);
  const segments = range(file.readUInt16LE(56)).map((nth) => {
    const at = Number(file.readBigUInt64LE(32)) + nth * SEGMENT_BYTES;
    const [offset, size] = [file.readBigUInt64LE(at + 8), file.readBigUInt64LE(at + 32)].map(
      Number,
    );
    return { type: file.readUInt32LE(at), offset: offset ?? 0, size: size ?? 0 };
  });
  const ends = [
    ...segments.map(({ offset, size }) => offset + size),
    ...sections.filter(({ type }) => type !== SHT_NOBITS).map(({ offset, size }) => offset + size),
    tableOffset(file) + sections.length * SECTION_BYTES,
  ];
  const notes = segments.filter(({ type }) => type === PT_NOTE);
  return {
    machine: file.readUInt16LE(18),
    sections,
    notes: notes.flatMap(({ offset, size }) => readNotes(file, offset, offset + size)),
    end: Math.max(...ends),
  };
}

/**
 * The file without its symbol table, where it has one; that takes a seventh of Node. What is loaded into memory stays byte for byte where it is;
 * a file that a tool has rearranged, with such parts behind others, is given back as it is.
 * Written here because a host's own `strip` knows its own processor only, and gives other bytes with every release.
 */
export function stripElf(file: Buffer): Buffer {
  const elf = readElf(file);
  if (!hasSymbols(elf)) return file;
  const { sections } = elf;
  const isLoaded = ({ flags }: Section): boolean => (flags & SHF_ALLOC) !== 0n;
  const kept = sections.filter((section) => isKept(section) || isLoaded(section));
  const isFirst = kept.every((section, nth) => !isLoaded(section) || sections[nth] === section);
  if (!isFirst) return file;
  const loadedEnd = loadedBytes(file, sections);
  const parts = [file.subarray(0, loadedEnd)];
  let end = loadedEnd;
  const offsets = new Map<Section, number>();
  const append = (part: Buffer, align: number): number => {
    const start = Math.ceil(end / align) * align;
    parts.push(Buffer.alloc(start - end), part);
    end = start + part.length;
    return start;
  };
  for (const section of kept.filter((each) => !isLoaded(each) && each.type !== 0)) {
    const { offset, size, align } = section;
    offsets.set(section, append(file.subarray(offset, offset + size), Math.max(align, 1)));
  }
  const rows = kept.map((section) => {
    const row = Buffer.from(rowOf(file, sections.indexOf(section)));
    const moved = offsets.get(section);
    if (moved !== undefined) row.writeBigUInt64LE(BigInt(moved), 24);
    return row;
  });
  const table = append(Buffer.concat(rows), 8);
  const stripped = Buffer.concat(parts);
  stripped.writeBigUInt64LE(BigInt(table), 40);
  stripped.writeUInt16LE(rows.length, 60);
  stripped.writeUInt16LE(
    kept.findIndex(({ name, type }) => type === SHT_STRTAB && name === ".shstrtab"),
    62,
  );
  return stripped;
}

/** Libraries that the loader looks for before the file can run, by the names that it asks for. */
function neededLibraries(file: Buffer): readonly string[] {
  const { sections } = readElf(file);
  const names = sections.find(({ name }) => name === ".dynstr")?.offset ?? 0;
  const lists = sections.filter(({ type }) => type === SHT_DYNAMIC);
  return lists.flatMap(({ offset, size }) =>
    range(size / DYNAMIC_BYTES).flatMap((nth) => {
      const at = offset + nth * DYNAMIC_BYTES;
      const isNeeded = file.readBigUInt64LE(at) === DT_NEEDED;
      return isNeeded ? [text(file, names + Number(file.readBigUInt64LE(at + 8)))] : [];
    }),
  );
}

/** What every glibc system has, and what Node's C++ adds: Debian's minimal system has no more. */
const SYSTEM_LIBRARY =
  /^(?:lib(?:c|m|dl|rt|pthread|stdc\+\+|gcc_s)\.so\.\d+|ld-linux-[a-z0-9-]+\.so\.\d+)$/;

/** Libraries that a file needs, a minimal system lacks, and `beside` does not have. */
export function missingLibraries(
  file: Buffer,
  beside: ReadonlySet<string> = new Set(),
): readonly string[] {
  return neededLibraries(file).filter((name) => !SYSTEM_LIBRARY.test(name) && !beside.has(name));
}

/** The empty first row, the names of sections and what the compiler and the linker say of themselves. */
function isKept({ name, type }: Section): boolean {
  return type === 0 || name === ".shstrtab" || name === ".comment" || name.startsWith(".note");
}

function loadedBytes(file: Buffer, sections: readonly Section[]): number {
  const headersEnd = Number(file.readBigUInt64LE(32)) + file.readUInt16LE(56) * SEGMENT_BYTES;
  const loaded = sections.filter(
    ({ flags, type }) => (flags & SHF_ALLOC) !== 0n && type !== SHT_NOBITS,
  );
  return Math.max(headersEnd, ...loaded.map(({ offset, size }) => offset + size));
}

/** Whether a debugger's symbol table is there. */
export function hasSymbols({ sections }: Elf): boolean {
  return sections.some(({ type }) => type === SHT_SYMTAB);
}

const tableOffset = (file: Buffer): number => Number(file.readBigUInt64LE(40));
const range = (length: number): readonly number[] => Array.from({ length }, (_, nth) => nth);

function rowOf(file: Buffer, nth: number): Buffer {
  const at = tableOffset(file) + nth * SECTION_BYTES;
  return file.subarray(at, at + SECTION_BYTES);
}

function readSections(file: Buffer): readonly Section[] {
  const rows = range(file.readUInt16LE(60)).map((nth) => rowOf(file, nth));
  const namesRow = rows[file.readUInt16LE(62)];
  const names = namesRow === undefined ? 0 : Number(namesRow.readBigUInt64LE(24));
  return rows.map((row) => ({
    name: text(file, names + row.readUInt32LE(0)),
    type: row.readUInt32LE(4),
    flags: row.readBigUInt64LE(8),
    offset: Number(row.readBigUInt64LE(24)),
    size: Number(row.readBigUInt64LE(32)),
    align: Number(row.readBigUInt64LE(48)),
  }));
}

function readNotes(file: Buffer, start: number, end: number): readonly Note[] {
  const notes: Note[] = [];
  const padded = (size: number): number => Math.ceil(size / 4) * 4;
  for (let at = start; at + 12 <= end;) {
    const [nameSize, size] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    const offset = at + 12 + padded(nameSize);
    notes.push({ name: text(file, at + 12), offset, size });
    at = offset + padded(size);
  }
  return notes;
}

function text(file: Buffer, at: number): string {
  return file.toString("latin1", at, file.indexOf(0, at));
}
