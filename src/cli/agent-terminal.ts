import type { Environment } from "../lib/env.ts";
import type { Terminal } from "./program.ts";

/** What commands of the agent need of the process. */
export interface AgentTerminal extends Terminal {
  readonly env: Environment;
  /** Whether people read standard error. */
  readonly isTerminal: boolean;
  /** Asked for when something begins that a signal is to end in order. */
  readonly stopSignal: () => AbortSignal;
}
