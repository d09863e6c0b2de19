import { SyncError } from "../lib/errors.ts";
import { ok } from "../lib/result.ts";
import { parseIpList, type Ip } from "../model/ip.ts";
import { markOf, sinceOf } from "./change-mark.ts";
import { HttpClient } from "./http.ts";
import { changedMachines } from "./netbox-changes.ts";
import { joinPage } from "./netbox-join.ts";
import type { Machine, NetboxKind } from "./netbox-kind.ts";
import { countRows, listRows, type NetboxPage, type NetboxSession } from "./netbox-list.ts";
import { rowId } from "./netbox-rows.ts";
import { netboxSettings, type NetboxSettings } from "./netbox-settings.ts";
import { oneAhead } from "./one-ahead.ts";
import { SourceGate } from "./source-gate.ts";
import type {
  OpenSource,
  PullOptions,
  Source,
  SourceDevice,
  SourcePage,
  SourceRejection,
} from "./source.ts";

/** Devices and virtual machines of NetBox 3.5 to 4.7. Facts and traps: docs/sources/netbox.md. */
export const netboxSource: Source = {
  type: "netbox",
  open: (config) => {
    const settings = netboxSettings(config);
    return settings.ok ? ok(new OpenNetbox(settings.value)) : settings;
  },
};

class OpenNetbox implements OpenSource {
  readonly #settings: NetboxSettings;
  readonly #gate: SourceGate;

  constructor(settings: NetboxSettings) {
    this.#settings = settings;
    this.#gate = new SourceGate(settings.http.requestsPerSecond);
  }

  async *pull(options: PullOptions): AsyncGenerator<SourcePage> {
    const { kinds } = this.#settings;
    const start = parseCursor(options.cursor, kinds);
    await using reading = this.#session(options);
    const { session } = reading;
    const counts = await countKinds(session, kinds);
    const total = counts.includes(undefined) ? {} : { sourceTotal: sum(counts) };
    let leftOut = 0;
    for (const [index, kind] of kinds.entries()) {
      if (index < start.index) continue;
      const after = index === start.index ? start.lastId : 0;
      const part = { kind, after, count: counts[index], following: kinds[index + 1] };
      for await (const page of this.#pullKind(session, part)) {
        const devices = this.#wanted(page.devices);
        leftOut += page.devices.length - devices.length;
        yield { ...page, devices, ...total, ...markOf(session.client.firstServerMs) };
      }
    }
    if (leftOut > 0) options.log.info({ leftOut }, "devices left out by network_blacklist");
  }

  async *changes(mark: string, options: PullOptions): AsyncGenerator<SourcePage> {
    const { kinds, pageSize } = this.#settings;
    const sinceMs = sinceOf(mark);
    await using reading = this.#session(options);
    const { session } = reading;
    const asked = { kinds, sinceMs, pageSize, log: options.log };
    for await (const { kind, rows, goneIds } of changedMachines(session, asked)) {
      const page = await mapPage(session, kind, rows);
      const gone = goneIds.map((id) => kind.gone(id));
      yield { ...page, devices: this.#wanted(page.devices), gone };
    }
    yield { devices: [], rejected: [], ...markOf(session.client.firstServerMs) };
  }

  /** A page is asked for ahead: one that nobody waits for any more ends with the session. */
  #session(options: PullOptions): AsyncDisposable & { readonly session: NetboxSession } {
    const { http, authorization } = this.#settings;
    const client = new HttpClient(http, this.#gate);
    const over = new AbortController();
    const signal = AbortSignal.any([options.signal, over.signal]);
    return {
      session: { client, call: { ...options, signal }, authorization },
      [Symbol.asyncDispose]: async () => {
        over.abort();
        await client[Symbol.asyncDispose]();
      },
    };
  }

  #wanted(devices: readonly SourceDevice[]): readonly SourceDevice[] {
    return devices.filter((one) => !this.#settings.isLeftOut(ipsOf(one)));
  }

  async *#pullKind(session: NetboxSession, part: Part): AsyncGenerator<SourcePage> {
    const { kind, after, following } = part;
    let read = 0;
    const rows = listRows(session, { ...kind, limit: this.#settings.pageSize, after });
    for await (const page of oneAhead(rows)) {
      read += page.rows.length;
      if (page.isLast) checkCount(read, part);
      yield {
        ...(await mapPage(session, kind, page.rows)),
        ...cursorBehind(page, kind, following),
      };
    }
  }
}

type Part = {
  readonly kind: NetboxKind;
  readonly after: number;
  readonly count: number | undefined;
  /** The kind that is read next. */
  readonly following: NetboxKind | undefined;
};

/** Asked before anything is read: a total for the progress, and what the token may not see fails at once. */
async function countKinds(
  session: NetboxSession,
  kinds: readonly NetboxKind[],
): Promise<readonly (number | undefined)[]> {
  const counts: (number | undefined)[] = [];
  for (const kind of kinds) counts.push(await countRows(session, kind.path));
  return counts;
}

function sum(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
}

/** So many rows may vanish while we read: people delete. More is a list that lost its end. */
const MISSING_MAX = 10;
/** The same as a share of a large list. */
const MISSING_SHARE_MAX = 0.05;

function checkCount(read: number, { kind, after, count }: Part): void {
  if (after > 0 || count === undefined) return;
  if (count - read <= Math.max(MISSING_MAX, count * MISSING_SHARE_MAX)) return;
  const why = `${kind.path} said that it has ${count} rows and gave ${read}`;
  throw new SyncError("truncated", why, { retry: "transient" });
}

/** Maps one page together with what hangs on its machines; a row that cannot be read costs only itself. */
async function mapPage(
  session: NetboxSession,
  kind: NetboxKind,
  rows: readonly unknown[],
): Promise<SourcePage> {
  const machines: Machine[] = [];
  const rejected: SourceRejection[] = [];
  for (const row of rows) {
    const machine = kind.parse(row);
    if (machine.ok) machines.push(machine.value);
    else rejected.push({ nativeId: kind.nativeId(rowId(row)), reason: machine.error });
  }
  const attached = await joinPage(session, kind, machines);
  const byMachine = attached.byMachine();
  const devices = machines.map((one) => one.mapped(byMachine.get(one.id) ?? { macs: [], ips: [] }));
  return { devices, rejected: [...rejected, ...attached.rejected] };
}

function ipsOf({ metadata }: SourceDevice): readonly Ip[] {
  return parseIpList(metadata["all_ips"] ?? "");
}

/** "device:250" goes on with the devices behind 250, "vm:0" with the first virtual machine. */
function cursorBehind(
  page: NetboxPage,
  kind: NetboxKind,
  following: NetboxKind | undefined,
): Pick<SourcePage, "cursor"> {
  if (!page.isLast) return { cursor: `${kind.name}:${page.lastId}` };
  return following === undefined ? {} : { cursor: `${following.name}:0` };
}

type Start = { readonly index: number; readonly lastId: number };

function parseCursor(cursor: string | undefined, kinds: readonly NetboxKind[]): Start {
  if (cursor === undefined) return { index: 0, lastId: 0 };
  const [, name, id] = /^(\w+):(\d+)$/.exec(cursor) ?? [];
  const index = kinds.findIndex((kind) => kind.name === name);
  if (index >= 0) return { index, lastId: Number(id) };
  const why = `cursor "${cursor}" is not one of a NetBox source`;
  throw new SyncError("bad_data", why, { retry: "permanent" });
}
