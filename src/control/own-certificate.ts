/** A listener's certificate of the platform's own authority, made anew long before it ends: a core may run for years. */
import { X509Certificate } from "node:crypto";

import type { Clock } from "../lib/clock.ts";
import type { CertificateSupply, ServerCertificate } from "../lib/server-certificate.ts";
import type { Authority } from "./pki-sign.ts";
import { issueServerCertificate, LEAF_DAYS } from "./pki.ts";

/** A third of its life before the end, as agents' certificates are renewed. */
const RENEW_BEFORE_MS = (LEAF_DAYS / 3) * 86_400_000;

/** Issues it for the names that gateways have, and for `names`. */
export async function ownCertificate(options: {
  readonly issuer: Authority;
  readonly names: readonly string[];
  readonly clock: Clock;
}): Promise<CertificateSupply> {
  const { clock } = options;
  const issue = async (): Promise<ServerCertificate> =>
    await issueServerCertificate({ ...options, nowMs: clock.now() });
  const first = await issue();
  let endMs = endOf(first);
  return {
    first,
    next: async () => {
      if (endMs - clock.now() > RENEW_BEFORE_MS) return undefined;
      const next = await issue();
      endMs = endOf(next);
      return next;
    },
  };
}

function endOf({ chainPem }: ServerCertificate): number {
  return new X509Certificate(chainPem).validToDate.getTime();
}
