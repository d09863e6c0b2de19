import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import {
  exchangeKeyOf,
  openContentKey,
  publicKeyText,
  readExchangeKey,
  signedBytes,
  type SealedRecord,
} from "../../src/lib/sealed-file.ts";
import { readEnvelope, readRecords, type SealedEnvelope } from "../../src/lib/sealed-reader.ts";
import { SealedWriter } from "../../src/lib/sealed-writer.ts";
import { removeFolder } from "../support/remove-folder.ts";

const signer = generateKeyPairSync("ec", { namedCurve: "P-256" });
const reader = exchangeKeyOf(Buffer.from("the reader's secret"), "test");
const readerPublic = readExchangeKey(publicKeyText(reader)) ?? assert.fail();

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sr-sealed-"));
  t.after(() => removeFolder(dir));
  return dir;
}

async function writerIn(dir: string): Promise<SealedWriter> {
  return await SealedWriter.create({
    path: join(dir, "file.srb"),
    header: { who: "agent-01" },
    reader: readerPublic,
    sign: (bytes) => sign("sha256", bytes, signer.privateKey),
  });
}

async function fileOf(t: TestContext, records: readonly Buffer[]): Promise<string> {
  const dir = await folder(t);
  const writer = await writerIn(dir);
  for (const bytes of records) await writer.add(bytes.length % 256, bytes);
  await writer.finish();
  assert.deepEqual(await readdir(dir), ["file.srb"]);
  return join(dir, "file.srb");
}

function keyOf({ header }: SealedEnvelope, secret = reader): Buffer {
  return openContentKey(secret, String(header["ephemeral"])) ?? assert.fail("no key");
}

async function recordsIn(path: string, key: Buffer): Promise<readonly SealedRecord[]> {
  const records: SealedRecord[] = [];
  for await (const record of readRecords(path, key)) records.push(record);
  return records;
}

function isSigned({ digest, signature }: SealedEnvelope): boolean {
  return verify("sha256", signedBytes(digest), signer.publicKey, signature);
}

for (const [what, records] of [
  ["nothing", []],
  ["an empty record", [Buffer.alloc(0)]],
  ["small ones", [Buffer.from("a"), Buffer.from("bc"), Buffer.alloc(300, "d")]],
  ["what does not compress", [randomBytes(200_000), randomBytes(70_000)]],
  ["what compresses well", [Buffer.alloc(3_000_000, "ab"), Buffer.alloc(10)]],
] as const) {
  test(`a file comes back as it was written: ${what}`, async (t) => {
    const path = await fileOf(t, records);
    const envelope = await readEnvelope(path);
    assert.equal(envelope.header["who"], "agent-01");
    assert.ok(isSigned(envelope));
    const read = await recordsIn(path, keyOf(envelope));
    assert.deepEqual(
      read.map(({ kind, bytes }) => [kind, bytes]),
      records.map((bytes) => [bytes.length % 256, bytes]),
    );
  });
}

test("others' eyes see the header alone, and another reader's key opens nothing", async (t) => {
  const path = await fileOf(t, [Buffer.from("switch-01 in the cellar")]);
  assert.ok(!(await readFile(path)).includes("cellar"));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const other = exchangeKeyOf(Buffer.from("somebody else's"), "test");
  const key = keyOf(await readEnvelope(path), other);
  await assert.rejects(recordsIn(path, key), {
    code: "bundle",
    message: /it was changed, or the key/,
  });
});

test("no byte can be changed, and none be left out at the end or added, without being noticed", async (t) => {
  const path = await fileOf(t, [randomBytes(500), Buffer.from("x")]);
  const whole = await readFile(path);
  const isBelieved = async (bytes: Buffer): Promise<boolean> => {
    await writeFile(path, bytes);
    const envelope = await readEnvelope(path).catch((thrown: { code?: string }) => {
      assert.equal(thrown.code, "bundle");
      return undefined;
    });
    return envelope !== undefined && isSigned(envelope);
  };
  for (let at = 0; at < whole.length; at += 1) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x41;
    assert.equal(await isBelieved(changed), false, `byte ${at} of ${whole.length}`);
  }
  for (let bytes = 0; bytes < whole.length; bytes += 7) {
    assert.equal(await isBelieved(whole.subarray(0, bytes)), false, `${bytes} bytes`);
  }
  assert.equal(await isBelieved(Buffer.concat([whole, Buffer.of(0)])), false);
  assert.equal(await isBelieved(whole), true);
});

test("frames cannot be left out, doubled or swapped even by one who signs", async (t) => {
  const path = await fileOf(t, [randomBytes(200_000)]);
  const key = keyOf(await readEnvelope(path));
  const whole = await readFile(path);
  const start = 8 + whole.readUInt32BE(4);
  const frames: Buffer[] = [];
  let at = start;
  for (let length = whole.readUInt32BE(at); length > 0; length = whole.readUInt32BE(at)) {
    frames.push(whole.subarray(at, at + 4 + length));
    at += 4 + length;
  }
  assert.ok(frames.length >= 4, String(frames.length));
  const [first, second, third, ...rest] = frames as [Buffer, Buffer, Buffer];
  for (const wrong of [
    [first, third, ...rest],
    [first, first, second, third, ...rest],
    [second, first, third, ...rest],
    frames.slice(0, -1),
  ]) {
    await writeFile(path, Buffer.concat([whole.subarray(0, start), ...wrong, whole.subarray(at)]));
    await assert.rejects(recordsIn(path, key), { code: "bundle" });
  }
});

test("a file that is given up leaves nothing, and one that cannot be made says so", async (t) => {
  const dir = await folder(t);
  const writer = await writerIn(dir);
  await writer.add(1, Buffer.from("x"));
  await writer.abandon();
  assert.deepEqual(await readdir(dir), []);
  await assert.rejects(writerIn(join(dir, "nowhere")), { code: "disk" });
});

test("what is no file of ours is refused with the reason", async (t) => {
  const path = join(await folder(t), "x.srb");
  const header = (length: number): Buffer =>
    Buffer.concat([Buffer.from("SRB1"), Buffer.alloc(4, length)]);
  for (const [bytes, why] of [
    [Buffer.alloc(0), /it is cut off/],
    [Buffer.from("PK\u0003\u0004zip"), /it does not begin as one/],
    [header(0xff), /it has a header of 4294967295 bytes/],
    [
      Buffer.concat([Buffer.from("SRB1"), Buffer.of(0, 0, 0, 2), Buffer.from("[}")]),
      /its header cannot be read/,
    ],
  ] as const) {
    await writeFile(path, bytes);
    await assert.rejects(readEnvelope(path), why);
  }
  await assert.rejects(readEnvelope(`${path}.not`), /no bundle: ENOENT/);
  assert.equal(readExchangeKey("AAAA"), undefined);
  assert.equal(openContentKey(reader, publicKeyText(signer.publicKey)), undefined);
});
