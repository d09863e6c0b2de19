/** devices tag-changes and what is done with one of them: looked at, gone on with. */
import type { z } from "@hono/zod-openapi";

import type { taggedSchema, tagChangeSchema } from "../api/contract-tags.ts";
import { required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { moreLines, SCREEN_FLAGS } from "./core-paging.ts";
import { tenantCommand } from "./core-session.ts";
import { changeLines, finished, undoneLines } from "./core-tags.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { countOf, countText, timeText } from "./wording.ts";

type Change = z.infer<typeof tagChangeSchema>;
type Tagged = z.infer<typeof taggedSchema>;

const operands = { change: required("CHANGE", "number of the change") };

/** devices tag-changes, tag-changes get, tag-changes continue. */
export const TAG_CHANGE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices tag-changes",
    summary: "Show changes of tags, newest first",
    flags: SCREEN_FLAGS,
    run: async ({ limit, after }, session) => {
      const path = session.path(["tag-changes"], { limit, after });
      const body = await session.ask<{ tag_changes: Change[]; next?: string }>({
        method: "GET",
        path,
      });
      session.show(body, () => [
        ...(body.tag_changes.length === 0
          ? ["No changes of tags."]
          : tableLines(COLUMNS, body.tag_changes)),
        ...moreLines(body.next),
      ]);
    },
  }),
  tenantCommand({
    name: "devices tag-changes get",
    summary: "Show one change of tags, and what it made of each tag",
    operands,
    flags: SCREEN_FLAGS,
    run: async ({ change, limit, after }, session) => {
      const path = session.path(["tag-changes", change]);
      const about = await session.ask<Change>({ method: "GET", path });
      const of = session.path(["tag-changes", change, "tags"], { limit, after });
      const page = await session.ask<{ tags: Tagged[]; next?: string }>({
        method: "GET",
        path: of,
      });
      session.show({ ...about, ...page }, () => [
        ...aboutLines(about),
        ...(page.tags.length === 0 ? [] : sectionLines("Tags", taggedLines(page.tags))),
        ...moreLines(page.next),
      ]);
    },
  }),
  tenantCommand({
    name: "devices tag-changes continue",
    summary: "Go on with a change of tags that whoever began it left half done",
    operands,
    run: async ({ change }, session) => {
      const path = session.path(["tag-changes", change, "continue"]);
      const done = await finished(await session.ask<Change>({ method: "POST", path }), session);
      session.show(done, () =>
        done.state === "undone" ? undoneLines(done) : changeLines(done, session),
      );
    },
  }),
];

const COLUMNS = [
  { title: "NO", text: ({ change_no: no }: Change) => String(no) },
  { title: "STATE", text: ({ state }: Change) => state },
  { title: "TAGS", text: ({ add, remove }: Change) => tagWords(add, remove), maxChars: 40 },
  {
    title: "OF",
    text: ofText,
    maxChars: 40,
  },
  { title: "DEVICES", text: ({ devices }: Change) => countText(devices) },
  { title: "CHANGED", text: ({ changed }: Change) => countText(changed) },
  { title: "BY", text: ({ actor }: Change) => actor },
  { title: "STARTED", text: ({ started_at: at }: Change) => timeText(at) },
];

function ofText({ query, q, device_ids: ids }: Change): string {
  return query ?? q ?? countOf(ids?.length ?? 0, "named device");
}

function tagWords(add: Change["add"], remove: Change["remove"]): string {
  const added = Object.entries(add).map(([key, value]) => `+${key}${value && `=${value}`}`);
  return [...added, ...remove.map((key) => `-${key}`)].join(" ");
}

function aboutLines(change: Change): readonly string[] {
  const { change_no: no, state, devices, changed, restored, skipped } = change;
  return [
    `Change ${no}: ${state}`,
    ...pairLines([
      ["  tags", tagWords(change.add, change.remove)],
      ["  of", ofText(change)],
      ["  by", change.actor],
      ["  reason", change.reason],
      ["  started", timeText(change.started_at)],
      ["  ended", timeText(change.ended_at)],
      ["  devices worked", countText(devices)],
      ["  tags changed", countText(changed)],
      ["  tags put back", restored === 0 ? undefined : countText(restored)],
      ["  left as they are", skipped === 0 ? undefined : countText(skipped)],
    ]),
  ];
}

function taggedLines(tags: readonly Tagged[]): readonly string[] {
  return tableLines(
    [
      { title: "DEVICE", text: (row) => row.device_id },
      { title: "TAG", text: ({ key }) => key },
      { title: "BEFORE", text: ({ before }) => shown(before), maxChars: 40 },
      { title: "AFTER", text: ({ after }) => shown(after), maxChars: 40 },
      { title: "NOW", text: (row) => (row.is_undone ? "put back" : undefined) },
    ],
    tags,
  );
}

/** A tag may be there with no value. */
function shown(value: string | undefined): string | undefined {
  return value === "" ? "(no value)" : value;
}
