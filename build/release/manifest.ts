/** What a release consists of, for machines: one JSON text, always written the same way, so that it can be signed. Pure. */
import type { Component } from "../package/targets.ts";

/** One file that a host can be given. */
export interface Artifact {
  readonly component: Component;
  /** As the document names them: "linux", "darwin", "windows". */
  readonly os: string;
  /** "amd64", "arm64". */
  readonly arch: string;
  /** File name; the URL is that of the manifest's folder and this. */
  readonly url: string;
  readonly format: "tar.gz" | "zip" | "deb";
  readonly size: number;
  readonly sha256: string;
  /** Path of the program inside; absent in a package that a package manager unpacks. */
  readonly entrypoint?: string;
}

/** A release. */
export interface Manifest {
  readonly version: string;
  readonly commit: string;
  /** RFC 3339. */
  readonly released_at: string;
  readonly artifacts: readonly Artifact[];
}

/** The text that is signed: members sorted, no spaces, one line. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(sorted(manifest))}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}
