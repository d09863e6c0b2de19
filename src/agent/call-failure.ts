import { SyncError } from "../lib/errors.ts";
import type { CallFailure } from "./session-state.ts";

/** The gateway is not there, or will not have us; every other call would fail alike. Codes: wire/rpc-error.ts. */
const LINK_CODES: ReadonlySet<string> = new Set([
  "unavailable",
  "deadline_exceeded",
  "cancelled",
  "unauthenticated",
  "permission_denied",
  "server_untrusted",
  "handshake_refused",
]);

/** What a failed call means to the session. */
export function callFailure(thrown: unknown): CallFailure {
  const code = thrown instanceof SyncError ? thrown.code : "";
  if (code === "unimplemented") return "unsupported";
  return LINK_CODES.has(code) ? "link" : "call";
}
