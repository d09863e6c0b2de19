import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { signatureProblems, signMachO } from "../../build/package/mach-o-signature.ts";
import { readMachO, segmentOf } from "../../build/package/mach-o.ts";

const LC_SEGMENT_64 = 0x19;
const TEXT_BYTES = 0x5000;

/** A segment's load command; with a section of the same name where `sectionAt` is given. */
function segment(name: string, [offset, size]: readonly [number, number], sectionAt = 0): Buffer {
  const command = Buffer.alloc(72 + (sectionAt > 0 ? 80 : 0));
  command.writeUInt32LE(LC_SEGMENT_64, 0);
  command.writeUInt32LE(command.length, 4);
  command.write(name, 8);
  command.writeBigUInt64LE(BigInt(offset), 40);
  command.writeBigUInt64LE(BigInt(size), 48);
  command.writeUInt32LE(sectionAt > 0 ? 1 : 0, 64);
  if (sectionAt > 0) {
    command.write("__text", 72);
    command.write(name, 88);
    command.writeUInt32LE(sectionAt, 120);
  }
  return command;
}

/** The least that is an executable: code, and a __LINKEDIT of so many bytes. */
function machO(linkBytes: number, sectionAt = 0x1000): Buffer {
  const commands = [
    segment("__TEXT", [0, TEXT_BYTES], sectionAt),
    segment("__LINKEDIT", [TEXT_BYTES, linkBytes]),
  ];
  const header = Buffer.alloc(32);
  header.writeUInt32LE(0xfeedfacf, 0);
  header.writeUInt32LE(0x0100000c, 4);
  header.writeUInt32LE(commands.length, 16);
  header.writeUInt32LE(Buffer.concat(commands).length, 20);
  const file = Buffer.alloc(TEXT_BYTES + linkBytes, 0x5a);
  Buffer.concat([header, ...commands, Buffer.alloc(256)]).copy(file);
  return file;
}

test("what is signed is well, whatever its size, and signing it again gives the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), (linkBytes) => {
      const signed = signMachO(machO(linkBytes), "probe");
      assert.deepEqual(signatureProblems(signed), []);
      assert.ok(signMachO(signed, "probe").equals(signed));
      const link = segmentOf(readMachO(signed), "__LINKEDIT");
      assert.equal(link.offset + link.size, signed.length);
    }),
    { numRuns: 50 },
  );
});

test("a byte that is changed anywhere before the signature is found", () => {
  const signed = signMachO(machO(9_000), "probe");
  const { offset } = readMachO(signed).signature!;
  fc.assert(
    // Behind the load commands: a change of those may make it another file altogether.
    fc.property(fc.integer({ min: 0x1000, max: offset - 1 }), (at) => {
      const changed = Buffer.from(signed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      assert.deepEqual(signatureProblems(changed), [
        `page ${Math.floor(at / 4096)} is not what was signed`,
      ]);
    }),
    { numRuns: 50 },
  );
});

test("what is not signed, or is cut off behind it, is told", () => {
  assert.deepEqual(signatureProblems(machO(100)), ["not signed"]);
  const longer = Buffer.concat([signMachO(machO(100), "probe"), Buffer.alloc(1)]);
  assert.deepEqual(signatureProblems(longer), [
    "the signature is not the end of the file",
    "__LINKEDIT is not the end of the file",
  ]);
});

test("a file without room for the signature's load command is refused", () => {
  assert.throws(() => signMachO(machO(100, 0x108), "probe"), /no room for a signature's command/);
});
