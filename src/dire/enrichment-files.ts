import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import { messageOf } from "../lib/errors.ts";
import type { RuleFile } from "./enrichment-set.ts";

/** Where operators' own rules lie unless they say otherwise: the original's folder. */
export const RULES_DIR_DEFAULT = "/var/lib/serviceradar/rules/device-enrichment";

/** A rule takes about 300 bytes; a file of a thousand is generous, one of a megabyte is no file of rules. */
const FILE_BYTES_MAX = 1_048_576;
const FILES_MAX = 1_000;

/** Reads a folder's YAML files in the order of their names. A file that cannot be read is one of the files, with its error. */
export async function readRuleFiles(directory: string): Promise<readonly RuleFile[]> {
  const names = (await readdir(directory))
    .filter((name) => /\.ya?ml$/i.test(name) && !name.startsWith("."))
    .toSorted();
  const read = await Promise.all(
    names.slice(0, FILES_MAX).map((name) => readRuleFile(join(directory, name))),
  );
  const left = names.length - FILES_MAX;
  return left <= 0
    ? read
    : [
        ...read,
        {
          origin: directory,
          error: `holds ${left} more files than the ${FILES_MAX} that are read`,
        },
      ];
}

async function readRuleFile(origin: string): Promise<RuleFile> {
  try {
    const { size } = await stat(origin);
    if (size > FILE_BYTES_MAX) return { origin, error: `is larger than ${FILE_BYTES_MAX} bytes` };
    return { origin, document: parse(await readFile(origin, "utf8")) as unknown };
  } catch (thrown) {
    return { origin, error: messageOf(thrown).split("\n", 1)[0] ?? "cannot be read" };
  }
}
