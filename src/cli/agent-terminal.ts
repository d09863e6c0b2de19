import type { Environment } from "../lib/env.ts";
import type { Screen } from "../lib/live-lines.ts";
import type { Terminal } from "./program.ts";

/** What commands of the agent need of the process. */
export interface AgentTerminal extends Terminal {
  readonly env: Environment;
  /** Standard error where people watch it. */
  readonly screen?: Screen | undefined;
  /** Asked for when something begins that a signal is to end in order. */
  readonly stopSignal: () => AbortSignal;
}
