import { EXIT } from "../lib/exit-code.ts";
import type { OnceResult } from "./agent.ts";

/** Error kinds of runs that other credentials would mend, and that the network would. */
const AUTH_KINDS: ReadonlySet<string> = new Set([
  "auth",
  "permission",
  "unauthenticated",
  "permission_denied",
]);
const UNREACHABLE_KINDS: ReadonlySet<string> = new Set([
  "unreachable",
  "rate_limited",
  "unavailable",
]);

/**
 * The exit code of an agent that ran every source once: 0 if all is there, 3 if something is missing, and if nothing came at all
 * 4 (credentials), 5 (not reached) or 1, whichever all sources have in common.
 */
export function exitCodeOfRuns({ sources, unusable }: OnceResult): number {
  const runs = sources.map(({ lastRun }) => lastRun);
  const isWhole = runs.every((run) => run?.outcome === "success");
  if (isWhole && unusable.length === 0) return EXIT.ok;
  const isAnythingThere = runs.some(
    (run) => run?.outcome === "success" || run?.outcome === "partial",
  );
  if (isAnythingThere) return EXIT.partial;
  const kinds = [...runs.map((run) => run?.error?.kind ?? ""), ...unusable.map(() => "config")];
  if (kinds.every((kind) => AUTH_KINDS.has(kind))) return EXIT.auth;
  return kinds.every((kind) => UNREACHABLE_KINDS.has(kind)) ? EXIT.unreachable : EXIT.failed;
}
