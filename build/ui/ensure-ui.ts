import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { UI_ASSET } from "../../src/api/ui-pack.ts";
import { newUuid } from "../../src/lib/clock.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { ROOT } from "../process/command-of.ts";
import { bundleUi } from "./bundle-ui.ts";
import { compressed } from "./ui-pack.ts";

/** Where a core of a checkout finds the page (src/api/ui-files.ts). */
const PACK = join(ROOT, ".cache", "ui", UI_ASSET);
/** What the pack was made of; beside it. */
const MADE_OF = `${PACK}.sha256`;
/** What the page is made from: its own files, those of ours that it may import, and how it is built. */
const SOURCES = ["src/ui", "src/model", "src/lib", "build/ui"];

/** Builds the page for a core of this checkout unless it is there already, made from these very sources. Says whether it built. */
export async function ensureUi(): Promise<boolean> {
  const wanted = await sourcesHash();
  const has = await readFile(MADE_OF, "utf8").catch(() => "");
  const isThere = has === wanted && (await readFile(PACK).catch(() => undefined)) !== undefined;
  if (isThere) return false;
  const { files } = await bundleUi();
  await mkdir(dirname(PACK), { recursive: true });
  await replace(PACK, compressed(files));
  await replace(MADE_OF, Buffer.from(wanted));
  return true;
}

async function sourcesHash(): Promise<string> {
  const lines = [sha256Hex(await readFile(join(ROOT, "package-lock.json"), "utf8"))];
  for (const folder of SOURCES) {
    const names = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      lines.push(`${path.slice(ROOT.length)} ${sha256Hex(await readFile(path, "utf8"))}`);
    }
  }
  return sha256Hex(lines.toSorted().join("\n"));
}

/** In one step: a core may be reading it, and two builds may run at once. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${newUuid()}`;
  await writeFile(draft, bytes);
  await rename(draft, path);
}
