import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

import { sendHtml, sendJson, serveHttp } from "./fake-http.ts";
import { answeredAtDoor, FAKE_TOKEN, refusedAtDoor } from "./netbox-access.ts";
import { listAnswer } from "./netbox-list-answer.ts";
import { NETBOX_VERSIONS, type Json } from "./netbox-shapes.ts";
import type { Table, TableFilter } from "./netbox-tables.ts";

/** What is replayed, and how. */
export interface ReplayOptions {
  /** A folder of test/recorded. */
  readonly folder: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly token?: string;
  readonly maxPageSize?: number;
  /** Devices, and virtual machines, that it has at most: the first that were recorded. */
  readonly devicesMax?: number;
}

/** A running replay; disposing of it stops it. */
export interface Replay extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly close: () => Promise<void>;
}

/** The recorded lists by their paths below /api, and the filters of each by the member that holds the other's id. */
const LISTS: Readonly<Record<string, { readonly file: string; readonly filters: Filters }>> = {
  "dcim/devices": { file: "devices", filters: {} },
  "virtualization/virtual-machines": { file: "virtual-machines", filters: {} },
  "dcim/interfaces": {
    file: "interfaces",
    filters: { device_id: { member: "device", of: "dcim/devices" } },
  },
  "virtualization/interfaces": {
    file: "vm-interfaces",
    filters: {
      virtual_machine_id: { member: "virtual_machine", of: "virtualization/virtual-machines" },
    },
  },
  "ipam/ip-addresses": { file: "ip-addresses", filters: byInterface() },
  "dcim/mac-addresses": { file: "mac-addresses", filters: byInterface() },
  "ipam/prefixes": { file: "prefixes", filters: {} },
};

type Filters = Readonly<Record<string, { readonly member: string; readonly of: string }>>;

function byInterface(): Filters {
  return {
    interface_id: { member: "dcim.interface", of: "dcim/interfaces" },
    vminterface_id: { member: "virtualization.vminterface", of: "virtualization/interfaces" },
  };
}

/** Starts a NetBox on 127.0.0.1 that gives the recorded rows, for any page, `fields` and the filters of LISTS. */
export async function startNetboxReplay(options: ReplayOptions): Promise<Replay> {
  const { folder, port = 0, token = FAKE_TOKEN, maxPageSize = 1_000 } = options;
  const { devicesMax = Number.POSITIVE_INFINITY } = options;
  const replay = new RecordedNetbox(folder, { token, maxPageSize, devicesMax });
  const http = await serveHttp(port, (request, response) => replay.serve(request, response));
  return { url: http.url, token, close: http.close, [Symbol.asyncDispose]: http.close };
}

type Settings = Required<Pick<ReplayOptions, "token" | "maxPageSize" | "devicesMax">>;

/** Lists that devicesMax cuts; what hangs on the rest is not asked for. */
const CUT = new Set(["dcim/devices", "virtualization/virtual-machines"]);

class RecordedNetbox {
  readonly #folder: string;
  readonly #settings: Settings;
  readonly #version: (typeof NETBOX_VERSIONS)[number];
  /** Rows by path, read when first asked for. */
  readonly #rows = new Map<string, ReadonlyMap<number, Json>>();
  readonly #tables = new Map<string, Table>();

  constructor(folder: string, settings: Settings) {
    this.#folder = folder;
    this.#settings = settings;
    const full = String(this.#file("status.json.gz")["netbox-version"]);
    this.#version = NETBOX_VERSIONS.find((version) => full.startsWith(`${version}.`)) ?? "4.5";
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader("api-version", this.#version);
    if (answeredAtDoor(request, response)) return;
    const { token, maxPageSize } = this.#settings;
    const version = this.#version;
    if (refusedAtDoor(request, response, { token, version })) return;
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const path = url.pathname.replaceAll(/^\/api\/|\/$/g, "");
    if (path === "status") return sendJson(response, 200, this.#file("status.json.gz"));
    const table = this.#table(path);
    if (table === undefined) return sendHtml(response, 404, "Page Not Found");
    const shape = { version, origin: url.origin };
    const paging = { shape, maxPageSize, linkOrigin: url.origin };
    const answer = listAnswer({ table, path, query: url.searchParams, paging });
    return sendJson(response, answer.status, answer.body);
  }

  /** Kept, since finding out which rows belong to which object takes longer than answering. */
  #table(path: string): Table | undefined {
    const list = LISTS[path];
    if (list === undefined) return undefined;
    const table = this.#tables.get(path) ?? this.#makeTable(path, list.filters);
    this.#tables.set(path, table);
    return table;
  }

  #makeTable(path: string, filters: Filters): Table {
    const rows = this.#rowsOf(path);
    const ids = [...rows.keys()];
    const after = (least: number): readonly number[] => ids.filter((id) => id > least);
    return {
      ids: after,
      count: (least) => after(least).length,
      row: (id) => rows.get(id) ?? {},
      changedMs: (id) => Date.parse(String(rows.get(id)?.["last_updated"])),
      sinceFilter: "last_updated__gte",
      filters: {
        id: {
          isStrict: false,
          exists: (id) => rows.has(id),
          rowIds: (id) => (rows.has(id) ? [id] : []),
        },
        ...Object.fromEntries(
          Object.entries(filters).map(([name, { member, of }]) => [
            name,
            filterBy(rows, member, this.#rowsOf(of)),
          ]),
        ),
      },
    };
  }

  #rowsOf(path: string): ReadonlyMap<number, Json> {
    const known = this.#rows.get(path);
    if (known !== undefined) return known;
    const files = readdirSync(this.#folder).filter((name) =>
      isPageOf(name, LISTS[path]?.file ?? ""),
    );
    const rows = files.toSorted().flatMap((name) => this.#file(name)["results"] as readonly Json[]);
    const { devicesMax } = this.#settings;
    const kept = CUT.has(path) ? rows.slice(0, devicesMax) : rows;
    const byId = new Map(kept.map((row) => [Number(row["id"]), row]));
    this.#rows.set(path, byId);
    return byId;
  }

  #file(name: string): Json {
    return JSON.parse(gunzipSync(readFileSync(join(this.#folder, name))).toString("utf8")) as Json;
  }
}

function isPageOf(name: string, list: string): boolean {
  return name.startsWith(`${list}-`) && /^-\d+\.json\.gz$/.test(name.slice(list.length));
}

/** A filter by owner: rows whose `member` is the object, or that are assigned to an object of that type. */
function filterBy(
  rows: ReadonlyMap<number, Json>,
  member: string,
  owners: ReadonlyMap<number, Json>,
): TableFilter {
  const byOwner = new Map<number, number[]>();
  for (const [id, row] of rows) {
    const owner = ownerOf(row, member);
    if (owner === undefined) continue;
    const ids = byOwner.get(owner);
    if (ids === undefined) byOwner.set(owner, [id]);
    else ids.push(id);
  }
  return {
    isStrict: true,
    exists: (id) => owners.has(id),
    rowIds: (id) => byOwner.get(id) ?? [],
  };
}

function ownerOf(row: Json, member: string): number | undefined {
  if (row["assigned_object_type"] === member) return Number(row["assigned_object_id"]);
  const owner = row[member] as Json | undefined;
  return owner === undefined ? undefined : Number(owner["id"]);
}

/** As a program: `netbox-replay-server.ts --port 0 --folder test/recorded/netbox-4.6.8`; prints its address. */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { port: text, folder: text, token: text, devices: text, "max-page-size": text },
  });
  const { url, token } = await startNetboxReplay({
    folder: values.folder ?? fileURLToPath(new URL("../recorded/netbox-4.6.8", import.meta.url)),
    port: Number(values.port ?? 0),
    token: values.token ?? FAKE_TOKEN,
    maxPageSize: Number(values["max-page-size"] ?? 1_000),
    devicesMax: Number(values.devices ?? Number.POSITIVE_INFINITY),
  });
  process.stdout.write(`${JSON.stringify({ url, token })}\n`);
}

if (import.meta.main) await main();
