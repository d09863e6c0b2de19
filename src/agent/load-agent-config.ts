import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";

import { ConfigError, messageOf } from "../lib/errors.ts";
import { parseJsonText } from "../lib/json-text.ts";
import { readPeerName } from "../wire/peer-certificate.ts";
import { clientTlsPaths, loadClientTls } from "../wire/tls.ts";
import { parseAgentConfig, type AgentConfig } from "./agent-config.ts";
import { Credentials, finishRenewal, type CredentialFiles } from "./credentials.ts";

/** Everything an agent reads from its disk at the start. */
export interface LoadedAgentConfig {
  readonly config: AgentConfig & { readonly partition: string };
  readonly credentials: Credentials;
  readonly keyPath: string;
  readonly warnings: readonly string[];
}

/**
 * Reads agent.json and the certificates it names, and holds them against each other: a gateway would refuse an agent id or a
 * partition that is not its certificate's, but could not say where it stands. Throws ConfigError naming the setting.
 */
export async function loadAgentConfig(path: string): Promise<LoadedAgentConfig> {
  const json = await readJson(path);
  const { config, warnings } = parseAgentConfig(json);
  const { block, setting } = config.security;
  const files = credentialFiles(besideFile(block, path), setting);
  await finishRenewal(files);
  const tls = await loadClientTls(files.block, setting);
  const name = readPeerName(Buffer.from(tls.chainPem));
  if (!name.ok) throw new ConfigError(`${setting}.tls.cert_file`, name.error);
  const { componentId, partitionId } = name.value;
  check("agent_id", config.agentId, componentId);
  check("partition", config.partition ?? partitionId, partitionId);
  const credentials = new Credentials(files, tls);
  const dataDir = dataDirOf(json, config.dataDir, path);
  const { keyPath } = files;
  return { config: { ...config, partition: partitionId, dataDir }, credentials, keyPath, warnings };
}

/** Where packages put agent.json; there, and only there, its data lies under /var/lib. */
const PACKAGED_DIR = "/etc/serviceradar";

/** Where nothing is said, a folder beside the file, so that several agents of one host do not meet. */
function dataDirOf(json: unknown, dataDir: string, path: string): string {
  const folder = dirname(resolve(path));
  const isSaid = (json as { readonly data_dir?: unknown }).data_dir !== undefined;
  if (isSaid) return resolve(folder, dataDir);
  return folder === PACKAGED_DIR ? dataDir : join(folder, "data");
}

function check(setting: string, configured: string, certified: string): void {
  if (configured === certified) return;
  const why = `is "${configured}", but the certificate was issued for "${certified}"`;
  throw new ConfigError(setting, `${why}; use that, or the certificate that belongs to this agent`);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((thrown: unknown) => {
    const isMissing = (thrown as NodeJS.ErrnoException).code === "ENOENT";
    throw new ConfigError(
      "--config",
      isMissing
        ? `${path} is not there; name the agent.json that the core's "agent create" wrote`
        : `${path} cannot be read: ${messageOf(thrown)}`,
    );
  });
  const parsed = parseJsonText(text);
  if (!parsed.ok) throw new ConfigError("--config", `${path} ${parsed.error}`);
  return parsed.value;
}

/** A relative cert_dir is taken from where the file lies, so that a folder with both can be moved. */
function besideFile(block: unknown, path: string): unknown {
  if (typeof block !== "object" || block === null) return block;
  const dir = (block as { readonly cert_dir?: unknown }).cert_dir;
  if (typeof dir !== "string" || dir === "" || isAbsolute(dir)) return block;
  return { ...block, cert_dir: resolve(dirname(path), dir) };
}

function credentialFiles(block: unknown, setting: string): CredentialFiles {
  const { cert: certPath, key: keyPath } = clientTlsPaths(block, setting);
  return { block, setting, certPath, keyPath };
}
