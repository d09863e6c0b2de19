import type { DetailedPeerCertificate, TLSSocket } from "node:tls";

/** A certificate of a server's chain, as far as an operator needs it. */
export interface ChainLink {
  readonly subject: string;
  readonly issuer: string;
  /** RFC 3339. */
  readonly not_after: string;
}

/** Longer chains are shown cut: no public or company authority needs more. */
const LINKS_MAX = 8;

/** The chain that a server presented, its own certificate first. */
export function chainOf(socket: TLSSocket): readonly ChainLink[] {
  const links: ChainLink[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.subject !== undefined && links.length < LINKS_MAX) {
    links.push({
      subject: nameOf(next.subject),
      issuer: nameOf(next.issuer),
      not_after: new Date(next.valid_to).toISOString(),
    });
    // A self-signed certificate is its own issuer, without an end.
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return links;
}

function nameOf(name: DetailedPeerCertificate["subject"]): string {
  // A name may have a part several times.
  const parts = [name.CN, name.O].flatMap((part) => part ?? []);
  return parts.find((part) => part !== "") ?? "(no name)";
}

/** "netbox.example.com, issued by Example CA, valid until 2027-01-31" */
export function chainText(chain: readonly ChainLink[]): string {
  const [own] = chain;
  if (own === undefined) return "no certificate";
  return `${own.subject}, issued by ${own.issuer}, valid until ${own.not_after.slice(0, 10)}`;
}
