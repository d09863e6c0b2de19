/** An OpenID Connect provider: discovery, code flow with PKCE, ES256 id tokens; its faults are switches. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { sha256, sha256Hex } from "../../src/lib/hash.ts";

/** What the provider does wrong. */
export type OidcFault = "nonce" | "signature" | "audience" | "expired" | "pkce";

/** A provider that runs. */
export interface FakeOidc {
  readonly issuer: URL;
  readonly clientSecret: string;
  /** Claims of whoever logs in next. */
  claims: Readonly<Record<string, unknown>>;
  fault: OidcFault | undefined;
  readonly stop: () => Promise<void>;
}

/** What the client is known as. */
export const CLIENT_ID = "serviceradar";
const LIFE_S = 300;

type Asked = { readonly challenge: string; readonly nonce: string; readonly redirectUri: string };

const base64url = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Starts it on a free port. */
export async function startOidc(): Promise<FakeOidc> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const stranger = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const jwk = await crypto.subtle.exportKey("jwk", keys.publicKey);
  const codes = new Map<string, Asked>();
  const clientSecret = "of the client";

  const idToken = async ({ nonce }: Asked): Promise<string> => {
    const nowS = Math.floor(Date.now() / 1_000) - (fake.fault === "expired" ? 2 * LIFE_S : 0);
    const header = base64url({ alg: "ES256", kid: "one" });
    const payload = base64url({
      iss: fake.issuer.href.replace(/\/$/, ""),
      aud: fake.fault === "audience" ? "another" : CLIENT_ID,
      iat: nowS,
      exp: nowS + LIFE_S,
      nonce: fake.fault === "nonce" ? "another" : nonce,
      ...fake.claims,
    });
    const { privateKey } = fake.fault === "signature" ? stranger : keys;
    const signed = new TextEncoder().encode(`${header}.${payload}`);
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      privateKey,
      signed,
    );
    return `${header}.${payload}.${Buffer.from(signature).toString("base64url")}`;
  };

  const routes: Readonly<Record<string, (body: URLSearchParams) => Promise<object | undefined>>> = {
    "/.well-known/openid-configuration": () => {
      const at = fake.issuer.href.replace(/\/$/, "");
      return Promise.resolve({
        issuer: at,
        authorization_endpoint: `${at}/authorize`,
        token_endpoint: `${at}/token`,
        jwks_uri: `${at}/jwks`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        code_challenge_methods_supported: ["S256"],
      });
    },
    "/jwks": () => Promise.resolve({ keys: [{ ...jwk, kid: "one", alg: "ES256", use: "sig" }] }),
    "/token": async (body) => {
      const asked = codes.get(body.get("code") ?? "");
      const challenge = sha256(body.get("code_verifier") ?? "").toString("base64url");
      const isRight =
        asked !== undefined &&
        fake.fault !== "pkce" &&
        challenge === asked.challenge &&
        body.get("client_secret") === clientSecret &&
        body.get("redirect_uri") === asked.redirectUri;
      if (!isRight) return undefined;
      codes.delete(body.get("code") ?? "");
      return { access_token: "unused", token_type: "bearer", id_token: await idToken(asked) };
    },
  };

  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const url = new URL(request.url ?? "/", "http://fake");
      if (url.pathname === "/authorize") {
        const get = (name: string): string => url.searchParams.get(name) ?? "";
        const code = sha256Hex(get("state"));
        const asked = { challenge: get("code_challenge"), nonce: get("nonce") };
        codes.set(code, { ...asked, redirectUri: get("redirect_uri") });
        const back = new URL(get("redirect_uri"));
        back.search = new URLSearchParams({ code, state: get("state") }).toString();
        response.writeHead(302, { location: back.href }).end();
        return;
      }
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = new URLSearchParams(Buffer.concat(parts).toString());
      const json = await routes[url.pathname]?.(body);
      response.writeHead(json === undefined ? 400 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(json ?? { error: "invalid_grant" }));
    };
    void answer();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const fake: FakeOidc = {
    issuer: new URL(`http://127.0.0.1:${port}`),
    clientSecret,
    claims: {},
    fault: undefined,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return fake;
}
