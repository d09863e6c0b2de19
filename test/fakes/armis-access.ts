/** Who may ask, and for how long. */
export interface ArmisAccessOptions {
  /** Taken as form field `secret_key`. */
  readonly secretKey?: string;
  /** Taken as JSON, where given: the form that newer ServiceRadar agents were written for. */
  readonly apiKey?: { readonly key: string; readonly secret: string };
  /** How a token must be sent. */
  readonly scheme?: "bare" | "bearer";
  readonly tokenLifeMs?: number;
  /** A token dies after so many searches, as if its life ended in the middle of a run. */
  readonly searchesPerToken?: number;
  readonly now?: () => number;
}

/** What the fake's only user must know, where a test says nothing else. */
export const ARMIS_SECRET = "fake-armis-secret-key";

/** Fifteen minutes, as the vendor's newer interface has it; that of v1 is not public. */
const TOKEN_LIFE_MS = 900_000;

/** Tokens given out and still valid. */
export class ArmisAccess {
  readonly #options: ArmisAccessOptions;
  readonly #tokens = new Map<string, { readonly expiresMs: number; searchesLeft: number }>();
  #granted = 0;

  constructor(options: ArmisAccessOptions) {
    this.#options = options;
  }

  /** A token for the right secret, in the words of the answer. */
  grant(
    contentType: string,
    body: string,
  ): { readonly access_token: string; readonly expiration_utc: string } | undefined {
    if (!this.#knows(contentType, body)) return undefined;
    this.#granted += 1;
    const token = `armis-token-${this.#granted}-${"x".repeat(32)}`;
    const expiresMs = this.#nowMs() + (this.#options.tokenLifeMs ?? TOKEN_LIFE_MS);
    const searchesLeft = this.#options.searchesPerToken ?? Number.POSITIVE_INFINITY;
    this.#tokens.set(token, { expiresMs, searchesLeft });
    return {
      access_token: token,
      expiration_utc: new Date(expiresMs).toISOString().replace("Z", "000+00:00"),
    };
  }

  /** Whether a search with this Authorization header is let in; counts it. */
  accepts(header: string | undefined): boolean {
    const prefix = this.#options.scheme === "bearer" ? "Bearer " : "";
    if (header?.startsWith(prefix) !== true) return false;
    const token = this.#tokens.get(header.slice(prefix.length));
    if (token === undefined || token.expiresMs <= this.#nowMs()) return false;
    token.searchesLeft -= 1;
    return token.searchesLeft >= 0;
  }

  /** Makes every token invalid. */
  expireAll(): void {
    this.#tokens.clear();
  }

  #knows(contentType: string, body: string): boolean {
    const { apiKey, secretKey = ARMIS_SECRET } = this.#options;
    if (contentType.startsWith("application/x-www-form-urlencoded")) {
      return new URLSearchParams(body).get("secret_key") === secretKey;
    }
    if (apiKey === undefined || !contentType.startsWith("application/json")) return false;
    const sent = JSON.parse(body) as Readonly<Record<string, unknown>>;
    return sent["api_key"] === apiKey.key && sent["api_secret"] === apiKey.secret;
  }

  #nowMs(): number {
    return this.#options.now?.() ?? Date.now();
  }
}
