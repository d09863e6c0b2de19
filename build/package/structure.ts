/** Whether a file is what its target's loader and Node expect of a single executable, told by its headers: all that can be tested where it cannot be run. Pure. */
import { hasSymbols, missingLibraries, readElf } from "./elf.ts";
import { signatureProblems } from "./mach-o-signature.ts";
import { readMachO, segmentOf } from "./mach-o.ts";
import { readPe } from "./pe.ts";
import type { Target } from "./targets.ts";

/** What Node looks for in itself: followed by ":1" once something was put in (src/node_sea.cc). */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
/** Under which name it was put in. */
const PART = "NODE_SEA_BLOB";

/** What is wrong with an executable for this target; nothing where it is well. Throws where it is no such file at all. */
export function structureProblems(file: Buffer, target: Target): readonly string[] {
  return [
    ...(file.includes(`${FUSE}:1`) && !file.includes(`${FUSE}:0`)
      ? []
      : ["Node is not told that it holds a program"]),
    ...FORMATS[target.format](file, target),
  ];
}

type Check = (file: Buffer, target: Target) => readonly string[];

const FORMATS: Readonly<Record<Target["format"], Check>> = {
  elf: (file, { machine }) => {
    const elf = readElf(file);
    const parts = elf.notes.filter(({ name }) => name === PART);
    return [
      ...machineProblems(elf.machine, machine),
      ...(parts.length === 1 ? [] : [`${parts.length} notes ${PART}, not 1`]),
      ...(hasSymbols(elf) ? ["symbols for debuggers are still in it"] : []),
      ...missingLibraries(file).map((name) => `needs ${name}, which a minimal system lacks`),
      ...endProblems(elf.end, file),
    ];
  },
  "mach-o": (file, { machine }) => {
    const machO = readMachO(file);
    const names = machO.segments.map(({ name }) => name);
    const holders = names.includes("NODE_SEA") ? segmentOf(machO, "NODE_SEA").sections : [];
    return [
      ...machineProblems(machO.machine, machine),
      ...(holders.some(({ name }) => name === `__${PART}`) ? [] : [`no section __${PART}`]),
      ...(names.at(-1) === "__LINKEDIT" ? [] : ["__LINKEDIT is not the last segment"]),
      ...signatureProblems(file),
    ];
  },
  pe: (file, { machine }) => {
    const pe = readPe(file);
    return [
      ...machineProblems(pe.machine, machine),
      ...(pe.resources.includes(PART) ? [] : [`no resource ${PART}`]),
      ...(pe.signature.size === 0 ? [] : ["a signature that was made before"]),
      ...endProblems(pe.end, file),
    ];
  },
};

function machineProblems(found: number, wanted: number): readonly string[] {
  return found === wanted ? [] : [`made for processor ${found}, not ${wanted}`];
}

function endProblems(end: number, file: Buffer): readonly string[] {
  return end <= file.length ? [] : [`headers speak of ${end} bytes, the file has ${file.length}`];
}
