/**
 * What the demo shows: two tenants on one core. Acme has a NetBox (recorded from a real one), an Armis that sees the same
 * devices and 7,000 more, and the Armis of a plant that gets much wrong; Globex has a NetBox of its own. Same partition name,
 * overlapping addresses, nothing in common.
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

/**
 * Tags of the plant whose serials become those of known devices: more than the storm brake lets pass, which is 50 devices or
 * one in a hundred.
 */
function plantTags(devices: number): number {
  return 60 + Math.ceil(devices * 0.012);
}

/** Arguments of the plant's Armis, beside sources of up to so many devices. */
export function plantArguments(devices: number): readonly string[] {
  const known = ["--recorded", "test/recorded/netbox-4.6.8"];
  const tags = ["--tags", String(plantTags(devices)), "--secret-key", ARMIS_SECRET];
  return ["test/fakes/armis-plant-server.ts", ...known, ...tags];
}

/** Name of the plant's source. */
export const PLANT = "armis_plant";

/** The payload of the plant's source. */
export function plantPayload(endpoint: string): DemoTenant["payload"] {
  const plant = { type: "armis", endpoint, credentials: { secret_key: ARMIS_SECRET } };
  return { poll_interval: "10m", sources: { [PLANT]: plant } };
}

/** The payload of one of the replayed NetBoxes. */
export function netboxPayload(name: string, endpoint: string): DemoTenant["payload"] {
  const netbox = { type: "netbox", endpoint, credentials: { api_token: NETBOX_TOKEN } };
  return { poll_interval: "10m", sources: { [name]: netbox } };
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
