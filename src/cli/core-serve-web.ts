/** Settings of `serve` for browsers: TLS, proxies, and an identity provider. */
import { readFileSync } from "node:fs";

import type { OidcSettings } from "../api/oidc.ts";
import { TrustedProxies } from "../api/peer.ts";
import { parseGroupRole } from "../control/oidc-roles.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { Secret } from "../lib/secret.ts";
import type { CertificateFiles } from "../lib/server-certificate.ts";
import { many, optional, toggle, withDefault, type Values } from "./args.ts";

/** What browsers are served with. */
export interface WebSettings {
  /** Files, or a certificate of the core's own authority; absent: plain HTTP. */
  readonly tls: CertificateFiles | "own" | undefined;
  readonly proxies: TrustedProxies;
  /** "https://host:port" as browsers know us; absent: as each names us. */
  readonly publicUrl: string | undefined;
  readonly oidc: OidcSettings | undefined;
}

/** The flags. */
export const WEB_FLAGS = {
  httpCert: optional("FILE", "certificate chain of the API and the page, PEM"),
  httpKey: optional("FILE", "its key, PEM"),
  httpTls: toggle(
    "serve the API and the page by TLS, with a certificate of the core's own authority",
  ),
  trustedProxy: many("CIDR", "proxy whose x-forwarded-* are believed"),
  publicUrl: optional("URL", "how browsers reach the page, where proxies change it"),
  oidcIssuer: optional("URL", "identity provider of the log-in (OpenID Connect)"),
  oidcClientId: optional("ID", "what it knows us as"),
  oidcClientSecretFile: optional("FILE", "the secret that it gave us"),
  oidcName: optional("TEXT", "what stands on the button (default: the issuer's host)"),
  oidcGroupsClaim: withDefault("CLAIM", "claim that lists a user's groups", "groups"),
  oidcRole: many("GROUP=TENANT:ROLE", "role that a group gives in a tenant"),
  oidcPlatformAdmin: optional("GROUP", "group whose members manage tenants and users"),
};

/** Reads them. Throws ConfigError naming the flag that cannot be meant. */
export function webSettings(given: Values<typeof WEB_FLAGS>): WebSettings {
  const proxies = TrustedProxies.parse(given.trustedProxy);
  if (!proxies.ok) throw new ConfigError("--trusted-proxy", proxies.error);
  const publicUrl =
    given.publicUrl === undefined ? undefined : urlOf("--public-url", given.publicUrl);
  return {
    tls: tlsOf(given),
    proxies: proxies.value,
    publicUrl: publicUrl?.origin,
    oidc: oidcOf(given),
  };
}

function tlsOf({ httpCert, httpKey, httpTls }: Values<typeof WEB_FLAGS>): WebSettings["tls"] {
  if (httpCert === undefined && httpKey === undefined) return httpTls ? "own" : undefined;
  if (httpTls) throw new ConfigError("--http-tls", "goes without --http-cert: it makes its own");
  if (httpCert === undefined) throw new ConfigError("--http-cert", "is missing beside --http-key");
  if (httpKey === undefined) throw new ConfigError("--http-key", "is missing beside --http-cert");
  return {
    cert: { setting: "--http-cert", path: httpCert },
    key: { setting: "--http-key", path: httpKey },
  };
}

function oidcOf(given: Values<typeof WEB_FLAGS>): OidcSettings | undefined {
  const { oidcIssuer, oidcClientId, oidcClientSecretFile: file } = given;
  if (oidcIssuer === undefined) {
    if (oidcClientId === undefined) return undefined;
    throw new ConfigError("--oidc-issuer", "is missing beside --oidc-client-id");
  }
  if (oidcClientId === undefined) {
    throw new ConfigError("--oidc-client-id", "is missing beside --oidc-issuer");
  }
  const issuer = urlOf("--oidc-issuer", oidcIssuer);
  if (issuer.protocol === "http:" && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(issuer.hostname)) {
    throw new ConfigError("--oidc-issuer", `"${oidcIssuer}" must begin with https:`);
  }
  const secret = file === undefined ? undefined : textOf("--oidc-client-secret-file", file).trim();
  return {
    issuer,
    clientId: oidcClientId,
    clientSecret: secret === undefined ? undefined : new Secret(secret),
    name: given.oidcName ?? issuer.hostname,
    groupsClaim: given.oidcGroupsClaim,
    roles: given.oidcRole.map((text) => {
      const role = parseGroupRole(text);
      if (!role.ok) throw new ConfigError("--oidc-role", role.error);
      return role.value;
    }),
    platformGroup: given.oidcPlatformAdmin,
  };
}

function urlOf(setting: string, text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ConfigError(setting, `"${text}" is not a URL such as https://core.example.com`);
}

function textOf(setting: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    throw new ConfigError(setting, `${path} cannot be read: ${messageOf(thrown)}`);
  }
}
