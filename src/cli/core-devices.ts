import type { z } from "@hono/zod-openapi";

import type { deviceDetailSchema, deviceSchema } from "../api/contract-devices.ts";
import { PAGE_MAX } from "../api/page.ts";
import { EXIT } from "../lib/exit-code.ts";
import { integer, oneOf, optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { deviceColumns, deviceLines } from "./core-device-text.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import { tellWaiting } from "./core-waiting.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { countOf, countText } from "./wording.ts";

type Device = z.infer<typeof deviceSchema>;
type DeviceDetail = z.infer<typeof deviceDetailSchema>;
type Page = {
  readonly devices: Device[];
  readonly next?: string;
  readonly previous?: string;
  readonly total?: number;
  readonly total_is_estimate?: true;
};

/** Devices shown where nobody says how many: a screenful. */
const LIMIT_DEFAULT = 50;

/** What narrows devices down, in lists and in counts. */
export const DEVICE_FILTERS = {
  q: optional("SEARCH", "beginning of a hostname, or a whole IP, MAC, serial or device id"),
  source: optional("SOURCE", "only those that a source, or a type of source, speaks of"),
  type: optional("TYPE", "only of this type, such as switch"),
  partition: optional("NAME", "only of this partition"),
  state: oneOf(["active", "deleted", "all"], "also or only those whose sources retracted them"),
};
const { q, ...filters } = DEVICE_FILTERS;

/** devices list, get. */
export const DEVICE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices list",
    summary: "Show devices",
    operands: { q },
    flags: {
      query: optional("SRQL", "a query, as in 'vendor:cisco !site:lab sort:last_seen:desc'"),
      ...filters,
      limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: PAGE_MAX }),
      after: optional("CURSOR", "go on where the page before ended"),
      before: optional("CURSOR", "the page that ends where a later one began"),
      from: optional(
        "TEXT",
        "begin where the query's order reaches this name, address, number or day",
      ),
      end: toggle("the last page, from which --before leads on"),
      all: toggle("every page; with --json one document a page"),
    },
    run: async ({ all, end, limit, after, before, from, ...flags }, session) => {
      if (all && (end || before !== undefined)) {
        throw new Misuse("--all goes on from a page, not back");
      }
      const { q: text, query: srql, source, type, partition, state } = flags;
      const filter = { q: text, query: srql, source, type, partition, state };
      let cursor = after;
      const size = limit ?? (all ? PAGE_MAX : LIMIT_DEFAULT);
      for (let nth = 0; nth === 0 || cursor !== undefined; nth += 1) {
        const place =
          nth === 0 ? { after, before, from, end: end || undefined } : { after: cursor };
        const query = { ...filter, limit: size, ...place, total: nth === 0 && !all };
        const path = session.path(["devices"], query);
        const page = await session.ask<Page>({ method: "GET", path });
        session.show(page, () => pageLines(page, { session, isFirst: nth === 0, all }));
        cursor = all ? page.next : undefined;
      }
      await tellWaiting(session);
    },
  }),
  tenantCommand({
    name: "devices get",
    summary: "Show one device: whose value stands for each field, its records, its former ids",
    operands: { device: required("DEVICE", "its id or a former one; else what finds just one") },
    flags: { payload: toggle("also what each source sent") },
    run: async ({ device, payload }, session) => {
      const path = session.path(["devices", await deviceIdOf(device, session)]);
      const body = await session.ask<DeviceDetail>({ method: "GET", path });
      const nowMs = session.context.clock.now();
      session.show(body, () => deviceLines(body, { nowMs, withPayload: payload }));
    },
  }),
];

function pageLines(
  { devices, next, previous, total, total_is_estimate: isEstimate }: Page,
  {
    session,
    isFirst,
    all,
  }: { readonly session: TenantSession; readonly isFirst: boolean; readonly all: boolean },
): readonly string[] {
  if (devices.length === 0) return isFirst ? ["No devices."] : [];
  const table = tableLines(deviceColumns(session.context.clock.now()), devices);
  const lines = isFirst ? table : table.slice(1);
  if (all) return lines;
  const of =
    total === undefined || total === devices.length
      ? ""
      : ` of ${isEstimate ? "about " : ""}${countText(total)}`;
  const more = next === undefined ? "" : `; more: --after ${next}`;
  const back = previous === undefined ? "" : `; before them: --before ${previous}`;
  return [
    ...lines,
    "",
    `${countText(devices.length)}${of} ${total === 1 ? "device" : "devices"}${back}${more}`,
  ];
}

/** The whole name or its first label, whatever the case. */
function isNamed(hostname: string | undefined, text: string): boolean {
  const [name, wanted] = [hostname?.toLowerCase(), text.toLowerCase()];
  return name === wanted || name?.split(".")[0] === wanted;
}

/** An id as it is; any other text must be the name of one device, or find just one. */
export async function deviceIdOf(text: string, session: TenantSession): Promise<string> {
  if (text.startsWith("sr:")) return text;
  const path = session.path(["devices"], { q: text, limit: 10, total: true, state: "all" });
  const { devices, total = 0 } = await session.ask<Page>({ method: "GET", path });
  const [only, ...others] = devices;
  if (only === undefined) {
    const message = `no device of tenant ${session.slug} is found by "${text}"`;
    throw new Misuse(message, EXIT.failed);
  }
  const [exact, ...namesakes] = devices.filter(({ hostname }) => isNamed(hostname, text));
  if (exact !== undefined && namesakes.length === 0) return exact.id;
  if (others.length === 0) return only.id;
  const lines = tableLines(deviceColumns(session.context.clock.now()), devices);
  throw new Misuse(
    [`"${text}" finds ${countOf(total, "device")}; name one by its id:`, ...lines].join("\n"),
  );
}
