/** A core in this process: database, authorities, two tenants, a gateway on a free port, a worker that is run when asked. */
import { randomBytes, X509Certificate } from "node:crypto";

import { Snapshots } from "../../src/api/snapshots.ts";
import { registerAgent } from "../../src/control/agent-registration.ts";
import { findAgent } from "../../src/control/agents.ts";
import { Authorities } from "../../src/control/authorities.ts";
import { Sealer } from "../../src/control/secrets.ts";
import { readSource } from "../../src/control/source-settings.ts";
import { applySource } from "../../src/control/sources.ts";
import { createTenant, findTenant, type Tenant } from "../../src/control/tenants.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { Worker } from "../../src/dire/worker.ts";
import { openGateway, type RunningGateway } from "../../src/gateway/gateway.ts";
import { systemClock, type Clock } from "../../src/lib/clock.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { CertificateSupply } from "../../src/lib/server-certificate.ts";
import { GatewayClient } from "../../src/wire/client.ts";
import { MESSAGE_LIMITS_DEFAULT, type MessageLimits } from "../../src/wire/limits.ts";
import { makeAgent, slug, type TestIdentity } from "./certs.ts";
import { layLine, type LineOptions } from "./database-line.ts";
import { freshDatabase } from "./database.ts";

/** How a test's core differs from the usual one. */
export interface TestCoreOptions {
  readonly chunksMax?: number;
  readonly limits?: MessageLimits;
  /** The gateway's. */
  readonly clock?: Clock;
  /** How the line to its database behaves; absent: it has none of its own. */
  readonly line?: LineOptions;
  /** The gateway's certificate; absent: one of its own. */
  readonly certificate?: CertificateSupply;
  /** Told after each commit of a chunk, before the gateway answers. */
  readonly onStored?: () => void;
}

/** How a client differs from a good agent's. */
interface TestClientOptions {
  readonly caPem?: string;
  readonly serverName?: string;
  readonly limits?: MessageLimits;
}

/** A core that a test talks to. */
export interface TestCore {
  readonly db: Db;
  readonly sealer: Sealer;
  readonly authorities: Authorities;
  readonly rootPem: string;
  readonly gateway: RunningGateway;
  readonly acme: Tenant;
  readonly globex: Tenant;
  /** Certifies an agent of a tenant and registers it; one that was revoked is let in again. */
  agent(tenant: Tenant, agentId: string, partition?: string): Promise<TestIdentity>;
  /** Makes a source of an agent; gives its sync_service_id. */
  source(
    tenant: Tenant,
    agentId: string,
    value: {
      readonly name: string;
      readonly type?: string;
      readonly endpoint?: string;
      readonly token?: string;
    },
  ): Promise<string>;
  /** A client with an agent's certificate. Closed with the test. */
  client(identity: TestIdentity, options?: TestClientOptions): GatewayClient;
  /** Works everything that waits. */
  work(): Promise<void>;
}

type Hooks = { readonly after: (end: () => Promise<void>) => void };

const log = silentLog();

/** Starts it; stopped after the test. */
export async function startTestCore(t: Hooks, options: TestCoreOptions = {}): Promise<TestCore> {
  const db = await databaseOf(t, options.line);
  const sealer = new Sealer(randomBytes(32));
  const authorities = new Authorities(sealer, systemClock);
  const root = await authorities.root(db);
  for (const name of ["acme", "globex"]) {
    await createTenant(db, { slug: slug(name), name, actor: "test", authorities });
  }
  const acme = await tenantOf(db, "acme");
  const globex = await tenantOf(db, "globex");
  const snapshots = new Snapshots({ db, clock: systemClock, log });
  const context = {
    db,
    snapshots,
    sealer,
    clock: options.clock ?? systemClock,
    log,
    gatewayId: "gw-test",
    chunksMax: options.chunksMax ?? 1_000,
    onStored: options.onStored ?? (() => {}),
  };
  const gateway = await openGateway({
    context,
    authorities,
    limits: options.limits ?? MESSAGE_LIMITS_DEFAULT,
    listen: "127.0.0.1:0",
    names: [],
    certificate: options.certificate,
  });
  const clients: GatewayClient[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    await gateway.stop(1_000);
    await snapshots.settle();
  });
  return {
    db,
    sealer,
    authorities,
    rootPem: root.certificatePem,
    gateway,
    acme,
    globex,
    agent: async (tenant, agentId, partition = "default") => {
      const issuer = await authorities.issuer(db, tenant.tenant);
      const made = await makeAgent(issuer, { tenant: tenant.slug, agentId, partition });
      const leaf = new X509Certificate(made.certificatePem);
      const known = await findAgent(db, tenant.tenant, agentId);
      const renew = known !== undefined && known.revokedMs === undefined;
      const registered = await registerAgent(db, tenant.tenant, {
        wanted: { agentId, partition, renew },
        certificate: { sha256: sha256Hex(leaf.raw), notAfterMs: leaf.validToDate.getTime() },
        actor: "test",
      });
      if (!registered.ok) throw new Error(registered.error.message);
      return made;
    },
    source: async (tenant, agentId, { name, type = "netbox", endpoint, token }) => {
      const draft = readSource(name, {
        type,
        endpoint: endpoint ?? "https://source.example.net",
        credentials: { api_token: token ?? "secret-token" },
      });
      if (!draft.ok) throw new Error(draft.error);
      const applied = await applySource(db, tenant.tenant, {
        draft: draft.value,
        agentId,
        actor: "test",
        sealer,
      });
      if (!applied.ok) throw new Error(applied.error);
      return applied.value.source.serviceId;
    },
    client: (
      { chainPem, privateKeyPem },
      { caPem = root.certificatePem, serverName, limits = MESSAGE_LIMITS_DEFAULT } = {},
    ) => {
      const tls = { caPem, chainPem, privateKeyPem, ...(serverName && { serverName }) };
      const client = new GatewayClient({
        address: `127.0.0.1:${gateway.port}`,
        tls,
        limits,
        clock: systemClock,
      });
      clients.push(client);
      return client;
    },
    work: () => workAll(db),
  };
}

async function databaseOf(t: Hooks, line: LineOptions | undefined): Promise<Db> {
  const { db: own, url } = await freshDatabase(t);
  if (line === undefined) return own;
  const laid = await layLine(url, line);
  const db = openPool({ address: laid, max: 4, applicationName: "test", log });
  t.after(async () => {
    await db.end();
    await laid[Symbol.asyncDispose]();
  });
  return db;
}

async function tenantOf(db: Db, name: string): Promise<Tenant> {
  const tenant = await findTenant(db, name);
  if (tenant === undefined) throw new Error(`tenant ${name} was not made`);
  return tenant;
}

async function workAll(db: Db): Promise<void> {
  const worker = new Worker({ db, clock: systemClock, log, chunksPerTx: 10, tenantsInFlight: 1 });
  const running = worker.run();
  await worker.whenIdle();
  worker.stop();
  await running;
}
