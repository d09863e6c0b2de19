import { readFileSync } from "node:fs";

import type { Component } from "../package/targets.ts";

/** A file of files/, as text. */
export function releaseFile(name: string): string {
  return readFileSync(new URL(`./files/${name}`, import.meta.url), "utf8");
}

/** The systemd unit of a program that lies in `binDir`. What both may not do stands in one file. */
export function unitOf(component: Component, binDir: string): string {
  return releaseFile(`serviceradar-${component}.service`)
    .replace("@HARDENING@\n", releaseFile("hardening.conf"))
    .replaceAll("@BIN_DIR@", binDir);
}
