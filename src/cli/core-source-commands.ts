/** Commands that have a source's agent do something now, and wait for what it says. */
import type { z } from "@hono/zod-openapi";

import type { rehearsalSchema } from "../api/contract-dire.ts";
import { pause } from "../lib/clock.ts";
import { EXIT } from "../lib/exit-code.ts";
import { integer, oneOf, required } from "./args.ts";
import { failUnless, lastWords, untilEnded, type Asked } from "./core-asked.ts";
import type { CoreContext } from "./core-context.ts";
import { rehearsalLines } from "./core-rehearsal-text.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { previewLines, stepLine, type PreviewResult, type Step } from "./source-answer-text.ts";

type Rehearsal = z.infer<typeof rehearsalSchema>;

const sourceOperand = { source: required("SOURCE", "name or id of the source") };
const PREVIEW_MAX = 200;

/** source run, cancel, test, preview, rehearse. */
export const SOURCE_ACTION_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "source run",
    summary: "Pull a source now",
    operands: sourceOperand,
    flags: {
      kind: oneOf(
        ["discovery", "poll"],
        "all of it, or what changed, where it can tell (default: discovery)",
      ),
    },
    run: async ({ source, kind }, session) => {
      const path = ["sources", source, "run"];
      const ended = await untilEnded(session, await ask(session, path, { kind }));
      const list = session.commandLine(`runs list --source ${source}`);
      session.show(ended, () => [agentLine(ended), `Follow it: ${list}`]);
      failUnless(ended);
    },
  }),
  tenantCommand({
    name: "source cancel",
    summary: "End a source's run in flight; what it delivered stays",
    operands: sourceOperand,
    run: async ({ source }, session) => {
      const ended = await untilEnded(session, await ask(session, ["sources", source, "cancel"]));
      session.show(ended, () => [agentLine(ended)]);
      failUnless(ended);
    },
  }),
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
  tenantCommand({
    name: "source rehearse",
    summary:
      "Have a source read by its agent and tell what that would do to the inventory, without doing it",
    operands: sourceOperand,
    run: async ({ source }, session) => {
      const asked = await ask(session, ["sources", source, "rehearse"]);
      const done = await untilRehearsed(session, asked);
      session.show(done, () => rehearsalLines(done, session));
      if (done.state === "failed") throw new Misuse("the rehearsal failed", EXIT.failed);
    },
  }),
];

/** How often the core is asked how a rehearsal is, ms. */
const LOOK_MS = 500;

/** The rehearsal once it has ended, however large the source. Throws Misuse where its agent never took the command, or fell silent. */
async function untilRehearsed(session: TenantSession, asked: Asked): Promise<Rehearsal> {
  const rehearsal = session.path(["rehearsals", String(asked.rehearsal_no)]);
  const command = session.path(["commands", asked.command_id]);
  for (;;) {
    const now = await session.ask<Rehearsal>({ method: "GET", path: rehearsal });
    if (now.state === "done" || now.state === "failed") return now;
    const { state, agent_id: agent } = await session.ask<Asked>({ method: "GET", path: command });
    if (state === "expired" && now.state === "loading") {
      throw new Misuse(`nothing is heard of agent ${agent}`, EXIT.failed);
    }
    await pause(session.context.clock, LOOK_MS);
  }
}

const agentLine = (ended: Asked): string => `Agent ${ended.agent_id}: ${lastWords(ended)}.`;

async function ask(
  session: TenantSession,
  segments: readonly string[],
  query: Readonly<Record<string, string | number | undefined>> = {},
): Promise<Asked> {
  return await session.ask<Asked>({ method: "POST", path: session.path(segments, query) });
}
