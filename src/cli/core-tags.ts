/** devices tag, tag-changes, untag: tags of one device or of all that a query finds, thousands at a time. */
import type { z } from "@hono/zod-openapi";

import type { tagChangeSchema, tagRehearsalSchema } from "../api/contract-tags.ts";
import { integer, many, optional, required, toggle, withDefault } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { deviceIdOf } from "./core-devices.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { countOf, countText } from "./wording.ts";

type Change = z.infer<typeof tagChangeSchema>;
type Rehearsal = z.infer<typeof tagRehearsalSchema>;

/** Changes shown where nobody says how many. */
const LIMIT_DEFAULT = 20;
/** How often a long change says how far it is, ms. */
const PROGRESS_MS = 5_000;

/** Commands of tags. */
export const TAG_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices tag",
    summary: "Add and remove tags of a device, or of all active devices that a query finds",
    operands: { device: optional("DEVICE", "its id or a former one; else what finds just one") },
    flags: {
      query: optional("SRQL", "all that it finds instead; in:devices finds all"),
      add: many("KEY=VALUE", "a tag to give; a bare KEY has no value"),
      remove: many("KEY", "a tag to take, where an operator gave it"),
      reason: withDefault("TEXT", "why, for the audit", ""),
      dryRun: toggle("say how many devices it would reach and change nothing"),
    },
    run: async ({ device, query, add, remove, reason, dryRun }, session) => {
      if ((device === undefined) === (query === undefined)) {
        throw new Misuse("name a device, or say --query");
      }
      const ids = device === undefined ? undefined : [await deviceIdOf(device, session)];
      const tags = Object.fromEntries(add.map(tagOf));
      const body = { query, device_ids: ids, add: tags, remove, reason, dry_run: dryRun };
      const path = session.path(["tag-changes"]);
      const began = await session.ask<Change | Rehearsal>({ method: "POST", path, body });
      if ("is_rehearsal" in began) return session.show(began, () => reachLines(began));
      const done = await finished(began, session);
      session.show(done, () => changeLines(done, session));
    },
  }),
  tenantCommand({
    name: "devices tag-changes",
    summary: "Show changes of tags, newest first",
    flags: { limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: 500 }) },
    run: async ({ limit = LIMIT_DEFAULT }, session) => {
      const path = session.path(["tag-changes"], { limit });
      const body = await session.ask<{ tag_changes: Change[] }>({ method: "GET", path });
      session.show(body, () =>
        body.tag_changes.length === 0
          ? ["No changes of tags."]
          : tableLines(COLUMNS, body.tag_changes),
      );
    },
  }),
  tenantCommand({
    name: "devices untag",
    summary: "Take a change of tags back, but for what was changed again since",
    operands: { change: required("CHANGE", "number of the change") },
    run: async ({ change }, session) => {
      const path = session.path(["tag-changes", change, "undo"]);
      const began = await session.ask<Change>({ method: "POST", path });
      const done = await finished(began, session);
      session.show(done, () => [
        `Change ${done.change_no} is taken back: ${countOf(done.restored, "tag")} put back.`,
        ...(done.skipped === 0
          ? []
          : [`${countOf(done.skipped, "tag")} set by another change since: left as they are.`]),
      ]);
    },
  }),
];

const COLUMNS = [
  { title: "NO", text: ({ change_no: no }: Change) => String(no) },
  { title: "STATE", text: ({ state }: Change) => state },
  { title: "TAGS", text: ({ add, remove }: Change) => tagWords(add, remove), maxChars: 40 },
  {
    title: "OF",
    text: ({ query, q, device_ids: ids }: Change) =>
      query ?? q ?? countOf(ids?.length ?? 0, "named device"),
    maxChars: 40,
  },
  { title: "DEVICES", text: ({ devices }: Change) => countText(devices) },
  { title: "CHANGED", text: ({ changed }: Change) => countText(changed) },
  { title: "BY", text: ({ actor }: Change) => actor },
  { title: "STARTED", text: ({ started_at: at }: Change) => at },
];

function tagOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function tagWords(add: Change["add"], remove: Change["remove"]): string {
  const added = Object.entries(add).map(([key, value]) => `+${key}${value && `=${value}`}`);
  return [...added, ...remove.map((key) => `-${key}`)].join(" ");
}

/** Asks to go on until the change is whole; says how far it is. */
async function finished(began: Change, session: TenantSession): Promise<Change> {
  const { clock, printError } = session.context;
  const path = session.path(["tag-changes", String(began.change_no), "continue"]);
  let change = began;
  let toldMs = clock.now();
  while (change.state === "running" || change.state === "undoing") {
    change = await session.ask<Change>({ method: "POST", path });
    if (clock.now() - toldMs < PROGRESS_MS) continue;
    toldMs = clock.now();
    printError(`tags: ${countOf(change.devices, "device")} so far`);
  }
  return change;
}

function reachLines({
  devices,
  devices_is_estimate: isEstimate,
  skipped = [],
}: Rehearsal): readonly string[] {
  return [
    `It would reach ${isEstimate ? "about " : ""}${countOf(devices, "device")}; nothing was changed.`,
    ...skipped.map((id) => `${id} is not active: it would be skipped.`),
  ];
}

function changeLines(change: Change, session: TenantSession): readonly string[] {
  const { change_no: no, devices, changed } = change;
  return [
    `${countOf(devices, "device")} worked, ${countOf(changed, "tag")} changed (change ${no}).`,
    ...(changed === 0 ? [] : [`To take it back: ${session.commandLine(`devices untag ${no}`)}`]),
  ];
}
