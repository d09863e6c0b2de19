import type { z } from "@hono/zod-openapi";
import { useQuery } from "@tanstack/react-query";

import type { commandSchema } from "../../api/contract-commands.ts";
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
