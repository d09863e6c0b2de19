import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createKey } from "../../src/control/pki-keys.ts";
import type { Authority } from "../../src/control/pki-sign.ts";
import {
  createRootCa,
  createTenantCa,
  issueAgentCertificate,
  issueServerCertificate,
} from "../../src/control/pki.ts";
import { parseTenantSlug, type TenantSlug } from "../../src/model/tenant.ts";
import { removeFolder } from "./remove-folder.ts";

/** A certificate chain and its key, as a TLS peer presents them. PEM. */
export interface TestIdentity {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

/** A root, two tenants under it, a gateway, and an agent of each tenant. */
export interface TestCerts {
  readonly root: Authority;
  readonly acme: Authority;
  readonly globex: Authority;
  readonly server: TestIdentity;
  /** agent-01 of tenant acme, partition default. */
  readonly agent: TestIdentity;
  /** agent-01 of tenant globex, partition default. */
  readonly otherAgent: TestIdentity;
}

/** The slug of a test's tenant. */
export function slug(text: string): TenantSlug {
  const parsed = parseTenantSlug(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** Makes the whole set in memory; P-256 keys, so this takes some tens of milliseconds. */
export async function makeCerts(nowMs: number = Date.now()): Promise<TestCerts> {
  const root = await createRootCa({ nowMs });
  const acme = await createTenantCa({ root, slug: slug("acme"), nowMs });
  const globex = await createTenantCa({ root, slug: slug("globex"), nowMs });
  const [server, agent, otherAgent] = await Promise.all([
    issueServerCertificate({ issuer: root, names: [], nowMs }),
    makeAgent(acme, { tenant: "acme", nowMs }),
    makeAgent(globex, { tenant: "globex", nowMs }),
  ]);
  return { root, acme, globex, server, agent, otherAgent };
}

/** Makes an agent's key and has `issuer` certify it. */
export async function makeAgent(
  issuer: Authority,
  options: {
    readonly tenant: string;
    readonly agentId?: string;
    readonly partition?: string;
    readonly cnForm?: 3 | 4;
    readonly nowMs?: number;
  },
): Promise<TestIdentity> {
  const { tenant, agentId = "agent-01", partition = "default", cnForm = 4 } = options;
  const key = await createKey();
  const issued = await issueAgentCertificate({
    issuer,
    publicKeyDer: key.publicKeyDer,
    agent: { agentId, partition, tenant: slug(tenant), cnForm },
    nowMs: options.nowMs ?? Date.now(),
  });
  return { ...issued, privateKeyPem: key.privateKeyPem };
}

/** The set as files of a new temporary folder, named as the product names them; disposing of it removes the folder. */
export async function writeCerts(
  certs: TestCerts,
): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), "certs-"));
  const files = {
    "root.pem": certs.root.certificatePem,
    "gateway.pem": certs.server.chainPem,
    "gateway-key.pem": certs.server.privateKeyPem,
    "component.pem": certs.agent.chainPem,
    "component-key.pem": certs.agent.privateKeyPem,
    "ca-chain.pem": certs.root.certificatePem,
  };
  await Promise.all(
    Object.entries(files).map(([name, pem]) => writeFile(join(dir, name), pem, { mode: 0o600 })),
  );
  return { dir, [Symbol.asyncDispose]: () => removeFolder(dir) };
}
