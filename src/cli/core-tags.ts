/** devices tag, untag: tags of one device or of all that a query finds, thousands at a time. */
import type { z } from "@hono/zod-openapi";

import type { tagChangeSchema, tagRehearsalSchema } from "../api/contract-tags.ts";
import { many, optional, required, toggle, withDefault } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { deviceIdOf } from "./core-devices.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { countOf } from "./wording.ts";

type Change = z.infer<typeof tagChangeSchema>;
type Rehearsal = z.infer<typeof tagRehearsalSchema>;

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
    name: "devices untag",
    summary: "Take a change of tags back, but for what was changed again since",
    operands: { change: required("CHANGE", "number of the change") },
    run: async ({ change }, session) => {
      const path = session.path(["tag-changes", change, "undo"]);
      const began = await session.ask<Change>({ method: "POST", path });
      const done = await finished(began, session);
      session.show(done, () => undoneLines(done));
    },
  }),
];

function tagOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Asks to go on until the change is whole; says how far it is. */
export async function finished(began: Change, session: TenantSession): Promise<Change> {
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

/** What came of a change that is done. */
export function changeLines(change: Change, session: TenantSession): readonly string[] {
  const { change_no: no, devices, changed } = change;
  return [
    `${countOf(devices, "device")} worked, ${countOf(changed, "tag")} changed (change ${no}).`,
    ...(changed === 0 ? [] : [`To take it back: ${session.commandLine(`devices untag ${no}`)}`]),
  ];
}

/** What came of one that is taken back. */
export function undoneLines({ change_no: no, restored, skipped }: Change): readonly string[] {
  return [
    `Change ${no} is taken back: ${countOf(restored, "tag")} put back.`,
    ...(skipped === 0
      ? []
      : [`${countOf(skipped, "tag")} set by another change since: left as they are.`]),
  ];
}
