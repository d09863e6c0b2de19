import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../process/command-of.ts";
import { packageJson } from "./bundle.ts";

/** Something that an executable holds beside our own code, with the licence that it came under. */
export interface Part {
  readonly name: string;
  readonly version: string;
  /** As SPDX names it. */
  readonly license: string;
  /** The licence's own words, or where they are said. */
  readonly text: string;
  /** What npm checked it against; absent for what came inside another part. */
  readonly integrity?: string;
}

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** The npm packages in these folders. Throws for one that does not say under which licence it is. */
export function npmParts(folders: readonly string[]): readonly Part[] {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { integrity?: string } | undefined>;
  };
  return folders.map((folder) => {
    const { name, version, license } = packageJson(folder);
    if (license === undefined) throw new Error(`${name} ${version} names no licence`);
    const integrity = lock.packages[folder]?.integrity;
    const part = { name, version, license, text: licenceText(join(ROOT, folder)) };
    return integrity === undefined ? part : { ...part, integrity };
  });
}

/** The words of all licence and notice files in a package's folder; empty where it has none. */
export function licenceText(folder: string): string {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name));
  return files
    .toSorted()
    .map((name) => readFileSync(join(folder, name), "utf8").trim())
    .join("\n\n");
}

/** What `licenses` prints: our own licence, then every part with its own. */
export function noticeText(parts: readonly Part[], own: string): string {
  const list = parts.map(({ name, version, license }) => `  ${name} ${version}: ${license}`);
  const texts = parts.map(
    ({ name, version, license, text }) =>
      `${RULE}\n${name} ${version}\n${license}\n\n${text === "" ? `Licensed under ${license}.` : text}`,
  );
  const head = `ServiceRadar Sync is licensed as said below. It holds:\n\n${list.join("\n")}`;
  return `${[head, `${RULE}\nServiceRadar Sync\n\n${own.trim()}`, ...texts].join("\n\n")}\n`;
}

const RULE = "=".repeat(80);
