/**
 * An enrolment token: all that an agent needs to get its first certificate, in one line that can be pasted. It says where to
 * ask and by which key the answer is known, so the first contact already cannot be intercepted. Pure.
 */
import { err, ok, type Result } from "../lib/result.ts";

/** What a token says. */
export interface EnrolmentToken {
  readonly tokenId: string;
  /** Tenant number in the core that made it. */
  readonly tenant: number;
  /** Proves that the token was given, and not guessed. */
  readonly secret: string;
  readonly agentId: string;
  /** SHA-256 of the platform authority's public key (SubjectPublicKeyInfo), lower-case hex. */
  readonly caSpkiSha256: string;
  /** A name in the certificate of whoever answers. */
  readonly serverName: string;
  /** "host:port" of the gateway, where it is known. */
  readonly gatewayAddress?: string;
  /** Where to enrol, where it is known. */
  readonly coreUrl?: string;
  readonly expiresMs: number;
}

/** By which people and secret scanners know what it is. */
const PREFIX = "srenrol1";
/** Longer texts are no token, characters. */
const CHARS_MAX = 4_096;

/** What is signed: everything of a token but its signature. */
export function enrolmentTokenBody(token: EnrolmentToken): string {
  const json = JSON.stringify({
    id: token.tokenId,
    tenant: token.tenant,
    secret: token.secret,
    agent_id: token.agentId,
    ca_spki_sha256: token.caSpkiSha256,
    server_name: token.serverName,
    gateway_addr: token.gatewayAddress,
    core_url: token.coreUrl,
    expires_at: Math.floor(token.expiresMs / 1_000),
  });
  return `${PREFIX}.${Buffer.from(json).toString("base64url")}`;
}

/** A token as text: body and signature. */
export function formatEnrolmentToken(body: string, signature: Uint8Array): string {
  return `${body}.${Buffer.from(signature).toString("base64url")}`;
}

/** Reads a token. Its signature is not checked here. The error is a sentence that repeats nothing of it. */
export function parseEnrolmentToken(
  text: string,
): Result<{ readonly token: EnrolmentToken; readonly body: string; readonly signature: Buffer }> {
  const trimmed = text.trim();
  const [prefix, encoded, signature, ...rest] = trimmed.split(".");
  const isWhole = prefix === PREFIX && signature !== undefined && rest.length === 0;
  if (!isWhole || trimmed.length > CHARS_MAX) {
    return err(`is not an enrolment token; one begins with "${PREFIX}." and is one line`);
  }
  const token = tokenOf(encoded ?? "");
  if (token === undefined) return err("is damaged; was it copied whole?");
  const body = `${prefix}.${encoded}`;
  return ok({ token, body, signature: Buffer.from(signature, "base64url") });
}

function tokenOf(encoded: string): EnrolmentToken | undefined {
  const read = jsonOf(encoded);
  const text = (name: string): string => {
    const value = read[name];
    return typeof value === "string" ? value : "";
  };
  const [tenant, expires] = [Number(read["tenant"]), Number(read["expires_at"])];
  const required = {
    tokenId: text("id"),
    secret: text("secret"),
    agentId: text("agent_id"),
    caSpkiSha256: text("ca_spki_sha256"),
    serverName: text("server_name"),
  };
  if (!Object.values(required).every((value) => value !== "")) return undefined;
  if (!Number.isSafeInteger(tenant) || !Number.isSafeInteger(expires)) return undefined;
  return {
    ...required,
    tenant,
    expiresMs: expires * 1_000,
    ...(text("gateway_addr") === "" ? {} : { gatewayAddress: text("gateway_addr") }),
    ...(text("core_url") === "" ? {} : { coreUrl: text("core_url") }),
  };
}

function jsonOf(encoded: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
