import { err, ok, type Result } from "../lib/result.ts";

/** Where a source's API lives: requests go to `origin` alone, below `basePath` ("" or "/netbox", no slash at its end). */
export interface Endpoint {
  readonly origin: string;
  readonly basePath: string;
}

/**
 * Reads an address as operators paste it: blanks, slashes at the end, a query and whatever `apiPath`
 * matches ("/api" and below) are dropped; a path prefix of a reverse proxy stays. The error names the setting and never
 * repeats a password.
 */
export function parseEndpoint(setting: string, text: string, apiPath?: RegExp): Result<Endpoint> {
  const trimmed = text.trim();
  if (!/^https?:\/\/[^/]/i.test(trimmed) || !URL.canParse(trimmed)) {
    return err(`${setting} must be an address that begins with https:// or http://`);
  }
  const url = new URL(trimmed);
  if (url.username !== "" || url.password !== "") {
    return err(
      `${setting} must not hold a user name or password; credentials have their own fields`,
    );
  }
  const path = url.pathname.replace(/\/+$/, "");
  return ok({
    origin: url.origin,
    basePath: (apiPath === undefined ? path : path.replace(apiPath, "")).replace(/\/+$/, ""),
  });
}

/** A proxy's address; a user and password in it are the proxy's own. The error names the setting. */
export function parseProxy(setting: string, text: string): Result<string> {
  const trimmed = text.trim();
  return /^https?:\/\/[^/]/i.test(trimmed) && URL.canParse(trimmed)
    ? ok(trimmed)
    : err(`${setting} must be an address that begins with http:// or https://`);
}
