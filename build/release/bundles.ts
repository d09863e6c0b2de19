import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { sha256Hex } from "../../src/lib/hash.ts";
import { VERSION } from "../../src/lib/version.ts";
import type { Built } from "../package/build-executable.ts";
import { tarOf, type TarFile } from "../package/tar.ts";
import { executableOf } from "../package/targets.ts";
import { ROOT } from "../process/command-of.ts";
import { debOf, GZIP_LEVEL } from "./deb.ts";
import type { Artifact } from "./manifest.ts";
import { monitoringFiles } from "./monitoring.ts";
import { sbomOf } from "./sbom.ts";
import { releaseFile, unitOf } from "./units.ts";
import { zipOf } from "./zip.ts";

/** A file of a release with its bytes. */
export interface ReleaseFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** What the manifest says of it; absent for a bill of materials. */
  readonly artifact?: Artifact;
}

/** npm's words for platforms, and the document's. */
const WORDS: Readonly<Record<string, string>> = { win: "windows", x64: "amd64" };

/** Every file that a finished executable gives: its archive, its bill of materials and, for Linux, a Debian package. */
export async function filesOf(built: Built, timeSeconds: number): Promise<readonly ReleaseFile[]> {
  const { component, target, notice, parts } = built;
  const [os = "", arch = ""] = target.name.split("-").map((word) => WORDS[word] ?? word);
  const name = executableOf(component);
  const executable = await readFile(built.path);
  const contents = {
    component,
    version: VERSION,
    architecture: arch,
    executable,
    notice,
    timeSeconds,
  };
  const base = `${name}_${VERSION}_${os}_${arch}`;
  const folder = `${name}_${VERSION}`;
  const format = os === "windows" ? "zip" : "tar.gz";
  const packed = await archiveFiles(contents, {
    folder,
    isWindows: os === "windows",
    isLinux: os === "linux",
  });
  const archive =
    format === "zip"
      ? zipOf(packed, timeSeconds)
      : gzipSync(tarOf(packed, timeSeconds), { level: GZIP_LEVEL });
  const common = { component, os, arch };
  const entrypoint = `${folder}/${name}${os === "windows" ? ".exe" : ""}`;
  const bill = sbomOf({
    name,
    version: VERSION,
    sha256: sha256Hex(executable),
    timeSeconds,
    parts,
  });
  return [
    released(`${base}.${format}`, archive, { ...common, format, entrypoint }),
    { name: `${base}.cdx.json`, bytes: Buffer.from(bill) },
    ...(os === "linux"
      ? [released(`${base}.deb`, debOf(contents), { ...common, format: "deb" as const })]
      : []),
  ];
}

type Described = Omit<Artifact, "url" | "size" | "sha256">;

function released(name: string, bytes: Buffer, described: Described): ReleaseFile {
  const artifact = { ...described, url: name, size: bytes.length, sha256: sha256Hex(bytes) };
  return { name, bytes, artifact };
}

type Contents = Parameters<typeof debOf>[0];
type Layout = { readonly folder: string; readonly isWindows: boolean; readonly isLinux: boolean };

async function archiveFiles(
  { component, executable, notice }: Contents,
  { folder, isWindows, isLinux }: Layout,
): Promise<readonly TarFile[]> {
  const name = executableOf(component);
  const text = (path: string, content: string): TarFile => ({
    path: `${folder}/${path}`,
    bytes: Buffer.from(content),
    mode: 0o644,
  });
  const license = await readFile(join(ROOT, "LICENSE"), "utf8");
  return [
    { path: `${folder}/${name}${isWindows ? ".exe" : ""}`, bytes: executable, mode: 0o755 },
    text("LICENSE", license),
    text("NOTICE", notice),
    ...(component === "agent"
      ? [text("agent.example.json", releaseFile("agent.example.json"))]
      : []),
    ...(component === "core"
      ? [
          text("core.env", releaseFile("core.env")),
          ...monitoringFiles().map((file) => text(`monitoring/${file.name}`, file.text)),
        ]
      : []),
    ...(isLinux ? [text(`${name}.service`, unitOf(component, "/usr/local/bin"))] : []),
  ];
}
