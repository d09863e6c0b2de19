/** Executables of macOS for one processor of 64 bits (mach-o/loader.h): what they hold. Pure. */

/** A segment with the names of its sections. */
export interface Segment {
  readonly name: string;
  /** Where its load command stands in the file. */
  readonly command: number;
  readonly offset: number;
  readonly size: number;
  readonly sections: readonly {
    readonly name: string;
    readonly offset: number;
    readonly size: number;
  }[];
}

/** A macOS executable as far as it concerns us. */
export interface MachO {
  readonly machine: number;
  readonly segments: readonly Segment[];
  /** Where the load commands end. */
  readonly commandsEnd: number;
  /** Load command LC_CODE_SIGNATURE and what it points at; undefined: not signed. */
  readonly signature:
    | { readonly command: number; readonly offset: number; readonly size: number }
    | undefined;
}

const MAGIC_64 = 0xfeedfacf;
const HEADER_BYTES = 32;
const LC_SEGMENT_64 = 0x19;
/** Load command that says where the signature is. */
export const LC_CODE_SIGNATURE = 0x1d;

/** Reads the load commands. Throws for a file that is none of these. */
export function readMachO(file: Buffer): MachO {
  if (file.readUInt32LE(0) !== MAGIC_64) throw new Error("no Mach-O file of one 64-bit processor");
  const segments: Segment[] = [];
  let signature: MachO["signature"];
  let command = HEADER_BYTES;
  for (let left = file.readUInt32LE(16); left > 0; left -= 1) {
    const kind = file.readUInt32LE(command);
    if (kind === LC_SEGMENT_64) segments.push(readSegment(file, command));
    if (kind === LC_CODE_SIGNATURE) {
      const [offset, size] = [file.readUInt32LE(command + 8), file.readUInt32LE(command + 12)];
      signature = { command, offset, size };
    }
    command += file.readUInt32LE(command + 4);
  }
  return { machine: file.readUInt32LE(4), segments, commandsEnd: command, signature };
}

/** The segment of this name. Throws where there is none. */
export function segmentOf({ segments }: MachO, name: string): Segment {
  const found = segments.find((segment) => segment.name === name);
  if (found === undefined) throw new Error(`no segment ${name}`);
  return found;
}

function readSegment(file: Buffer, command: number): Segment {
  const sections = Array.from({ length: file.readUInt32LE(command + 64) }, (_, nth) => {
    const at = command + 72 + 80 * nth;
    const size = Number(file.readBigUInt64LE(at + 40));
    return { name: name16(file, at), offset: file.readUInt32LE(at + 48), size };
  });
  return {
    name: name16(file, command + 8),
    command,
    offset: Number(file.readBigUInt64LE(command + 40)),
    size: Number(file.readBigUInt64LE(command + 48)),
    sections,
  };
}

function name16(file: Buffer, at: number): string {
  return file.toString("latin1", at, at + 16).replace(/\0.*$/s, "");
}
