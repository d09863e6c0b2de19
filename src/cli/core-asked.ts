/** Waiting for what an agent says to a command. */
import type { z } from "@hono/zod-openapi";

import type { commandSchema } from "../api/contract-commands.ts";
import { pause } from "../lib/clock.ts";
import { EXIT } from "../lib/exit-code.ts";
import { Misuse, type TenantSession } from "./core-session.ts";
import { plain } from "./table.ts";

/** A command to an agent, as the API shows it. */
export type Asked = z.infer<typeof commandSchema>;

/** How often the core is asked how a command is, ms. */
const LOOK_MS = 250;
/** Longest that an agent may take to answer, ms: a test's own limit and a look. */
const ANSWER_MAX_MS = 150_000;

/** What the agent said last. */
export function lastWords({ message, state }: Asked): string {
  return plain(message ?? state);
}

/** The command once it has ended or expired. Throws Misuse where the agent takes too long. */
export async function untilEnded(session: TenantSession, asked: Asked): Promise<Asked> {
  const { clock } = session.context;
  const untilMs = clock.now() + ANSWER_MAX_MS;
  const path = session.path(["commands", asked.command_id]);
  for (let last = asked; ; last = await session.ask<Asked>({ method: "GET", path })) {
    if (last.ended_at !== undefined || last.state === "expired") return last;
    if (clock.now() > untilMs) {
      throw new Misuse(`agent ${asked.agent_id} has not answered yet`, EXIT.failed);
    }
    await pause(clock, LOOK_MS);
  }
}

/** Throws Misuse, which becomes the exit code, unless the agent says that it succeeded. */
export function failUnless({ state, agent_id: agent }: Asked): void {
  if (state === "succeeded") return;
  if (state === "expired") {
    throw new Misuse(`agent ${agent} did not take the command in time`, EXIT.failed);
  }
  throw new Misuse(`agent ${agent} says that it failed`, EXIT.failed);
}
