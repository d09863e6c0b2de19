import { HttpError } from "./http-error.ts";
import { inParallel } from "./in-parallel.ts";
import { AttachedRows, IP_ADDRESSES_PATH } from "./netbox-attached.ts";
import type { Machine, NetboxKind } from "./netbox-kind.ts";
import { listRows, type NetboxSession } from "./netbox-list.ts";
import { ROW_FIELDS } from "./netbox-rows.ts";

/**
 * How long the ids in one query may be. A longer request line is refused: by gunicorn at 4,094 characters (its default,
 * which NetBox's stock configuration keeps), by nginx at 8 kB.
 */
const ID_CHARS_MAX = 3_000;
/** NetBox's own default cap on a page (MAX_PAGE_SIZE); the rows are small, since `fields` asks for little. */
const ROWS = 1_000;
/** Requests of one page at a time; how many of them are under way is the source's gate's to say. */
const WIDTH = 16;

/**
 * Fetches interfaces and IP addresses of one page of machines: interfaces by repeated machine id, then addresses
 * by repeated interface id, about a hundred ids a request. Memory is bounded by the page, and 250 machines with two interfaces
 * each cost about six requests. The other ways lose: the addresses' own device filter runs a query per device inside
 * the server, and nested GraphQL was measured at 11-18 s for 1,000 devices where these lists take about 9 s.
 */
export async function joinPage(
  session: NetboxSession,
  kind: NetboxKind,
  machines: readonly Machine[],
): Promise<AttachedRows> {
  const attached = new AttachedRows(kind, machines);
  await fetchBy(session, {
    path: kind.interfacesPath,
    fields: ROW_FIELDS.interface,
    filter: { name: kind.machineFilter, ids: machines.map(({ id }) => id) },
    take: (row) => attached.takeInterface(row),
  });
  await fetchBy(session, {
    path: IP_ADDRESSES_PATH,
    fields: ROW_FIELDS.ipAddress,
    filter: { name: kind.interfaceFilter, ids: attached.interfacesWithIps() },
    take: (row) => attached.takeIpAddress(row),
  });
  return attached;
}

type Wanted = {
  readonly path: string;
  readonly fields: readonly string[];
  readonly filter: { readonly name: string; readonly ids: readonly number[] };
  /** May get the same row twice. */
  readonly take: (row: unknown) => void;
};

async function fetchBy(session: NetboxSession, wanted: Wanted): Promise<void> {
  const batches = batchIds(wanted.filter.ids, wanted.filter.name.length);
  await inParallel(batches, WIDTH, (ids) => fetchBatch(session, wanted, ids));
}

/** Splits ids so that each part fits into a query, as `&name=id` each. */
export function batchIds(
  ids: readonly number[],
  nameChars: number,
): readonly (readonly number[])[] {
  const batches: number[][] = [];
  let room = 0;
  for (const id of ids) {
    const chars = nameChars + String(id).length + 2;
    if (batches.length === 0 || chars > room) {
      batches.push([]);
      room = ID_CHARS_MAX;
    }
    batches.at(-1)?.push(id);
    room -= chars;
  }
  return batches;
}

/**
 * Reads the rows of some ids. NetBox refuses the whole query when one id has been deleted meanwhile; then the
 * halves are asked for, until only that id is left out.
 */
async function fetchBatch(
  session: NetboxSession,
  wanted: Wanted,
  ids: readonly number[],
): Promise<void> {
  const { path, fields, filter, take } = wanted;
  try {
    const list = { path, fields, limit: ROWS, filter: { name: filter.name, ids } };
    for await (const { rows } of listRows(session, list)) rows.forEach(take);
  } catch (thrown) {
    if (!isVanishedId(thrown, filter.name)) throw thrown;
    const half = Math.ceil(ids.length / 2);
    if (half === ids.length) return;
    await fetchBatch(session, wanted, ids.slice(0, half));
    await fetchBatch(session, wanted, ids.slice(half));
  }
}

/** 400 {"device_id":["Select a valid choice. 7 is not one of the available choices."]} */
function isVanishedId(thrown: unknown, filterName: string): boolean {
  return (
    thrown instanceof HttpError && thrown.status === 400 && thrown.message.includes(filterName)
  );
}
