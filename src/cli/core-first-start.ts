/** What to type after a first start, as it can be pasted where `serve` was typed. Pure. */
import type { Environment } from "../lib/env.ts";
import { invocation, quoted } from "./invocation.ts";

/** A core that runs and has no agents. */
export interface FirstStart {
  /** Slugs of its tenants. */
  readonly tenants: readonly string[];
  /** "host:port" that the gateway listens on; absent in a process that has none. */
  readonly gateway: string | undefined;
  /** Further names in its certificate. */
  readonly gatewayNames: readonly string[];
  /** Absent: the default one, which commands find by themselves. */
  readonly dataDir: string | undefined;
  readonly env: Environment;
}

/** "every address", which nobody can dial: without a name it is known that an agent beside its core gets there. */
const EVERY_ADDRESS = /^(?:0\.0\.0\.0|\[::\])?(?=:\d+$)/;

/** The smallest payload of a source; docs/configuration.md has every member. */
const SMALLEST_PAYLOAD =
  '{"sources": {"netbox": {"type": "netbox", "endpoint": "https://netbox.example.com", "credentials": {"api_token": "..."}}}}';

/** "host:port" that agents dial of a gateway that listens on `address` and whose certificate has further `names`: the first of these. */
export function dialledGateway(address: string, names: readonly string[]): string {
  const [name] = names;
  if (name === undefined) return address.replace(EVERY_ADDRESS, "localhost");
  const port = /:\d+$/.exec(address)?.[0] ?? "";
  return `${name.includes(":") ? `[${name}]` : name}${port}`;
}

/** Lines from an empty core to the devices of a source. */
export function nextSteps(start: FirstStart): readonly string[] {
  const { tenants, gateway = "HOST:50052", gatewayNames, dataDir, env } = start;
  const core = invocation("serviceradar-core", env);
  const [tenant = "default", ...others] = tenants;
  const whose = others.length === 0 ? "" : ` --tenant ${tenant}`;
  const where = `${whose}${dataDir === undefined ? "" : ` --data-dir ${quoted(dataDir)}`}`;
  const dialled = dialledGateway(gateway, gatewayNames);
  return [
    "Next, in another terminal: make an agent, give it a source, start it, see the devices:",
    `  ${core} agent create --agent-id agent-1 --gateway-addr ${dialled}${where}`,
    `  ${core} source apply sources.json${where}`,
    `  ${invocation("serviceradar-agent", env)} run --config agent-1/agent.json`,
    `  ${core} devices list${where}`,
    "where sources.json is, for a NetBox:",
    `  ${SMALLEST_PAYLOAD}`,
  ];
}
