/** A bill of materials in the CycloneDX format (1.6, JSON) of what an executable really holds: the packages that its bundle was made of, Node, PostgreSQL. Pure. */
import type { Part } from "../package/notice.ts";

/** What a bill is of. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly timeSeconds: number;
  readonly parts: readonly Part[];
}

/** The bill as JSON text; the same for the same executable. */
export function sbomOf({ name, version, sha256, timeSeconds, parts }: Subject): string {
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(sha256)}`,
    version: 1,
    metadata: {
      timestamp: new Date(timeSeconds * 1_000).toISOString(),
      component: {
        type: "application",
        "bom-ref": `${name}@${version}`,
        name,
        version,
        licenses: [{ license: { id: "Apache-2.0" } }],
        hashes: [{ alg: "SHA-256", content: sha256 }],
      },
    },
    components: parts.map(componentOf),
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

function componentOf({ name, version, license, integrity }: Part): object {
  const isNpm = /^(?:@[a-z0-9-]+\/)?[a-z0-9.-]+$/.test(name) && integrity !== undefined;
  const purl = isNpm ? `pkg:npm/${name.replace("@", "%40")}@${version}` : undefined;
  const hash = integrity?.replace(/^sha512-/, "") ?? "";
  return {
    type: "library",
    "bom-ref": purl ?? `${name}@${version}`,
    name,
    version,
    ...(purl === undefined ? {} : { purl }),
    licenses: [
      / (?:OR|AND) /.test(license) ? { expression: license } : { license: licenseOf(license) },
    ],
    ...(hash === ""
      ? {}
      : { hashes: [{ alg: "SHA-512", content: Buffer.from(hash, "base64").toString("hex") }] }),
  };
}

/** A licence without an SPDX id of its own goes by a name. */
function licenseOf(license: string): object {
  return license.startsWith("LicenseRef-") ? { name: license } : { id: license };
}

/** A UUID (version 8: of one's own making) from a hash, so that a bill does not change with each build. */
function uuidOf(sha256: string): string {
  const hex = `${sha256.slice(0, 12)}8${sha256.slice(13, 16)}a${sha256.slice(17, 32)}`;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
