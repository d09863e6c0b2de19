/**
 * What the demo shows: two tenants on one core. Acme has a NetBox (recorded from a real one) and an Armis that sees the same
 * devices and 7,000 more; Globex has a NetBox of its own. Same partition name, overlapping addresses, nothing in common.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Token that both replayed NetBoxes take. */
const NETBOX_TOKEN = "0123456789abcdef0123456789abcdef01234567";
/** Secret that the Armis takes. */
const ARMIS_SECRET = "demo-secret-key";

/** One tenant of the demo. */
export interface DemoTenant {
  readonly slug: string;
  readonly agentId: string;
  /** The payload that `source apply` takes, in the document's form. */
  readonly payload: {
    readonly poll_interval: string;
    readonly sources: Readonly<Record<string, object>>;
  };
}

/** Arguments of a NetBox that gives what was recorded from a real one, up to so many devices. */
export function netboxArguments(release: "4.5.10" | "4.6.8", devices: number): readonly string[] {
  const recorded = ["--folder", `test/recorded/netbox-${release}`, "--devices", String(devices)];
  return ["test/fakes/netbox-replay-server.ts", ...recorded, "--token", NETBOX_TOKEN];
}

/** Arguments of the Armis fake: recorded NetBox devices among as many more as make up `devices`. */
export function armisArguments(devices: number): readonly string[] {
  const recorded = ["--recorded", "test/recorded/netbox-4.6.8"];
  return [
    "test/fakes/armis-server.ts",
    "--devices",
    String(devices),
    "--seed",
    "7",
    "--secret-key",
    ARMIS_SECRET,
    ...recorded,
  ];
}

/** The tenants with their sources. */
export function tenantsOf(urls: {
  readonly newer: string;
  readonly older: string;
  readonly armis: string;
}): readonly DemoTenant[] {
  const netbox = (endpoint: string): object => ({
    type: "netbox",
    endpoint,
    credentials: { api_token: NETBOX_TOKEN },
  });
  const armis = { type: "armis", endpoint: urls.armis, credentials: { secret_key: ARMIS_SECRET } };
  return [
    {
      slug: "acme",
      agentId: "acme-agent",
      payload: {
        poll_interval: "10m",
        sources: { netbox_dc1: netbox(urls.newer), armis_prod: armis },
      },
    },
    {
      slug: "globex",
      agentId: "globex-agent",
      payload: { poll_interval: "10m", sources: { netbox_hq: netbox(urls.older) } },
    },
  ];
}

/** Writes a tenant's payload where `source apply` reads it. */
export async function writePayload(dir: string, { slug, payload }: DemoTenant): Promise<string> {
  const file = join(dir, `${slug}-sources.json`);
  await writeFile(file, `${JSON.stringify(payload, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}
