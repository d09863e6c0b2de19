import type { z } from "@hono/zod-openapi";
import { useQuery } from "@tanstack/react-query";

import type { commandSchema } from "../../api/contract-commands.ts";
import { afterMs, pageNowMs } from "../../lib/page-clock.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A command to an agent. */
export type Command = z.infer<typeof commandSchema>;

/** A step of a source's test, as the agent answers it. */
export interface TestStep {
  readonly step: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly message: string;
  readonly ms: number;
}

/** How often a command under way is asked for, ms; changes are told too, where the core can. */
const LOOK_MS = 700;

/** Whether nothing more comes of it. */
export function hasEnded({ state }: Command): boolean {
  return state === "succeeded" || state === "failed" || state === "expired";
}

/** Follows a command to its end; without one it asks nothing. */
export function useCommand(tenant: string, commandId: string | undefined): Command | undefined {
  const { data } = useQuery({
    queryKey: keyOf(tenant, "commands", commandId),
    queryFn: ({ signal }) =>
      ask<Command>({ path: pathOf(["tenants", tenant, "commands", commandId ?? ""]), signal }),
    enabled: commandId !== undefined,
    refetchInterval: ({ state }) =>
      state.data !== undefined && hasEnded(state.data) ? false : LOOK_MS,
  });
  return data;
}

/** How long a command is followed, ms: it is worth nothing after a minute, and its answer may come a little later. */
const FOLLOWED_MAX_MS = 75_000;

/** Asks after a command until nothing more comes of it, or for as long as something may; gives it as it was last. */
export async function followCommand(tenant: string, command: Command): Promise<Command> {
  const untilMs = pageNowMs() + FOLLOWED_MAX_MS;
  let last = command;
  while (!hasEnded(last) && pageNowMs() < untilMs) {
    await new Promise<void>((resolve) => void afterMs(LOOK_MS, resolve));
    last = await ask<Command>({
      path: pathOf(["tenants", tenant, "commands", command.command_id]),
    });
  }
  return last;
}
