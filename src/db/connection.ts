import { Client, type ClientConfig } from "pg";

import { ConfigError, messageOf } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";
import { rowValueParsers } from "./row-values.ts";

/** How to reach the embedded server: its socket's folder as `host`. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
}

/** A server: the embedded one's socket, or the URL that an operator gave. */
export type DatabaseAddress =
  | SocketAddress
  | {
      readonly url: string;
      /** The setting that it comes from, for errors; default --database-url. */
      readonly setting?: string | undefined;
    };

/** How long a new connection may take, ms; a server that is reachable answers in far less. */
const CONNECT_MAX_MS = 10_000;
/** libpq's modes that promise something. `allow` and `prefer` fall back to plain text unseen, so they are refused. */
const SSL_MODES = new Set(["disable", "require", "verify-ca", "verify-full", "no-verify"]);
const SETTING_DEFAULT = "--database-url";

/**
 * The driver's configuration for a server. A URL keeps libpq's meaning of sslmode (`require` encrypts without
 * checking the certificate, as for a CloudNativePG cluster's own authority), which pg 8 has only on request.
 * Throws ConfigError naming the setting; its message never holds the URL, which holds a password.
 */
export function clientConfig(address: DatabaseAddress): ClientConfig {
  const config: ClientConfig = {
    types: rowValueParsers,
    connectionTimeoutMillis: CONNECT_MAX_MS,
    // A cut network leaves connections that look alive; without probes a query would wait for ever.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
  };
  if ("url" in address) {
    const { url, setting = SETTING_DEFAULT } = address;
    return checked({ ...config, connectionString: libpqUrl(url, setting) }, setting);
  }
  const { host, port, user, password, database } = address;
  return { ...config, host, port, user, database, ssl: false, password: () => password.reveal() };
}

function libpqUrl(text: string, setting: string): string {
  // libpq takes "user@/database?host=/folder"; WHATWG wants a host after a user.
  const url = URL.parse(text.replace("@/", "@socket/"));
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new ConfigError(
      setting,
      "is not a URL such as postgresql://user@host:5432/database?sslmode=verify-full",
    );
  }
  const mode = url.searchParams.get("sslmode");
  if (mode === null) return text;
  if (!SSL_MODES.has(mode)) {
    throw new ConfigError(
      setting,
      `sslmode=${mode} may end unencrypted; choose one of ${[...SSL_MODES].join(", ")}`,
    );
  }
  if (mode !== "no-verify") url.searchParams.set("uselibpqcompat", "true");
  return url.href;
}

/** The driver reads certificate files when it makes a client: a wrong path shall stop the start, not a query. */
function checked(config: ClientConfig, setting: string): ClientConfig {
  try {
    void new Client(config);
    return config;
  } catch (thrown) {
    throw new ConfigError(setting, messageOf(thrown));
  }
}
