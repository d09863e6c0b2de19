import type { z } from "@hono/zod-openapi";

import type { rehearsalChangeSchema, rehearsalSchema } from "../api/contract-dire.ts";
import { PAGE_MAX } from "../api/page.ts";
import { CHANGE_KINDS } from "../dire/rehearsal-change.ts";
import { ConfigError } from "../lib/errors.ts";
import { integer, manyNeeded, oneOf, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { bundledUpdates } from "./core-import.ts";
import { SCREEN_FLAGS, SCREENFUL } from "./core-paging.ts";
import { readRecording } from "./core-recording.ts";
import { changeLines, rehearsalLines, rehearsalTable } from "./core-rehearsal-text.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";

type Rehearsal = z.infer<typeof rehearsalSchema>;
type Change = z.infer<typeof rehearsalChangeSchema>;

const files = manyNeeded(
  "FILE",
  "recorded chunks, in their order: JSON arrays of device updates, or an agent's bundle (.srb)",
);

/** A snapshot that an agent wrote with `run --once --out`, or recorded chunks. */
async function* piecesOf(file: string, session: TenantSession): AsyncGenerator<string> {
  if (file.endsWith(".srb")) yield* bundledUpdates(file, session);
  else yield* await readRecording(file);
}

/** rehearse, rehearsals list, rehearsals get. */
export const REHEARSAL_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "rehearse",
    summary: "Tell what recorded updates of a source would do to the inventory, without doing it",
    operands: { files },
    flags: { source: required("SOURCE", "name or id of the source that they are taken to be of") },
    run: async ({ files: given, source }, session) => {
      const path = session.path(["rehearsals"]);
      const asked = { method: "POST", path, body: { source } } as const;
      const opened = await session.ask<Rehearsal>(asked);
      const no = String(opened.rehearsal_no);
      for (const file of given) {
        let pieces = 0;
        for await (const text of piecesOf(file, session)) {
          const chunks = session.path(["rehearsals", no, "chunks"]);
          await session.ask({ method: "POST", path: chunks, text });
          pieces += 1;
        }
        if (pieces === 0) throw new ConfigError(file, "has no device updates");
      }
      const run = session.path(["rehearsals", no, "run"]);
      const done = await session.ask<Rehearsal>({ method: "POST", path: run });
      session.show(done, () => rehearsalLines(done, session));
    },
  }),
  tenantCommand({
    name: "rehearsals list",
    summary: "Show rehearsals, newest first",
    flags: SCREEN_FLAGS,
    run: async ({ limit, after }, session) => {
      const path = session.path(["rehearsals"], { limit, after });
      const body = await session.ask<{ rehearsals: Rehearsal[]; next?: string }>({
        method: "GET",
        path,
      });
      session.show(body, () => rehearsalTable(body, session));
    },
  }),
  tenantCommand({
    name: "rehearsals get",
    summary: "Show what a rehearsal promises; with --kind the changes themselves",
    operands: { rehearsal: required("REHEARSAL", "its number") },
    flags: {
      kind: oneOf(CHANGE_KINDS, "list the changes of this kind"),
      // Without a default of its own, so that it is known whether somebody said it.
      limit: integer("N", `how many changes (default: ${SCREENFUL})`, { min: 1, max: PAGE_MAX }),
      after: SCREEN_FLAGS.after,
    },
    run: async ({ rehearsal, kind, limit, after }, session) => {
      if (kind === undefined) {
        if (limit !== undefined || after !== undefined) {
          throw new Misuse(
            `--limit and --after go through changes of one kind; say which by --kind: ${CHANGE_KINDS.join(", ")}`,
          );
        }
        const path = session.path(["rehearsals", rehearsal]);
        const body = await session.ask<Rehearsal>({ method: "GET", path });
        session.show(body, () => rehearsalLines(body, session));
        return;
      }
      const page = { kind, limit: limit ?? SCREENFUL, after };
      const path = session.path(["rehearsals", rehearsal, "changes"], page);
      const body = await session.ask<{ changes: Change[]; next?: string }>({ method: "GET", path });
      session.show(body, () => changeLines(body, kind));
    },
  }),
];
