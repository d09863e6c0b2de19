import { readFileSync } from "node:fs";

import type { Part } from "./notice.ts";
import type { PinnedPackage } from "./targets.ts";

/**
 * What comes with the npm package of PostgreSQL 18.4.0-beta.17, which names only itself: releases as the files themselves say them. All
 * but PostgreSQL are old and get no more fixes, so the server listens on a socket of its own user alone, with TLS off.
 */
const LIBRARIES: readonly (readonly [string, string, string, string])[] = [
  ["OpenSSL", "1.1.1", "OpenSSL", "openssl-1.1.1.txt"],
  ["ICU", "60.2", "ICU", "icu.txt"],
  ["libxml2", "2.9.4", "MIT", "libxml2.txt"],
  ["zlib", "1.2.11", "Zlib", "zlib.txt"],
  ["liblzma", "5.2.2", "LicenseRef-public-domain", "liblzma.txt"],
];

/** The parts that an embedded PostgreSQL adds to an executable. */
export function postgresParts(version: string, { integrity }: PinnedPackage): readonly Part[] {
  const text = (file: string): string =>
    readFileSync(new URL(`./licences/${file}`, import.meta.url), "utf8").trim();
  const server = { name: "PostgreSQL", version, license: "PostgreSQL", integrity };
  return [
    { ...server, text: text("postgresql.txt") },
    ...LIBRARIES.map(([name, release, license, file]) => ({
      name,
      version: release,
      license,
      text: text(file),
    })),
  ];
}
