import assert from "node:assert/strict";
import { generateKeyPairSync, verify, createHash, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { crc32, gunzipSync, inflateRawSync } from "node:zlib";

import { nodeEnvironment } from "../../build/node-flags.mjs";
import type { TarFile } from "../../build/package/tar.ts";
import { debOf } from "../../build/release/deb.ts";
import { manifestText } from "../../build/release/manifest.ts";
import { sbomOf } from "../../build/release/sbom.ts";
import {
  minisignSignature,
  rawSignature,
  releaseKey,
  withKey,
} from "../../build/release/signing.ts";
import { unitOf } from "../../build/release/units.ts";
import { zipOf } from "../../build/release/zip.ts";

const NOVEMBER = Date.UTC(2026, 10, 24, 19, 30, 8) / 1_000;
const FILES: readonly TarFile[] = [
  { path: "a/run.exe", bytes: Buffer.alloc(5_000, "x"), mode: 0o755 },
  { path: "a/ä", bytes: Buffer.from("text"), mode: 0o644 },
];

/** Reads a zip archive as programs do: from the directory at its end. */
function unzip(archive: Buffer): readonly TarFile[] {
  const end = archive.length - 22;
  assert.equal(archive.readUInt32LE(end), 0x06054b50);
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    assert.equal(archive.readUInt32LE(at), 0x02014b50);
    const [packed, nameBytes] = [archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28)];
    const local = archive.readUInt32LE(at + 42);
    assert.equal(archive.readUInt32LE(local), 0x04034b50);
    const data = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = inflateRawSync(archive.subarray(data, data + packed));
    assert.equal(crc32(bytes), archive.readUInt32LE(at + 16));
    const path = archive.toString("utf8", at + 46, at + 46 + nameBytes);
    const mode = (archive.readUInt32LE(at + 38) >>> 16) & 0o777;
    at += 46 + nameBytes;
    return { path, bytes, mode };
  });
}

test("a zip archive holds its files with their modes", () => {
  assert.deepEqual(unzip(zipOf(FILES, NOVEMBER)), FILES);
  assert.ok(zipOf(FILES, NOVEMBER).equals(zipOf(FILES, NOVEMBER)));
});

const pem = String(
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
);
const key = releaseKey(pem);

test("both signatures are the key's, and of nothing else", () => {
  const bytes = Buffer.from("a list");
  const publicKey = createPublicKey(key.publicPem);
  assert.ok(verify(undefined, bytes, publicKey, rawSignature(bytes, key)));
  assert.ok(!verify(undefined, Buffer.from("a lost"), publicKey, rawSignature(bytes, key)));
  const [, signature = "", comment = "", all = ""] = minisignSignature(bytes, key, "sync 1").split(
    "\n",
  );
  const [, listed = ""] = key.minisignPublic.split("\n");
  const [signed, known] = [Buffer.from(signature, "base64"), Buffer.from(listed, "base64")];
  assert.equal(signed.toString("latin1", 0, 2), "ED");
  assert.ok(signed.subarray(2, 10).equals(known.subarray(2, 10)));
  const hash = createHash("blake2b512").update(bytes).digest();
  assert.ok(verify(undefined, hash, publicKey, signed.subarray(10)));
  assert.equal(comment, "trusted comment: sync 1");
  const whole = Buffer.concat([signed.subarray(10), Buffer.from("sync 1")]);
  assert.ok(verify(undefined, whole, publicKey, Buffer.from(all, "base64")));
});

test("a key of another kind signs nothing, and an installer without a place for the key is refused", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  assert.throws(() => releaseKey(other), /not Ed25519/);
  assert.throws(() => withKey("#!/bin/sh", key), /no line RELEASE_KEY=/);
  const installer = readFileSync(new URL("../../install.sh", import.meta.url), "utf8");
  const [, base64 = ""] = key.publicPem.split("\n");
  assert.ok(withKey(installer, key).includes(`\nRELEASE_KEY=${base64}\n`));
});

test("a manifest is the same text however its members were put together", () => {
  const artifact = { os: "linux", arch: "amd64", component: "agent", url: "x" } as const;
  const rest = { format: "deb", size: 1, sha256: "00" } as const;
  const head = { version: "1", commit: "c", released_at: "t" };
  const text = manifestText({ ...head, artifacts: [{ ...artifact, ...rest }] });
  assert.equal(text, manifestText({ artifacts: [{ ...rest, ...artifact }], ...head }));
  assert.match(text, /^\{"artifacts":\[\{"arch":"amd64","component":/);
});

test("a bill of materials names every part with its licence, and npm's by its address", () => {
  const subject = {
    name: "serviceradar-agent",
    version: "1.0.0",
    sha256: "ab".repeat(32),
    timeSeconds: NOVEMBER,
  };
  const integrity = `sha512-${Buffer.alloc(64, 1).toString("base64")}`;
  const parts = [
    { name: "@grpc/grpc-js", version: "1.14.7", license: "Apache-2.0", text: "", integrity },
    { name: "liblzma", version: "5.2.2", license: "LicenseRef-public-domain", text: "" },
  ];
  const text = sbomOf({ ...subject, parts });
  assert.equal(text, sbomOf({ ...subject, parts }));
  const bill = JSON.parse(text) as { serialNumber: string; components: object[] };
  assert.match(
    bill.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.deepEqual(bill.components, [
    {
      type: "library",
      "bom-ref": "pkg:npm/%40grpc/grpc-js@1.14.7",
      name: "@grpc/grpc-js",
      version: "1.14.7",
      purl: "pkg:npm/%40grpc/grpc-js@1.14.7",
      licenses: [{ license: { id: "Apache-2.0" } }],
      hashes: [{ alg: "SHA-512", content: "01".repeat(64) }],
    },
    {
      type: "library",
      "bom-ref": "liblzma@5.2.2",
      name: "liblzma",
      version: "5.2.2",
      licenses: [{ license: { name: "LicenseRef-public-domain" } }],
    },
  ]);
});

test("units run as their own user, with what a service may not do, and name their program", () => {
  for (const component of ["agent", "core"] as const) {
    const unit = unitOf(component, "/opt/bin");
    assert.match(unit, new RegExp(`^ExecStart=/opt/bin/serviceradar-${component} `, "m"));
    for (const line of ["User=serviceradar", "NoNewPrivileges=yes", "CapabilityBoundingSet="]) {
      assert.ok(unit.split("\n").includes(line), line);
    }
    assert.doesNotMatch(unit, /@[A-Z]+@/);
  }
});

test("the agent's unit tells the C library what a checkout's agent is told", () => {
  const told = Object.entries(nodeEnvironment("src/bin/agent.ts", {}));
  assert.ok(told.length > 0);
  const line = `Environment=${told.map(([name, value]) => `${name}=${value}`).join(" ")}`;
  assert.ok(unitOf("agent", "/usr/bin").split("\n").includes(line), line);
});

/** The members of an ar archive. */
function members(archive: Buffer): ReadonlyMap<string, Buffer> {
  assert.equal(archive.toString("latin1", 0, 8), "!<arch>\n");
  const found = new Map<string, Buffer>();
  for (let at = 8; at < archive.length;) {
    const size = Number(archive.toString("latin1", at + 48, at + 58));
    const name = archive.toString("latin1", at, at + 16).trim();
    found.set(name, archive.subarray(at + 60, at + 60 + size));
    at += 60 + size + (size % 2);
  }
  return found;
}

test("a Debian package has program, unit and user, and its settings are the operator's", () => {
  const contents = { component: "core", version: "1.0.0", architecture: "amd64" } as const;
  const executable = Buffer.from("program");
  const made = debOf({ ...contents, executable, notice: "words", timeSeconds: NOVEMBER });
  const parts = members(made);
  assert.deepEqual([...parts.keys()], ["debian-binary", "control.tar.gz", "data.tar.gz"]);
  const control = gunzipSync(parts.get("control.tar.gz")!).toString("latin1");
  assert.match(control, /Package: serviceradar-core\nVersion: 1\.0\.0\nArchitecture: amd64\n/);
  assert.match(control, /\0\/etc\/serviceradar\/core\.env\n\0/, "conffiles are that alone");
  assert.match(control, /adduser --system --group/);
  const files = gunzipSync(parts.get("data.tar.gz")!).toString("latin1");
  assert.ok(files.includes("./usr/bin/serviceradar-core"));
  assert.ok(files.includes("./lib/systemd/system/serviceradar-core.service"));
  assert.ok(files.includes("./usr/share/doc/serviceradar-core/monitoring/alerts.yml"));
});
