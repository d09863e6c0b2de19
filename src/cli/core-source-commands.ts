/** Commands that have a source's agent do something now, and wait for what it says. */
import type { z } from "@hono/zod-openapi";

import type { commandSchema } from "../api/contract-commands.ts";
import { pause } from "../lib/clock.ts";
import { EXIT } from "../lib/exit-code.ts";
import { integer, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import {
  previewLines,
  stepLine,
  type PreviewResult,
  type Step,
} from "./core-source-command-text.ts";
import type { Command } from "./program.ts";
import { plain } from "./table.ts";

type Asked = z.infer<typeof commandSchema>;

const sourceOperand = { source: required("SOURCE", "name or id of the source") };
/** How often the core is asked how a command is, ms. */
const LOOK_MS = 250;
/** Longest that an agent may take to answer, ms: a test's own limit and a look. */
const ANSWER_MAX_MS = 150_000;
const PREVIEW_MAX = 200;

/** source run, cancel, test, preview. */
export const SOURCE_ACTION_COMMANDS: readonly Command<CoreContext>[] = [
  simpleCommand("run", "Pull a source now"),
  simpleCommand("cancel", "End a source's run in flight; what it delivered stays"),
  tenantCommand({
    name: "source test",
    summary: "Test a source from its agent: name, port, certificate, credentials, rights, devices",
    operands: sourceOperand,
    run: async ({ source }, session) => {
      const asked = await ask(session, ["sources", source, "test"]);
      const ended = await untilEnded(session, asked);
      const { steps = [] } = (ended.result ?? {}) as { readonly steps?: readonly Step[] };
      session.show(ended, () => [...steps.map(stepLine), "", lastWords(ended)]);
      failUnless(ended);
    },
  }),
  tenantCommand({
    name: "source preview",
    summary: "Show a source's first devices as a run would send them; nothing is stored",
    operands: sourceOperand,
    flags: { limit: integer("N", "how many (default: 20)", { min: 1, max: PREVIEW_MAX }) },
    run: async ({ source, limit }, session) => {
      const asked = await ask(session, ["sources", source, "preview"], { limit });
      const ended = await untilEnded(session, asked);
      session.show(ended, () =>
        ended.state === "succeeded"
          ? previewLines(ended.result as PreviewResult)
          : [lastWords(ended)],
      );
      failUnless(ended);
    },
  }),
];

function simpleCommand(verb: "run" | "cancel", summary: string): Command<CoreContext> {
  return tenantCommand({
    name: `source ${verb}`,
    summary,
    operands: sourceOperand,
    run: async ({ source }, session) => {
      const ended = await untilEnded(session, await ask(session, ["sources", source, verb]));
      session.show(ended, () => [
        `Agent ${ended.agent_id}: ${lastWords(ended)}.`,
        ...(verb === "run"
          ? [`Follow it: ${session.commandLine(`runs list --source ${source}`)}`]
          : []),
      ]);
      failUnless(ended);
    },
  });
}

function lastWords({ message, state }: Asked): string {
  return plain(message ?? state);
}

async function ask(
  session: TenantSession,
  segments: readonly string[],
  query: Readonly<Record<string, number | undefined>> = {},
): Promise<Asked> {
  return await session.ask<Asked>({ method: "POST", path: session.path(segments, query) });
}

async function untilEnded(session: TenantSession, asked: Asked): Promise<Asked> {
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

function failUnless({ state, agent_id: agent }: Asked): void {
  if (state === "succeeded") return;
  if (state === "expired") {
    throw new Misuse(`agent ${agent} did not take the command in time`, EXIT.failed);
  }
  throw new Misuse(`agent ${agent} says that it failed`, EXIT.failed);
}
