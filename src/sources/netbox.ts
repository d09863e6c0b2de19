import { SyncError } from "../lib/errors.ts";
import { ok } from "../lib/result.ts";
import { parseIpList, type Ip } from "../model/ip.ts";
import { markOf, sinceOf } from "./change-mark.ts";
import { HttpClient } from "./http.ts";
import { changedMachines } from "./netbox-changes.ts";
import type { NetboxKind } from "./netbox-kind.ts";
import { listFacts, type ListFacts, type NetboxSession } from "./netbox-list.ts";
import { mapPage } from "./netbox-page.ts";
import { isShort } from "./netbox-ranges.ts";
import { netboxSettings, type NetboxSettings } from "./netbox-settings.ts";
import { walkMachines, type WalkedPage } from "./netbox-walk.ts";
import { SourceGate } from "./source-gate.ts";
import type { OpenSource, PullOptions, Source, SourceDevice, SourcePage } from "./source.ts";

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
    this.#gate = new SourceGate(settings.http);
  }

  async *pull(options: PullOptions): AsyncGenerator<SourcePage> {
    const { kinds } = this.#settings;
    const start = parseCursor(options.cursor, kinds);
    await using reading = this.#session(options);
    const { session } = reading;
    const facts = await factsOfKinds(session, kinds);
    const total = totalOf(facts.values());
    let leftOut = 0;
    for (const [index, [kind, ofKind]] of [...facts].entries()) {
      if (index < start.index) continue;
      const after = index === start.index ? start.lastId : 0;
      const { isSample = false } = options;
      const part = { kind, after, facts: ofKind, following: kinds[index + 1], isSample };
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
    const { kind, following } = part;
    const walk = { ...part, ...this.#settings, width: this.#widthOf(part) };
    let read = 0;
    for await (const page of walkMachines(session, walk)) {
      read += page.rows;
      if (page.isLast) checkCount(read, part);
      yield { ...page.page, ...cursorBehind(page, kind, following) };
    }
  }

  /** A single page needs no ranges. */
  #widthOf({ facts: { count = 0, givesIds }, isSample }: Part): number {
    const { pageSize, rangesAtOnce } = this.#settings;
    return givesIds && count > pageSize && !isSample ? rangesAtOnce : 1;
  }
}

type Part = {
  readonly kind: NetboxKind;
  readonly after: number;
  readonly facts: ListFacts;
  /** The kind that is read next. */
  readonly following: NetboxKind | undefined;
  readonly isSample: boolean;
};

/** Asked before anything is read: a total for the progress, and what the token may not see fails at once. */
async function factsOfKinds(
  session: NetboxSession,
  kinds: readonly NetboxKind[],
): Promise<ReadonlyMap<NetboxKind, ListFacts>> {
  const facts = new Map<NetboxKind, ListFacts>();
  for (const kind of kinds) facts.set(kind, await listFacts(session, kind.path));
  return facts;
}

function totalOf(facts: Iterable<ListFacts>): Pick<SourcePage, "sourceTotal"> {
  let sourceTotal = 0;
  for (const { count } of facts) {
    if (count === undefined) return {};
    sourceTotal += count;
  }
  return { sourceTotal };
}

function checkCount(read: number, { kind, after, facts: { count } }: Part): void {
  if (after > 0 || count === undefined || !isShort(read, count)) return;
  const why = `${kind.path} said that it has ${count} rows and gave ${read}`;
  throw new SyncError("truncated", why, { retry: "transient" });
}

function ipsOf({ metadata }: SourceDevice): readonly Ip[] {
  return parseIpList(metadata["all_ips"] ?? "");
}

/** "device:250" goes on with the devices behind 250, "vm:0" with the first virtual machine. */
function cursorBehind(
  page: WalkedPage,
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
