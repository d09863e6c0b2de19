import tls from "node:tls";

/** Node 24.5 and later have it. */
type Tls = typeof tls & { setDefaultCACertificates?: (certificates: readonly string[]) => void };

const UNCHECKED = "NODE_TLS_REJECT_UNAUTHORIZED";
const MORE_AUTHORITIES = "NODE_EXTRA_CA_CERTS";

/**
 * Takes back what variables of the environment say of whom TLS trusts: that stands in settings and on the machine. Call it before the
 * first connection.
 */
export function trustNoVariable(env: NodeJS.ProcessEnv = process.env): void {
  delete env[UNCHECKED];
  // Node has read its file by now, and starts with Node's own list. Deno has other variables, and would ask to be permitted.
  if ((env[MORE_AUTHORITIES] ?? "") === "" || "Deno" in globalThis) return;
  (tls as Tls).setDefaultCACertificates?.(tls.getCACertificates("bundled"));
}
