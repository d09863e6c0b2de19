import type { z } from "@hono/zod-openapi";

import type { adviceSchema, tuningSchema } from "../api/contract-tuning.ts";
import { WORKLOAD_BOUNDS } from "../api/workload-bounds.ts";
import { EXIT } from "../lib/exit-code.ts";
import { integer, needed, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { command, type Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { countText } from "./wording.ts";

const { maxConnections, replicas, devices, tenants } = WORKLOAD_BOUNDS;

/** tune. */
export const TUNE_COMMANDS: readonly Command<CoreContext>[] = [
  command({
    name: "tune",
    summary: "Print the row of the tuning matrix for a workload, and why",
    flags: {
      maxConnections: needed(integer("N", "max_connections of PostgreSQL", maxConnections)),
      replicas: needed(integer("R", "cores that use the database", replicas)),
      devices: needed(integer("D", "devices of all tenants together", devices)),
      tenants: integer("T", "tenants (default: 1)", tenants),
      json: toggle("print the API's JSON"),
    },
    run: async ({ json, tenants: many = 1, ...given }, { print }) => {
      // With it come the API's schemas, which no other command needs.
      const { adviceBody } = await import("../api/tuning.ts");
      const body = adviceBody({ ...given, tenants: many });
      const lines = json ? [JSON.stringify(body, undefined, 2)] : adviceLines(body);
      for (const line of lines) print(line);
      return EXIT.ok;
    },
  }),
];

function adviceLines({
  settings,
  workload,
  pool_budget: budget,
  why,
}: z.infer<typeof adviceSchema>): readonly string[] {
  return [
    ...pairLines([
      ["workload", workload],
      ["connections a core may have", countText(budget)],
    ]),
    "",
    ...tableLines(
      [
        { title: "SETTING", text: (row) => row.name },
        { title: "VALUE", text: (row) => String(row.value), isNumber: true },
        { title: "ROW OF THE MATRIX", text: (row) => row.row },
      ],
      settings,
    ),
    "",
    ...why,
  ];
}

/** What a server is tuned to, as a part of a longer answer. */
export function tuningLines({
  settings,
  pools,
  why,
  why_now: whyNow,
  database,
}: z.infer<typeof tuningSchema>): readonly string[] {
  return [
    ...sectionLines(
      "Tuning of this core",
      tableLines(
        [
          { title: "SETTING", text: (row) => row.name },
          { title: "VALUE", text: (row) => String(row.value), isNumber: true },
          { title: "ADVISED NOW", text: (row) => String(row.advised ?? "-"), isNumber: true },
          { title: "ORIGIN", text: (row) => row.origin },
        ],
        settings,
      ),
    ),
    ...sectionLines(
      "Its database connections",
      tableLines(
        [
          { title: "PART", text: (pool) => pool.part },
          { title: "SIZE", text: (pool) => String(pool.size), isNumber: true },
          { title: "BUSY", text: (pool) => String(pool.busy), isNumber: true },
          { title: "WAITING", text: (pool) => countText(pool.waiting), isNumber: true },
          { title: "WAIT", text: (pool) => `${pool.wait_ms} ms`, isNumber: true },
          { title: "TIMEOUTS", text: (pool) => countText(pool.timeouts), isNumber: true },
        ],
        pools,
      ),
    ),
    ...(database === undefined
      ? []
      : sectionLines("PostgreSQL in the last minute", databaseLines(database))),
    // A core tunes itself once: what was there then is not what is there now.
    ...sectionLines("Why, as it was when the core started", why),
    ...(whyNow === undefined ? [] : sectionLines("What is advised now, and why", whyNow)),
  ];
}

type Database = NonNullable<z.infer<typeof tuningSchema>["database"]>;

function databaseLines(of: Database): readonly string[] {
  const { running, lock_waiting: waiting, lock_wait_ms: waitMs, host } = of;
  return pairLines([
    ["sessions that compute", String(running)],
    [
      "its processors",
      host === undefined
        ? "on another host, which the core cannot see"
        : `${host.processors}, ${host.busy_percent}% busy`,
    ],
    ["sessions that waited for locks", countText(waiting)],
    ["longest wait for a lock", `${waitMs} ms`],
  ]);
}
