/** The folder that an agent starts from: agent.json and its certificates. It may be moved to another host as a whole. */
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { isoTime, randomHex } from "../lib/clock.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";

/** What the folder is made of. */
export interface AgentFolder {
  readonly agentId: string;
  readonly partition: string;
  readonly gatewayAddress: string;
  readonly serverName: string;
  readonly rootPem: string;
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

const FILES = { config: "agent.json", root: "root.pem", chain: "agent.pem", key: "agent-key.pem" };

/**
 * Makes the folder ready before a certificate is asked for, so that none is issued in vain. Gives what undoes it. Throws
 * ConfigError naming `setting` where files would be lost (unless `force`) or the folder cannot be written.
 */
export async function prepareFolder(
  dir: string,
  { force, setting }: { readonly force: boolean; readonly setting: string },
): Promise<() => Promise<void>> {
  const there = Object.values(FILES).filter((name) => existsSync(join(dir, name)));
  if (there.length > 0 && !force) {
    throw new ConfigError(
      setting,
      `${dir} already holds ${there.join(", ")}; name another folder, or overwrite them with --force, and --renew where it is the same agent`,
    );
  }
  try {
    const made = await mkdir(dir, { recursive: true, mode: 0o700 });
    const probe = join(dir, `.${randomHex(4)}`);
    await writeFile(probe, "");
    await rm(probe);
    return async () => {
      if (made !== undefined) await rm(made, { recursive: true });
    };
  } catch (thrown) {
    throw new ConfigError(setting, `${dir} cannot be written: ${messageOf(thrown)}`);
  }
}

/** Copies the files that are there beside themselves, as "agent.json.bak.20261124-150000". Gives the copies. */
export async function backUpFolder(dir: string, nowMs: number): Promise<readonly string[]> {
  const stamp = isoTime(nowMs).replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const copies: string[] = [];
  for (const name of Object.values(FILES).filter((file) => existsSync(join(dir, file)))) {
    const copy = join(dir, `${name}.bak.${stamp}`);
    await copyFile(join(dir, name), copy);
    copies.push(copy);
  }
  return copies;
}

/** Writes the files, each whole or not at all; the key first and readable by its owner alone. Gives their paths. */
export async function writeFolder(
  dir: string,
  { setting, ...folder }: AgentFolder & { readonly setting: string },
): Promise<readonly string[]> {
  const files = [
    { name: FILES.key, text: folder.privateKeyPem, mode: 0o600 },
    { name: FILES.chain, text: folder.chainPem, mode: 0o644 },
    { name: FILES.root, text: folder.rootPem, mode: 0o644 },
    { name: FILES.config, text: configText(folder), mode: 0o644 },
  ];
  for (const file of files) await writeWhole(join(dir, file.name), { ...file, setting });
  return files.map(({ name }) => join(dir, name));
}

async function writeWhole(
  path: string,
  {
    text,
    mode,
    setting,
  }: { readonly text: string; readonly mode: number; readonly setting: string },
): Promise<void> {
  const draft = `${path}.${randomHex(4)}`;
  try {
    await writeFile(draft, text, { mode, flag: "wx", flush: true });
    await chmod(draft, mode);
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw new ConfigError(setting, `${path} cannot be written: ${messageOf(thrown)}`);
  }
}

/** agent.json with the fields of the original's; its folder is named relative to the file, so it goes where the file goes. */
function configText(folder: AgentFolder): string {
  const config = {
    agent_id: folder.agentId,
    partition: folder.partition,
    gateway_addr: folder.gatewayAddress,
    gateway_security: {
      mode: "mtls",
      cert_dir: ".",
      server_name: folder.serverName,
      role: "agent",
      tls: { cert_file: FILES.chain, key_file: FILES.key, ca_file: FILES.root },
    },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
