/** Who sent a request: from the connection, and from what proxies say of it where an operator trusts them. Pure but for the list. */
import { BlockList, isIP } from "node:net";

import { err, ok, type Result } from "../lib/result.ts";
import type { Client } from "./caller.ts";

/** What a connection and its request say. */
export interface Peer {
  readonly address: string;
  readonly header: (name: string) => string | undefined;
  /** Whether the connection itself is TLS. */
  readonly isTls: boolean;
}

/** Addresses of proxies whose x-forwarded-* are believed. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** Reads "10.0.0.0/8", "::1" and the like. The error goes behind the setting's name. */
  static parse(texts: readonly string[]): Result<TrustedProxies> {
    const proxies = new TrustedProxies();
    for (const text of texts) {
      const [address = "", prefix, ...rest] = text.trim().split("/");
      const version = isIP(address);
      const bits = version === 4 ? 32 : 128;
      const length = prefix === undefined ? bits : Number(/^\d{1,3}$/.exec(prefix)?.[0] ?? -1);
      if (version === 0 || rest.length > 0 || length < 0 || length > bits) {
        return err(`"${text}" is no address or network such as 10.0.0.0/8`);
      }
      proxies.#list.addSubnet(address, length, version === 4 ? "ipv4" : "ipv6");
    }
    return ok(proxies);
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? "ipv4" : "ipv6");
  }
}

/** IPv4 as IPv4, also where it came over a socket of both; without the port that some proxies write. */
function plain(address: string): string {
  return address
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")
    .replace(/^::ffff:(?=\d+\.)/i, "");
}

const isLoopback = (address: string): boolean => address === "::1" || address.startsWith("127.");

/**
 * Who sent it. Of x-forwarded-for the last address counts that is no trusted proxy's: what stands before it anybody may have
 * written. One that is no address, such as "unknown", is nobody's: then it is the proxy, and not this machine. From others
 * those headers are not looked at.
 */
export function clientFrom(peer: Peer, proxies: TrustedProxies): Client {
  const address = plain(peer.address);
  const host = peer.header("host");
  if (!proxies.has(address)) {
    return { address, isTls: peer.isTls, isPrivate: peer.isTls || isLoopback(address), host };
  }
  const hops = peer.header("x-forwarded-for")?.split(",").map(plain);
  const last = hops?.findLast((hop) => !proxies.has(hop));
  const isKnown = last === undefined || isIP(last) !== 0;
  const client = isKnown ? (last ?? address) : address;
  const isTls = lastOf(peer.header("x-forwarded-proto"))?.toLowerCase() === "https";
  return {
    address: client,
    isTls,
    isPrivate: isTls || (isKnown && isLoopback(client)),
    host: lastOf(peer.header("x-forwarded-host")) ?? host,
  };
}

function lastOf(header: string | undefined): string | undefined {
  return header?.split(",").at(-1)?.trim();
}
