import { SyncError } from "../lib/errors.ts";
import { ok } from "../lib/result.ts";
import { ArmisToken } from "./armis-auth.ts";
import { formatCursor, parseCursor, startCursor, type ArmisCursor } from "./armis-cursor.ts";
import { keysetPlace } from "./armis-keyset.ts";
import { armisIps, toSourceDevice } from "./armis-map.ts";
import { mergeRows, type MergedRow } from "./armis-merge.ts";
import { ArmisSearch, type ArmisSession } from "./armis-search.ts";
import { armisSettings, type ArmisSettings } from "./armis-settings.ts";
import { ArmisStream } from "./armis-stream.ts";
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
    this.#gate = new SourceGate(settings.http.requestsPerSecond);
    this.#token = new ArmisToken(settings.credentials);
  }

  async *pull(options: PullOptions): AsyncGenerator<SourcePage> {
    const { http, queries } = this.#settings;
    const start = this.#startOf(options);
    await using client = new HttpClient(http, this.#gate);
    const streams = this.#streams({ client, call: options, token: this.#token }, start);
    let { lastId } = start;
    let leftOut = 0;
    for (let isLast = false; !isLast;) {
      for (const stream of streams) await stream.fill();
      const { found, rejected } = mergeRows(streams);
      const devices = found.flatMap((row) => this.#deviceOf(row) ?? []);
      leftOut += found.length - devices.length;
      lastId = found.at(-1)?.id ?? lastId;
      isLast = streams.every((stream) => stream.isDone);
      const offsets = streams.map((stream) => stream.offset);
      const cursor = isLast ? {} : { cursor: formatCursor({ lastId, offsets }, queries) };
      yield { devices, rejected, ...cursor, ...totalOf(streams) };
    }
    if (leftOut > 0) options.log.info({ leftOut }, "devices left out by network_blacklist");
  }

  #startOf({ cursor }: PullOptions): ArmisCursor {
    const { queries } = this.#settings;
    if (cursor === undefined) return startCursor(queries);
    const start = parseCursor(cursor, queries);
    if (!start.ok) throw new SyncError("bad_data", start.error, { retry: "permanent" });
    return start.value;
  }

  /** Their pages together hold about as many rows as one page was set to. */
  #streams(session: ArmisSession, start: ArmisCursor): readonly ArmisStream[] {
    const { pageSize, queries } = this.#settings;
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

/** The totals of several queries cannot be added up: a device that two of them find is one device. */
function totalOf(streams: readonly ArmisStream[]): { readonly sourceTotal?: number } {
  const total = streams.length === 1 ? streams[0]?.total : undefined;
  return total === undefined ? {} : { sourceTotal: total };
}
