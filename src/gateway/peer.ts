/**
 * Who is calling: tenant, agent and partition, from the client certificate and nothing else. TLS has proved that the peer owns
 * the certificate and that it chains to a trusted root; which tenant's authority signed it is verified here.
 */
import { X509Certificate } from "node:crypto";

import { admissionOf } from "../control/agent-registration.ts";
import { readTrust, type Trust } from "../control/authorities.ts";
import { tenantOfCertificate } from "../control/peer-tenant.ts";
import { listTenants, type Tenant } from "../control/tenants.ts";
import type { TenantDbs } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readPeerName } from "../wire/peer-certificate.ts";
import { RpcFailure, type RpcStatus } from "../wire/rpc-error.ts";

/** A peer whose certificate was accepted. */
export interface Peer {
  readonly tenant: number;
  readonly tenantUid: string;
  readonly slug: string;
  readonly agentId: string;
  readonly partition: string;
  readonly certificateNotAfterMs: number;
  /** Of the certificate's DER, lower-case hex. */
  readonly sha256: string;
  /** The certificate was issued here. */
  readonly isListed: boolean;
  /** Labels of its common name. */
  readonly cnForm: 3 | 4;
}

/** Ids that a message claims; empty ones claim nothing. */
export interface ClaimedIds {
  readonly agentId: string;
  readonly partition?: string;
  readonly tenantId?: string;
  readonly tenantSlug?: string;
}

/** How long authorities and tenants are taken from memory, ms: a new tenant's agent waits no longer. */
const TRUST_MAX_AGE_MS = 1_000;

type PeerProblem = { readonly status: RpcStatus; readonly message: string };

/** Knows peers by their certificates. */
export class Peers {
  readonly #db: TenantDbs;
  readonly #clock: Clock;
  #trust:
    | { readonly readMs: number; readonly trust: Trust; readonly tenants: readonly Tenant[] }
    | undefined;

  constructor(db: TenantDbs, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** The peer of a certificate, or how its call is refused. */
  async identify(certificate: Buffer): Promise<Result<Peer, PeerProblem>> {
    const read = readPeerName(certificate);
    if (!read.ok) return refuse("UNAUTHENTICATED", "invalid client certificate");
    const name = read.value;
    if (name.componentType !== "agent") {
      return refuse("PERMISSION_DENIED", "component_type not authorized");
    }
    const { trust, tenants } = await this.#current();
    const slug = tenantOfCertificate(certificate, trust.tenants, this.#clock.now());
    const tenant = slug.ok ? tenants.find((candidate) => candidate.slug === slug.value) : undefined;
    if (tenant === undefined) return refuse("UNAUTHENTICATED", "tenant identity missing");
    if (name.tenantSlug !== undefined && name.tenantSlug !== tenant.slug) {
      return refuse("PERMISSION_DENIED", "tenant_slug mismatch");
    }
    const sha256 = sha256Hex(certificate);
    const who = { agentId: name.componentId, sha256 };
    const { admission, isListed } = await admissionOf(
      this.#db.forTenant(tenant.tenant),
      tenant.tenant,
      who,
    );
    if (admission !== "open") return refuse("PERMISSION_DENIED", ADMISSION_TEXT[admission]);
    return ok({
      ...who,
      tenant: tenant.tenant,
      tenantUid: tenant.uid,
      slug: tenant.slug,
      partition: name.partitionId,
      certificateNotAfterMs: new X509Certificate(certificate).validToDate.getTime(),
      isListed,
      cnForm: name.tenantSlug === undefined ? 3 : 4,
    });
  }

  async #current(): Promise<{ trust: Trust; tenants: readonly Tenant[] }> {
    const nowMs = this.#clock.now();
    if (this.#trust === undefined || nowMs - this.#trust.readMs > TRUST_MAX_AGE_MS) {
      this.#trust = {
        readMs: nowMs,
        trust: await readTrust(this.#db),
        tenants: await listTenants(this.#db),
      };
    }
    return this.#trust;
  }
}

const ADMISSION_TEXT = {
  agent_revoked: "agent revoked",
  certificate_revoked: "certificate revoked",
} as const;

function refuse(status: RpcStatus, message: string): Result<never, PeerProblem> {
  return err({ status, message });
}

/** Refuses a message whose ids are not its sender's. */
export function checkClaims(
  peer: Peer,
  { agentId, partition, tenantId, tenantSlug }: ClaimedIds,
): void {
  if (agentId.trim() === "") throw new RpcFailure("INVALID_ARGUMENT", "agent_id is required");
  if (agentId !== peer.agentId) throw new RpcFailure("PERMISSION_DENIED", "component_id mismatch");
  const differs = (claimed: string | undefined, actual: string): boolean =>
    (claimed ?? "").trim() !== "" && claimed?.trim() !== actual;
  if (differs(partition, peer.partition)) {
    throw new RpcFailure("PERMISSION_DENIED", "partition mismatch");
  }
  if (differs(tenantId, peer.tenantUid)) {
    throw new RpcFailure("PERMISSION_DENIED", "tenant_id mismatch");
  }
  if (differs(tenantSlug, peer.slug)) {
    throw new RpcFailure("PERMISSION_DENIED", "tenant_slug mismatch");
  }
}
