/** runs changes: the records that a run changed, field by field. */
import type { z } from "@hono/zod-openapi";

import type { changedRecordSchema } from "../api/contract-runs.ts";
import { required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { moreLines, SCREEN_FLAGS } from "./core-paging.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { valueText } from "./wording.ts";

type Changed = z.infer<typeof changedRecordSchema>;
type Field = Changed["fields"][number] & { readonly of: Changed | undefined };

/** runs changes. */
export const RUN_CHANGE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "runs changes",
    summary: "Show the records that a run changed, for as long as it can be undone",
    operands: { run: required("RUN", "number of the run, or the agent's id of it") },
    flags: SCREEN_FLAGS,
    run: async ({ run, limit, after }, session) => {
      const path = session.path(["runs", run, "changes"], { limit, after });
      const body = await session.ask<{ changes: Changed[]; next?: string }>({
        method: "GET",
        path,
      });
      session.show(body, () => [
        ...changeLines(body.changes, after === undefined),
        ...moreLines(body.next),
      ]);
    },
  }),
];

function changeLines(changes: readonly Changed[], isFirstPage: boolean): readonly string[] {
  if (changes.length === 0 && isFirstPage) {
    return ["Nothing of what it changed is known: it changed nothing, or can no longer be undone."];
  }
  return tableLines(
    [
      { title: "ID THERE", text: ({ of }: Field) => of?.native, maxChars: 60 },
      { title: "HOSTNAME", text: ({ of }) => of?.hostname, maxChars: 40 },
      { title: "DEVICE", text: ({ of }) => of?.device_id },
      { title: "FIELD", text: ({ field }) => field, maxChars: 60 },
      { title: "BEFORE", text: ({ before }) => valueText(before), maxChars: 60 },
      { title: "AFTER", text: ({ after }) => valueText(after), maxChars: 60 },
      { title: "SINCE THEN", text: ({ of }) => (of?.is_changed_since ? "changed again" : "") },
    ],
    changes.flatMap(fieldsOf),
  );
}

/** A line a field; the record stands in its first one. */
function fieldsOf(changed: Changed): readonly Field[] {
  const fields = changed.fields.length === 0 ? [{ field: "" }] : changed.fields;
  return fields.map((field, nth) => ({ ...field, of: nth === 0 ? changed : undefined }));
}
