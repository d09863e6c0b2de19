import type { Queryable } from "../db/session.ts";
import { sha256Hex } from "../lib/hash.ts";
import { bundlePublicKey } from "./bundles.ts";
import type { Sealer } from "./secrets.ts";
import { configEntry } from "./source-settings.ts";
import { toldSources } from "./sources.ts";

/** What GetConfig tells an agent. */
export interface AgentConfig {
  /** "v" and a hash: the same for the same content on every replica. */
  readonly version: string;
  /** UTF-8 JSON, credentials in clear: for the agent's own mTLS connection alone. */
  readonly json: string;
}

/** The configuration of an agent: its enabled sources by name. No sources is a good configuration, it stops all. */
export async function agentConfig(
  db: Queryable,
  tenant: number,
  {
    agentId,
    gatewayId,
    sealer,
  }: { readonly agentId: string; readonly gatewayId: string; readonly sealer: Sealer },
): Promise<AgentConfig> {
  const sources = await toldSources(db, tenant, { agentId, sealer });
  const bundleKey = await bundlePublicKey(db, tenant, sealer);
  // The gateway's id differs between replicas, so it is left out of the version.
  const told = (gateway: string): string =>
    JSON.stringify({
      agent_id: agentId,
      sources: Object.fromEntries(
        sources.map((source) => [source.name, configEntry(source, gateway)]),
      ),
      ...(bundleKey === undefined ? {} : { bundle_key: bundleKey }),
    });
  return { version: `v${sha256Hex(told(""))}`, json: told(gatewayId) };
}
