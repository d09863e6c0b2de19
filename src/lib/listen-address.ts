import { err, ok, type Result } from "./result.ts";

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an address, IPv6 without brackets; "" is every address. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Reads "host:port", "[ipv6]:port" or ":port". The error goes behind the setting's name. */
export function parseListenAddress(text: string): Result<ListenAddress> {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:/[\]]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65_535) {
    return err(`"${text}" is not an address such as 127.0.0.1:8080`);
  }
  return ok({ host: match[1] ?? match[2] ?? "", port });
}
