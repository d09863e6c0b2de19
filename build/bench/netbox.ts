/**
 * Reading a NetBox that takes its time: a fake in a process of its own that answers each request after LATENCY_MS, read to its end by one
 * request at a time and by several. What the fake itself costs is in it, so the factors are floors.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { silentLog } from "../../src/lib/log.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import { secrets, sourceConfig } from "../../test/support/source-config.ts";
import { Program } from "../process/program.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";

/** A page of 250 interfaces or addresses on a quiet server of its own. */
const LATENCY_MS = 60;
/** More would only repeat the same. */
const DEVICES_MAX = 10_000;
const CONCURRENT = [1, 2, 4, 8, 16];

/** The section. */
export const netbox: Section = {
  name: "netbox",
  run: async (options) => {
    const devices = Math.min(DEVICES_MAX, ...options.devices);
    const dir = await mkdtemp(join(tmpdir(), "serviceradar-bench-netbox-"));
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const args = ["test/fakes/netbox-server.ts", "--latency-ms", String(LATENCY_MS)];
    args.push("--devices", String(devices));
    const fake = stack.use(new Program("netbox", { args, logFile: join(dir, "netbox.log") }));
    const server = JSON.parse(await fake.line('"url"')) as Server;
    const readings: Reading[] = [];
    for (const concurrent of CONCURRENT) {
      const seconds = await read(server, { ...options, devices, concurrent });
      const factor = (readings[0]?.seconds ?? seconds) / seconds;
      readings.push({
        concurrent_requests: concurrent,
        seconds: rounded(seconds),
        devices_per_second: rounded(devices / seconds),
        speed_relative_to_one: rounded(factor),
      });
    }
    return { devices, latency_ms: LATENCY_MS, readings };
  },
};

type Server = { readonly url: string; readonly token: string };
type Reading = {
  readonly concurrent_requests: number;
  readonly seconds: number;
  readonly devices_per_second: number;
  readonly speed_relative_to_one: number;
};
type Asked = BenchOptions & { readonly concurrent: number };

async function read(
  { url, token }: Server,
  { devices, concurrent, tell, signal }: Omit<Asked, "devices"> & { readonly devices: number },
): Promise<number> {
  tell(`netbox: ${devices} devices, ${concurrent} requests at a time`);
  const credentials = secrets({ api_token: token });
  const settings = { type: "netbox", endpoint: url, credentials, concurrentRequests: concurrent };
  const opened = netboxSource.open(sourceConfig(settings));
  if (!opened.ok) throw new Error(opened.error);
  const startedMs = performance.now();
  let seen = 0;
  for await (const page of opened.value.pull({ signal, log: silentLog() })) {
    seen += page.devices.length;
  }
  if (seen !== devices) throw new Error(`${seen} of ${devices} devices came`);
  return (performance.now() - startedMs) / 1_000;
}
