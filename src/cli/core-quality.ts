import type { z } from "@hono/zod-openapi";

import type { qualitySchema } from "../api/contract-dire.ts";
import { PAGE_MAX } from "../api/page.ts";
import { integer } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines, type Column } from "./table.ts";
import { agoText, countText } from "./wording.ts";

type Quality = z.infer<typeof qualitySchema>;

/** dire quality. */
export const QUALITY_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "dire quality",
    summary: "Show what tells that identity goes wrong: counts, and the worst of each kind",
    flags: {
      limit: integer("N", "how many of each kind (default: 10)", { min: 1, max: PAGE_MAX }),
    },
    run: async ({ limit }, session) => {
      const path = session.path(["dire", "quality"], { limit });
      const body = await session.ask<Quality>({ method: "GET", path });
      session.show(body, () => qualityLines(body, session.context.clock.now()));
    },
  }),
];

function qualityLines(quality: Quality, nowMs: number): readonly string[] {
  const counts = [
    ["records that flap", quality.flapping_records.count],
    ["values that flap", quality.flapping_values.count],
    ["crowded devices", quality.crowded_devices.count],
    ["contested values", quality.contested_values],
    ["generic values", quality.generic_values],
    ["pairs of devices that may be one", quality.held_apart],
    ["merges taken back", quality.overturned_merges.count],
    ["pairs of records held apart", quality.quarantined_pairs],
    ["publications held", quality.held_publications],
  ] as const;
  return [
    ...pairLines(counts.map(([name, count]) => [name, countText(count)])),
    ...flappingLines(quality),
    ...crowdLines(quality, nowMs),
    ...learntLines(quality, nowMs),
    ...overturnedLines(quality, nowMs),
  ];
}

function part<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] {
  return rows.length === 0 ? [] : sectionLines(title, tableLines(columns, rows));
}

function flappingLines(quality: Quality): readonly string[] {
  return [
    ...part(
      "Records that changed their device often in 30 days",
      [
        { title: "MOVES", text: ({ moves }) => countText(moves), isNumber: true },
        { title: "SOURCE", text: ({ source }) => source },
        { title: "KIND", text: ({ kind }) => kind },
        { title: "NATIVE ID", text: (row) => row.native_id, maxChars: 40 },
        { title: "FROM", text: (row) => row.from_id },
        { title: "TO", text: (row) => row.to_id },
      ],
      quality.flapping_records.rows,
    ),
    ...part(
      "Values that went with records as often",
      [
        { title: "MOVES", text: ({ moves }) => countText(moves), isNumber: true },
        { title: "TYPE", text: ({ type }) => type },
        { title: "VALUE", text: ({ value }) => value, maxChars: 60 },
        { title: "PARTITION", text: ({ partition }) => partition },
      ],
      quality.flapping_values.rows,
    ),
  ];
}

function crowdLines(quality: Quality, nowMs: number): readonly string[] {
  return part(
    "Devices of suspiciously many records or addresses",
    [
      { title: "DEVICE", text: ({ id }) => id },
      { title: "HOSTNAME", text: ({ hostname }) => hostname, maxChars: 40 },
      { title: "RECORDS", text: ({ records }) => countText(records), isNumber: true },
      { title: "ADDRESSES", text: ({ addresses }) => countText(addresses), isNumber: true },
      { title: "SINCE", text: ({ since }) => agoText(since, nowMs) },
    ],
    quality.crowded_devices.rows,
  );
}

function learntLines(quality: Quality, nowMs: number): readonly string[] {
  return part(
    "Values that were found to say nothing of one device",
    [
      { title: "TYPE", text: ({ type }) => type },
      { title: "VALUE", text: ({ value }) => value, maxChars: 60 },
      { title: "STATE", text: ({ state }) => state },
      { title: "RECORDS", text: ({ holders }) => countText(holders), isNumber: true },
      { title: "PARTITION", text: ({ partition }) => partition },
      { title: "LEARNT", text: ({ since }) => agoText(since, nowMs) },
    ],
    quality.learnt_values.rows,
  );
}

function overturnedLines(quality: Quality, nowMs: number): readonly string[] {
  return part(
    "Merges that operators took back",
    [
      { title: "DEVICE", text: ({ id }) => id },
      { title: "WAS PART OF", text: (row) => row.was_part_of },
      { title: "WHEN", text: ({ at }) => agoText(at, nowMs) },
    ],
    quality.overturned_merges.rows,
  );
}
