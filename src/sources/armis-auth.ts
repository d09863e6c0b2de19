import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { REDACTED, Secret } from "../lib/secret.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import { HttpError } from "./http-error.ts";
import type { HttpCall, HttpClient } from "./http.ts";

/**
 * What proves who we are. Armis itself takes one secret key; the pair is what ServiceRadar's agents of early 2026 send,
 * for what understands them.
 */
export type ArmisCredentials =
  | { readonly kind: "secret_key"; readonly secretKey: Secret }
  | { readonly kind: "api_key"; readonly apiKey: Secret; readonly apiSecret: Secret };

/** Reads the credentials of a source. The error names what is missing. */
export function armisCredentials(config: SourceConfig): Result<ArmisCredentials> {
  const { secret_key: secretKey, api_key: apiKey, api_secret: apiSecret } = config.credentials;
  if (secretKey !== undefined) return ok({ kind: "secret_key", secretKey });
  if (apiKey !== undefined && apiSecret !== undefined) {
    return ok({ kind: "api_key", apiKey, apiSecret });
  }
  if (apiKey !== undefined) return err("credentials.api_secret is missing beside api_key");
  if (apiSecret !== undefined) return err("credentials.api_key is missing beside api_secret");
  return err("credentials.secret_key is missing");
}

const TOKEN_PATH = "/api/v1/access_token/";
/** A token is renewed this long before its end, so that it does not end on the way ... */
const MARGIN_MS = 60_000;
/** ... or with this share of a short life left, else a life of a minute would be renewed for every page. */
const MARGIN_SHARE = 0.1;
/** What a header can hold; anything else in a token is a broken answer. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

type JsonRequest = Parameters<HttpClient["json"]>[0];
type JsonAnswer = Awaited<ReturnType<HttpClient["json"]>>;
type Token = { readonly authorization: Secret; readonly renewMs: number };

/** The access token of one source, kept over its pulls and renewed early. */
export class ArmisToken {
  readonly #credentials: ArmisCredentials;
  #token: Token | undefined;

  constructor(credentials: ArmisCredentials) {
    this.#credentials = credentials;
  }

  /** Value of the Authorization header. Throws HttpError `auth` where the credentials are refused. */
  async authorization(client: HttpClient, call: HttpCall): Promise<Secret> {
    const nowMs = (call.clock ?? systemClock).now();
    if (this.#token === undefined || this.#token.renewMs <= nowMs) {
      this.#token = tokenOf(await this.#ask(client, call), this.#credentials, call);
    }
    return this.#token.authorization;
  }

  /** The token was refused: the next question asks for a new one. */
  forget(): void {
    this.#token = undefined;
  }

  async #ask(client: HttpClient, call: HttpCall): Promise<JsonAnswer> {
    try {
      return await client.json(tokenRequest(this.#credentials), call);
    } catch (thrown) {
      throw thrown instanceof HttpError ? refusal(thrown, this.#credentials) : thrown;
    }
  }
}

function tokenRequest(credentials: ArmisCredentials): JsonRequest {
  const request = { method: "POST", path: TOKEN_PATH } as const;
  if (credentials.kind === "secret_key") {
    return { ...request, form: { secret_key: credentials.secretKey } };
  }
  const { apiKey, apiSecret } = credentials;
  return { ...request, json: { api_key: apiKey.reveal(), api_secret: apiSecret.reveal() } };
}

/** Armis answers a wrong secret with 400. Whatever it says, the secret is not repeated. */
function refusal(failure: HttpError, credentials: ArmisCredentials): HttpError {
  const isRefused = failure.status !== undefined && [400, 401, 403].includes(failure.status);
  const named = isRefused ? `credentials.${credentials.kind} is refused: ` : "";
  let message = `${named}${failure.message}`;
  for (const secret of Object.values(credentials)) {
    if (secret instanceof Secret) message = message.replaceAll(secret.reveal(), REDACTED);
  }
  return new HttpError(message, {
    code: isRefused ? "auth" : failure.code,
    retry: failure.retry,
    status: failure.status,
    retryAfterMs: failure.retryAfterMs,
  });
}

type Json = Readonly<Record<string, unknown>>;

function tokenOf(answer: JsonAnswer, { kind }: ArmisCredentials, call: HttpCall): Token {
  const body = answer.body as { readonly data?: Json | null } | null;
  const token = body?.data?.["access_token"];
  if (typeof token !== "string" || !VISIBLE_ASCII.test(token)) {
    const why = `POST ${TOKEN_PATH} answered without an access token`;
    throw new HttpError(why, { code: "bad_data", retry: "permanent", status: answer.status });
  }
  const nowMs = (call.clock ?? systemClock).now();
  const lifeMs = lifeOf(body?.data?.["expiration_utc"], answer, nowMs);
  return {
    authorization: new Secret(kind === "secret_key" ? token : `Bearer ${token}`),
    renewMs: nowMs + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE),
  };
}

/** Measured on the server's own clock, for ours may be wrong. Without a sensible end, a 401 tells when. */
function lifeOf(expiration: unknown, answer: JsonAnswer, nowMs: number): number {
  const serverMs = Date.parse(String(answer.headers["date"]));
  const end = typeof expiration === "string" ? Date.parse(expiration) : Number.NaN;
  const lifeMs = end - (Number.isNaN(serverMs) ? nowMs : serverMs);
  return lifeMs > 0 ? lifeMs : Number.POSITIVE_INFINITY;
}
