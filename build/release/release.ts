/**
 * `npm run release -- --key FILE [--target NAME] [--out DIR]`: all files of a release, signed. FILE is an Ed25519 private key in PEM form.
 * The same commit, key and SOURCE_DATE_EPOCH (default: the commit's time) give the same files.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { sha256Hex } from "../../src/lib/hash.ts";
import { VERSION } from "../../src/lib/version.ts";
import { buildExecutable, DIST } from "../package/build-executable.ts";
import { sourceCommit } from "../package/commit.ts";
import { TARGETS, type Component } from "../package/targets.ts";
import { ROOT } from "../process/command-of.ts";
import { filesOf, type ReleaseFile } from "./bundles.ts";
import { manifestText } from "./manifest.ts";
import {
  minisignSignature,
  rawSignature,
  releaseKey,
  withKey,
  type ReleaseKey,
} from "./signing.ts";

const { values } = parseArgs({
  options: {
    key: { type: "string" },
    target: { type: "string", default: "all" },
    component: { type: "string" },
    out: { type: "string", default: join(DIST, "release") },
  },
});
if (values.key === undefined) {
  process.stderr.write("--key FILE is needed: openssl genpkey -algorithm ed25519 -out FILE\n");
  process.exit(2);
}
await release(releaseKey(await readFile(values.key, "utf8")), values.out);

async function release(key: ReleaseKey, out: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const timeSeconds = await sourceTime();
  const sums: string[] = [];
  const artifacts: ReleaseFile["artifact"][] = [];
  const write = async ({ name, bytes, artifact }: ReleaseFile): Promise<void> => {
    await writeFile(join(out, name), bytes);
    sums.push(`${sha256Hex(bytes)}  ${name}\n`);
    if (artifact !== undefined) artifacts.push(artifact);
    process.stdout.write(`${name} ${bytes.length}\n`);
  };
  for (const { target, component } of wanted()) {
    const built = await buildExecutable(component, target);
    for (const file of await filesOf(built, timeSeconds)) await write(file);
  }
  const manifest = Buffer.from(
    manifestText({
      version: VERSION,
      commit: await sourceCommit(),
      released_at: new Date(timeSeconds * 1_000).toISOString(),
      artifacts: artifacts.flatMap((artifact) => artifact ?? []),
    }),
  );
  const installer = await readFile(join(ROOT, "install.sh"), "utf8");
  await write({ name: "install.sh", bytes: Buffer.from(withKey(installer, key)) });
  await write({ name: "release-manifest.json", bytes: manifest });
  await write({ name: "release-manifest.json.sig", bytes: rawSignature(manifest, key) });
  await write({ name: "release-key.pem", bytes: Buffer.from(key.publicPem) });
  await write({ name: "release-key.minisign.pub", bytes: Buffer.from(key.minisignPublic) });
  const list = Buffer.from(sums.toSorted().join(""));
  const comment = `serviceradar-sync ${VERSION}`;
  await writeFile(join(out, "SHA256SUMS"), list);
  await writeFile(join(out, "SHA256SUMS.sig"), rawSignature(list, key));
  await writeFile(join(out, "SHA256SUMS.minisig"), minisignSignature(list, key, comment));
}

function* wanted(): Generator<{
  readonly target: (typeof TARGETS)[number];
  readonly component: Component;
}> {
  for (const target of TARGETS.filter(
    ({ name }) => values.target === "all" || name === values.target,
  )) {
    for (const component of target.components) {
      if ((values.component ?? component) === component) yield { target, component };
    }
  }
}

async function sourceTime(): Promise<number> {
  const given = Number(process.env["SOURCE_DATE_EPOCH"] ?? Number.NaN);
  if (Number.isSafeInteger(given)) return given;
  try {
    const args = ["-c", "safe.directory=*", "log", "-1", "--format=%ct"];
    return Number((await promisify(execFile)("git", args, { cwd: ROOT })).stdout);
  } catch {
    return 0;
  }
}
