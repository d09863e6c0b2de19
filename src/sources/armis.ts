import { SyncError } from "../lib/errors.ts";
import { ok } from "../lib/result.ts";
import type { SourceQuery } from "../model/sync-payload.ts";
import { ArmisToken } from "./armis-auth.ts";
import { formatCursor, parseCursor, startCursor, type ArmisCursor } from "./armis-cursor.ts";
import { keysetPlace } from "./armis-keyset.ts";
import { armisIps, toSourceDevice } from "./armis-map.ts";
import { mergeRows, type MergedRow } from "./armis-merge.ts";
import { ArmisSearch, type ArmisSession } from "./armis-search.ts";
import { armisSettings, type ArmisSettings } from "./armis-settings.ts";
import { ArmisStream } from "./armis-stream.ts";
import { HOUR_MS, narrowed } from "./armis-window.ts";
import { changesUnknown, markOf, sinceOf } from "./change-mark.ts";
import { HttpClient } from "./http.ts";
import { SourceGate } from "./source-gate.ts";
import type { OpenSource, PullOptions, Source, SourceDevice, SourcePage } from "./source.ts";

/** Devices of Armis, interface v1. Facts and traps: docs/sources/armis.md. */
export const armisSource: Source = {
  type: "armis",
  open: (config) => {
    const settings = armisSettings(config);
    return settings.ok ? ok(new OpenArmis(settings.value)) : settings;
  },
};

/** A page of a query is not made smaller than this only because there are many queries. */
const SHARE_MIN = 100;

class OpenArmis implements OpenSource {
  readonly #settings: ArmisSettings;
  /** Kept over the pulls: Armis gives one token a source, and it outlives most pulls. */
  readonly #token: ArmisToken;
  readonly #gate: SourceGate;

  constructor(settings: ArmisSettings) {
    this.#settings = settings;
    this.#gate = new SourceGate(settings.http);
    this.#token = new ArmisToken(settings.credentials);
  }

  async *pull(options: PullOptions): AsyncGenerator<SourcePage> {
    const { queries } = this.#settings;
    const start = startOf(options.cursor, queries);
    await using client = new HttpClient(this.#settings.http, this.#gate);
    const session = { client, call: options, token: this.#token };
    let leftOut = 0;
    for await (const { found, devices, ...page } of this.#pages(session, queries, start)) {
      leftOut += found - devices.length;
      yield { ...page, devices, ...markOf(client.firstServerMs) };
    }
    if (leftOut > 0) options.log.info({ leftOut }, "devices left out by network_blacklist");
  }

  async *changes(mark: string, options: PullOptions): AsyncGenerator<SourcePage> {
    const sinceMs = sinceOf(mark);
    await using client = new HttpClient(this.#settings.http, this.#gate);
    const session = { client, call: options, token: this.#token };
    const queries = await this.#narrowed(session, sinceMs);
    const marked = markOf(client.firstServerMs);
    let isFirst = true;
    for await (const page of this.#pages(session, queries, startCursor(queries))) {
      if (isFirst && page.devices.some((device) => wasSeenBefore(device, sinceMs))) {
        throw changesUnknown("Armis ignored timeFrame: it gave devices that were last seen before");
      }
      isFirst = false;
      yield { devices: page.devices, rejected: page.rejected, ...marked };
    }
  }

  /** The queries for what was seen since; Armis counts back from its own now, which its smallest answer tells. */
  async #narrowed(session: ArmisSession, sinceMs: number): Promise<readonly SourceQuery[]> {
    const [first] = this.#settings.queries;
    if (first !== undefined) await new ArmisSearch(session, first, 1).page(0);
    const serverMs = session.client.firstServerMs;
    if (serverMs === undefined) throw changesUnknown("Armis does not tell its time");
    return this.#settings.queries.map((query) => narrowed(query, serverMs - sinceMs));
  }

  async *#pages(
    session: ArmisSession,
    queries: readonly SourceQuery[],
    start: ArmisCursor,
  ): AsyncGenerator<SourcePage & { readonly found: number }> {
    const streams = this.#streams(session, queries, start);
    let { lastId } = start;
    for (let isLast = false; !isLast;) {
      for (const stream of streams) await stream.fill();
      const { found, rejected } = mergeRows(streams);
      const devices = found.flatMap((row) => this.#deviceOf(row) ?? []);
      lastId = found.at(-1)?.id ?? lastId;
      isLast = streams.every((stream) => stream.isDone);
      const offsets = streams.map((stream) => stream.offset);
      const cursor = isLast ? {} : { cursor: formatCursor({ lastId, offsets }, queries) };
      yield { found: found.length, devices, rejected, ...cursor, ...totalOf(streams) };
    }
  }

  /** Their pages together hold about as many rows as one page was set to. */
  #streams(
    session: ArmisSession,
    queries: readonly SourceQuery[],
    start: ArmisCursor,
  ): readonly ArmisStream[] {
    const { pageSize } = this.#settings;
    const share = Math.max(Math.min(pageSize, SHARE_MIN), Math.floor(pageSize / queries.length));
    return queries.map((query, nth) => {
      const search = new ArmisSearch(session, query, share);
      const place = keysetPlace(start.offsets[nth], start.lastId);
      return new ArmisStream(search, { label: query.label, place });
    });
  }

  /**
   * A device of blacklisted networks is neither passed on nor rejected: the operator does not want it, and nothing is
   * wrong with it. `sourceTotal` still counts it, as Armis does.
   */
  #deviceOf({ id, record, labels }: MergedRow): SourceDevice | undefined {
    const ips = armisIps(record);
    if (this.#settings.isLeftOut(ips)) return undefined;
    return toSourceDevice(record, { id, labels, ips });
  }
}

function startOf(cursor: string | undefined, queries: readonly SourceQuery[]): ArmisCursor {
  if (cursor === undefined) return startCursor(queries);
  const start = parseCursor(cursor, queries);
  if (!start.ok) throw new SyncError("bad_data", start.error, { retry: "permanent" });
  return start.value;
}

/** A device without a time says nothing of the filter. Windows are whole hours, so up to one more is asked for. */
function wasSeenBefore({ volatile }: SourceDevice, sinceMs: number): boolean {
  const seenMs = Date.parse(volatile?.["armis_last_seen"] ?? "");
  return seenMs < sinceMs - 2 * HOUR_MS;
}

/** The totals of several queries cannot be added up: a device that two of them find is one device. */
function totalOf(streams: readonly ArmisStream[]): { readonly sourceTotal?: number } {
  const total = streams.length === 1 ? streams[0]?.total : undefined;
  return total === undefined ? {} : { sourceTotal: total };
}
