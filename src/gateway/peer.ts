/**
 * Who is calling: tenant, agent and partition, from the client certificate and nothing else. TLS has proved that the peer owns
 * the certificate and that it chains to a trusted root; which tenant's authority signed it is verified here.
 */
import { X509Certificate } from "node:crypto";

import { admissionOf, type Admission } from "../control/agent-registration.ts";
import { readTrust, type Trust } from "../control/authorities.ts";
import {
  certifierOf,
  tenantOfCertificate,
  type PeerTenantProblem,
} from "../control/peer-tenant.ts";
import type { RefusedCertificate } from "../control/refusals.ts";
import { listTenants, type Tenant } from "../control/tenants.ts";
import type { TenantDbs } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readPeerName } from "../wire/peer-certificate.ts";
import { RpcFailure, type RpcStatus } from "../wire/rpc-error.ts";

/** A peer whose certificate was accepted. */
export interface Peer extends RefusedCertificate {
  readonly tenant: number;
  readonly tenantUid: string;
  readonly slug: string;
  readonly agentId: string;
  readonly partition: string;
  readonly certificateNotAfterMs: number;
  /** The number of the tenant's authority that signed it. */
  readonly authorityNo: number;
  /** Distinguished name on one line, "CN=…, O=…". */
  readonly certificateIssuer: string;
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

/** Whose a certificate is that is not let in, as far as it can be told: tenant 0 where no tenant's authority signed it. */
export interface Refused {
  readonly tenant: number;
  readonly agentId: string;
  readonly certificate: RefusedCertificate | undefined;
}

type PeerProblem = {
  readonly status: RpcStatus;
  readonly message: string;
  readonly who: Refused;
};

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
    const refuse = async (
      status: RpcStatus,
      message: string,
    ): Promise<Result<never, PeerProblem>> =>
      err({ status, message, who: await this.whoIs(certificate) });
    const read = readPeerName(certificate);
    const marks = marksOf(certificate);
    if (!read.ok || marks === undefined) {
      return await refuse("UNAUTHENTICATED", "invalid client certificate");
    }
    const name = read.value;
    if (name.componentType !== "agent") {
      return await refuse("PERMISSION_DENIED", "component_type not authorized");
    }
    const { trust, tenants } = await this.#current();
    const slug = tenantOfCertificate(certificate, trust.tenants, this.#clock.now());
    if (!slug.ok) return await refuse("UNAUTHENTICATED", PROBLEM_TEXT[slug.error] ?? NO_TENANT);
    const tenant = tenants.find((candidate) => candidate.slug === slug.value);
    if (tenant === undefined) return await refuse("UNAUTHENTICATED", NO_TENANT);
    if (name.tenantSlug !== undefined && name.tenantSlug !== tenant.slug) {
      return await refuse("PERMISSION_DENIED", "tenant_slug mismatch");
    }
    const { authorityNo = 0 } = certifierOf(certificate, trust.tenants) ?? {};
    const shown = { agentId: name.componentId, authorityNo, ...marks };
    const { admission, isListed } = await admissionOf(
      this.#db.forTenant(tenant.tenant),
      tenant.tenant,
      shown,
    );
    if (admission !== "open") return await refuse("PERMISSION_DENIED", admissionText(admission));
    const { issuer, validToDate } = new X509Certificate(certificate);
    return ok({
      ...shown,
      tenant: tenant.tenant,
      tenantUid: tenant.uid,
      slug: tenant.slug,
      partition: name.partitionId,
      certificateNotAfterMs: validToDate.getTime(),
      certificateIssuer: issuer.replaceAll("\n", ", "),
      isListed,
      cnForm: name.tenantSlug === undefined ? 3 : 4,
    });
  }

  /** Whose a certificate is, whether or not it is let in; nothing in it is taken for proved but the signature of a tenant's authority. */
  async whoIs(certificate: Buffer): Promise<Refused> {
    const read = readPeerName(certificate);
    const { trust, tenants } = await this.#current();
    const slug = certifierOf(certificate, trust.tenants)?.tenant;
    return {
      tenant: tenants.find((candidate) => candidate.slug === slug)?.tenant ?? 0,
      agentId: read.ok ? read.value.componentId : "",
      certificate: marksOf(certificate),
    };
  }

  /** Refuses a peer that was let in and no longer would be: a call may go on for long. */
  async recheck(peer: Peer): Promise<void> {
    const { tenant, certificateNotAfterMs } = peer;
    if (this.#clock.now() > certificateNotAfterMs) throw certificateExpired();
    const { admission } = await admissionOf(this.#db.forTenant(tenant), tenant, peer);
    refuseUnlessOpen(admission);
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

/** The original's words for whatever gives no tenant. */
const NO_TENANT = "tenant identity missing";
const EXPIRED = "client certificate has expired";
/** What TLS finds when a connection is made, and this while it lasts. */
const PROBLEM_TEXT: Partial<Readonly<Record<PeerTenantProblem, string>>> = {
  expired: EXPIRED,
  not_yet_valid: "client certificate is not valid yet",
  authority_expired: "the client certificate's authority has expired",
};

/** "agent revoked" */
function admissionText(admission: Admission): string {
  return admission.replace("_", " ");
}

/** What ends a call whose certificate ended while it went on. */
export function certificateExpired(): RpcFailure {
  return new RpcFailure("UNAUTHENTICATED", EXPIRED);
}

/** Throws RpcFailure with what was revoked. */
export function refuseUnlessOpen(admission: Admission): void {
  if (admission === "open") return;
  throw new RpcFailure("PERMISSION_DENIED", admissionText(admission));
}

function marksOf(der: Buffer): RefusedCertificate | undefined {
  try {
    const { serialNumber } = new X509Certificate(der);
    return { serial: serialNumber.toLowerCase(), sha256: sha256Hex(der) };
  } catch {
    return undefined;
  }
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
