/**
 * Reads what changed in a NetBox since some time. A machine's own `last_updated` stays when its interfaces, MACs or addresses
 * change, so each of those lists is asked for what is new in it; what was deleted or moved away stands in the change log alone.
 */
import { isoTime } from "../lib/clock.ts";
import { changesUnknown } from "./change-mark.ts";
import { HttpError } from "./http-error.ts";
import { IP_ADDRESSES_PATH } from "./netbox-attached.ts";
import { batchIds } from "./netbox-join.ts";
import type { NetboxKind } from "./netbox-kind.ts";
import { listRows, type NetboxList, type NetboxSession } from "./netbox-list.ts";
import {
  parseChangedRow,
  parseChangeRow,
  ROW_FIELDS,
  rowId,
  type ChangedRow,
} from "./netbox-rows.ts";
import { TouchedMachines } from "./netbox-touched.ts";
import type { PullOptions } from "./source.ts";

const MAC_ADDRESSES_PATH = "/api/dcim/mac-addresses/";
/** Since 4.1, and before. */
const CHANGE_LOG_PATHS = ["/api/core/object-changes/", "/api/extras/object-changes/"];
/** NetBox's own default cap on a page; these rows are small. */
const ROWS = 1_000;
/** Change log rows hold an object twice over. */
const CHANGE_ROWS = 200;

/** Machines of one kind that changed, as their list has them now, and the ids of those that were deleted. */
export interface ChangedMachines {
  readonly kind: NetboxKind;
  readonly rows: readonly unknown[];
  readonly goneIds: readonly number[];
}

/** Reads all that changed, in pages of about `pageSize` machines. Throws SyncError `changes_unknown` where that cannot be told. */
export async function* changedMachines(
  session: NetboxSession,
  options: {
    readonly kinds: readonly NetboxKind[];
    readonly sinceMs: number;
    readonly pageSize: number;
    readonly log: PullOptions["log"];
  },
): AsyncGenerator<ChangedMachines> {
  const touched = await touchedMachines(session, options);
  for (const { kind, machines, deleted } of touched.kinds) {
    const ids = [...machines].toSorted((a, b) => a - b);
    for (let from = 0; from < ids.length; from += options.pageSize) {
      const asked = ids.slice(from, from + options.pageSize);
      const list = { path: kind.path, fields: kind.fields };
      const rows = await rowsOfIds(session, list, asked);
      const found = new Set(rows.map(rowId));
      // One that is listed is there, whatever the log says of an earlier life.
      yield { kind, rows, goneIds: asked.filter((id) => deleted.has(id) && !found.has(id)) };
    }
  }
}

type Asked = Parameters<typeof changedMachines>[1];

async function touchedMachines(
  session: NetboxSession,
  { kinds, sinceMs, log }: Asked,
): Promise<TouchedMachines> {
  const touched = new TouchedMachines(kinds);
  if (!(await readChangeLog(session, touched, sinceMs))) {
    log.info(
      "the token may not read the change log: what was deleted goes with the next discovery",
    );
  }
  const read = (path: string, members: readonly string[]): AsyncGenerator<ChangedRow> =>
    changedRows(session, { path, members, sinceMs });
  for (const of of touched.kinds) {
    const { path, interfacesPath, machineMember } = of.kind;
    for await (const row of read(path, [])) touched.takeMachine(of, row);
    for await (const row of read(interfacesPath, [machineMember])) touched.takeInterface(of, row);
  }
  const assigned = ["assigned_object_type", "assigned_object_id"];
  for await (const row of read(IP_ADDRESSES_PATH, assigned)) touched.takeHeld(row);
  const macs = read(MAC_ADDRESSES_PATH, assigned);
  // Objects of their own since 4.2; before, a MAC is a member of its interface.
  await unlessMissing(async () => {
    for await (const row of macs) touched.takeHeld(row);
  });
  await findHolders(session, touched);
  return touched;
}

/** Machines of interfaces on which an address or a MAC changed. An interface that is gone was a change of its own. */
async function findHolders(session: NetboxSession, touched: TouchedMachines): Promise<void> {
  for (const of of touched.kinds) {
    const { interfacesPath: path, machineMember } = of.kind;
    const list = { path, fields: ["id", machineMember] };
    for (const raw of await rowsOfIds(session, list, [...of.ports])) {
      const row = parseChangedRow(raw);
      if (row.ok) touched.takeInterface(of, row.value);
    }
  }
}

/** Rows of a list by their ids; those that are no more are left out. */
async function rowsOfIds(
  session: NetboxSession,
  list: Pick<NetboxList, "path" | "fields">,
  ids: readonly number[],
): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for (const part of batchIds(ids, "id".length)) {
    const wanted = new Set(part);
    const filter = { name: "id", ids: part };
    for await (const page of listRows(session, { ...list, filter, limit: ROWS })) {
      if (page.rows.some((row) => !wanted.has(rowId(row) ?? 0))) {
        throw changesUnknown(`${list.path} ignored the filter id`);
      }
      rows.push(...page.rows);
    }
  }
  return rows;
}

type Wanted = {
  readonly path: string;
  readonly members: readonly string[];
  readonly sinceMs: number;
};

async function* changedRows(
  session: NetboxSession,
  { path, members, sinceMs }: Wanted,
): AsyncGenerator<ChangedRow> {
  const since = { name: "last_updated__gte", time: isoTime(sinceMs) };
  const fields = ["id", "last_updated", ...members];
  for await (const page of listRows(session, { path, fields, since, limit: ROWS })) {
    for (const raw of page.rows) {
      const row = parseChangedRow(raw);
      // It will be left out of the next full reading too, and be counted there.
      if (!row.ok) continue;
      if (!isSince(row.value.last_updated, sinceMs)) {
        throw changesUnknown(`${path} ignored the filter ${since.name}`);
      }
      yield row.value;
    }
  }
}

/** NetBox ignores names that it does not know; a row without a time or of an earlier one shows it. */
function isSince(time: string | undefined, sinceMs: number): boolean {
  return Date.parse(time ?? "") >= sinceMs;
}

/** False where the token may not see the log. */
async function readChangeLog(
  session: NetboxSession,
  touched: TouchedMachines,
  sinceMs: number,
): Promise<boolean> {
  for (const path of CHANGE_LOG_PATHS) {
    const since = { name: "time_after", time: isoTime(sinceMs) };
    const list = { path, fields: ROW_FIELDS.change, since, limit: CHANGE_ROWS };
    const isThere = await unlessMissing(async () => {
      for await (const page of listRows(session, list)) {
        for (const raw of page.rows) {
          const row = parseChangeRow(raw);
          if (!row.ok) continue;
          if (!isSince(row.value.time, sinceMs)) {
            throw changesUnknown(`${path} ignored the filter ${since.name}`);
          }
          touched.takeChange(row.value);
        }
      }
    });
    if (isThere) return true;
  }
  return false;
}

/** Whether a list is there and may be seen; a list that is not costs only what it would have told. */
async function unlessMissing(read: () => Promise<void>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (thrown) {
    const isMissing =
      thrown instanceof HttpError && (thrown.status === 404 || thrown.code === "permission");
    if (isMissing) return false;
    throw thrown;
  }
}
