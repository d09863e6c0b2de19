import { err, ok, type Result } from "../lib/result.ts";

/** The port that gateways listen on, where an address says none (protocol facts 2.3). */
const GATEWAY_PORT = 50_052;

/** A host name, an IPv4 address, or an IPv6 address in brackets. */
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?$/i;

/** Reads "host", "host:port" or "[ipv6]:port" and gives it with its port. */
export function parseGatewayAddress(value: unknown): Result<string> {
  if (typeof value !== "string") return err("is not a text");
  const [, host, port = String(GATEWAY_PORT)] = HOST_AND_PORT.exec(value.trim()) ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  if (host !== undefined && isPort) return ok(`${host}:${Number(port)}`);
  return err(`"${value}" is not an address such as "gateway.example.net:${GATEWAY_PORT}"`);
}
