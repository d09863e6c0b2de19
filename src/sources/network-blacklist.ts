import ipaddr from "ipaddr.js";

import { err, ok, type Result } from "../lib/result.ts";
import { parseIp, type Ip } from "../model/ip.ts";

/** Says whether a device with these addresses is to be left out. */
export type NetworkBlacklist = (ips: readonly Ip[]) => boolean;

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Reads the CIDRs of `network_blacklist`; a bare address stands for itself alone. A device is left out only if all
 * its addresses lie inside: one that has another address too is not of those networks alone, and one without any is
 * of none. The error names the entry that is no network.
 */
export function parseNetworkBlacklist(cidrs: readonly string[]): Result<NetworkBlacklist> {
  const networks: Network[] = [];
  for (const cidr of cidrs) {
    const network = networkOf(cidr);
    if (network === undefined) {
      return err(`network_blacklist: "${cidr}" is not a network such as 10.0.0.0/8`);
    }
    networks.push(network);
  }
  const covers = (ip: Ip): boolean => {
    const address = ipaddr.parse(ip);
    return networks.some(
      ([base, bits]) => address.kind() === base.kind() && address.match(base, bits),
    );
  };
  return ok((ips) => ips.length > 0 && ips.every(covers));
}

/** ipaddr.js also reads "10/8" and "0x0a000001"; what operators cannot have meant must not leave devices out. */
function networkOf(cidr: string): Network | undefined {
  const ip = parseIp(cidr);
  if (ip === undefined) return undefined;
  const text = cidr.includes("/") ? cidr : `${ip}/${ip.includes(":") ? 128 : 32}`;
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
}
