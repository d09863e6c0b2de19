import type { IncomingMessage, ServerResponse } from "node:http";
import { parseArgs } from "node:util";

import type { SourceFault } from "../contract/source.ts";
import { pauseFor, sendHtml, sendJson, serveHttp, type FakeHttp } from "./fake-http.ts";
import { createFleet } from "./fleet.ts";
import { answeredAtDoor, FAKE_TOKEN, refusedAtDoor } from "./netbox-access.ts";
import { ChangeLog } from "./netbox-change-log.ts";
import { plainFleet, type NetboxFleet } from "./netbox-fleet.ts";
import type { NetboxDevice } from "./netbox-fleet.ts";
import { Machines } from "./netbox-inventory.ts";
import { listAnswer, type Paging } from "./netbox-list-answer.ts";
import { NETBOX_VERSIONS, since, type NetboxVersion, type Shape } from "./netbox-shapes.ts";
import { netboxTables, type Table } from "./netbox-tables.ts";
import { playFault, sendAnswer } from "./play-fault.ts";

/** A request with a good token, before it is answered. */
export interface NetboxRequest {
  /** From 1. */
  readonly number: number;
  /** Below /api, without slashes at its ends: "dcim/devices". */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** How the fake behaves. What is absent is the real thing, as far as it is known. */
export interface NetboxFakeOptions {
  readonly fleet: NetboxFleet;
  readonly vms?: NetboxFleet;
  readonly version?: NetboxVersion;
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly token?: string;
  /** MAX_PAGE_SIZE. */
  readonly maxPageSize?: number;
  /** Query names that the server does not know, and so ignores. */
  readonly ignored?: readonly string[];
  /** Paths that the token may not see. */
  readonly denied?: readonly string[];
  /** Where links to other pages lead, if not to the host that was asked. */
  readonly linkOrigin?: string;
  /** The token is good for so many requests. */
  readonly expiresAfter?: number;
  readonly repeatsCursor?: boolean;
  readonly losesNext?: boolean;
  /** Devices with ids up to this stand in virtual chassis of two. */
  readonly chassis?: number;
  /** The id of a device whose record cannot be read. */
  readonly badDevice?: number;
  /** Before each answer. */
  readonly latencyMs?: number;
  /** In the middle of each body. */
  readonly slowBodyMs?: number;
  readonly fault?: (request: NetboxRequest) => SourceFault | undefined;
  /** Called before each request is answered, so that a test can watch it, or change the inventory meanwhile. */
  readonly onRequest?: (request: NetboxRequest, fake: NetboxFake) => void;
}

/** Counts since the start. */
export interface NetboxStats {
  requests: number;
  /** Requests with a bad token or without one. */
  refused: number;
  /** Rows sent, by path; those of which only the id was asked are not among them. */
  readonly rows: Record<string, number>;
  rowsInOneAnswerMax: number;
  urlCharsMax: number;
  inFlight: number;
  inFlightMax: number;
}

/** A running fake; disposing of it stops it. */
export interface NetboxFake extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly stats: NetboxStats;
  readonly close: () => Promise<void>;
  deleteDevice(id: number): void;
  /** Adds a device with the next id, and returns the id. */
  addDevice(): number;
  /** Changes a device; what of its interfaces and addresses is no more stands in the change log. */
  editDevice(id: number, change: Partial<NetboxDevice>): void;
  /** The same for virtual machines. */
  readonly vms: {
    delete(id: number): void;
    add(): number;
    edit(id: number, change: Partial<NetboxDevice>): void;
  };
}

/** Starts a fake NetBox on 127.0.0.1. Every row is computed from the fleet; no inventory is held. */
export async function startNetboxFake(options: NetboxFakeOptions): Promise<NetboxFake> {
  const netbox = new Netbox(options);
  const http = await serveHttp(options.port ?? 0, (request, response) =>
    netbox.serve(request, response),
  );
  return netbox.runningOn(http);
}

class Netbox {
  readonly #options: NetboxFakeOptions;
  readonly #version: NetboxVersion;
  readonly #token: string;
  readonly #devices: Machines;
  readonly #vms: Machines;
  readonly #changes: ChangeLog;
  readonly #stats: NetboxStats = {
    requests: 0,
    refused: 0,
    rows: {},
    rowsInOneAnswerMax: 0,
    urlCharsMax: 0,
    inFlight: 0,
    inFlightMax: 0,
  };
  #running: NetboxFake | undefined;

  constructor(options: NetboxFakeOptions) {
    this.#options = options;
    this.#version = options.version ?? "4.5";
    this.#token = options.token ?? FAKE_TOKEN;
    this.#devices = new Machines(options.fleet, false);
    this.#vms = new Machines(options.vms ?? plainFleet(0), true);
    this.#changes = new ChangeLog(this.#version);
  }

  runningOn({ url, close }: FakeHttp): NetboxFake {
    this.#running = {
      url,
      token: this.#token,
      stats: this.#stats,
      close,
      deleteDevice: (id) => this.#changes.delete(this.#devices, id),
      addDevice: () => this.#changes.add(this.#devices),
      editDevice: (id, change) => this.#changes.edit(this.#devices, id, change),
      vms: {
        delete: (id) => this.#changes.delete(this.#vms, id),
        add: () => this.#changes.add(this.#vms),
        edit: (id, change) => this.#changes.edit(this.#vms, id, change),
      },
      [Symbol.asyncDispose]: close,
    };
    return this.#running;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#watch(request, response);
    response.setHeader("api-version", this.#version);
    if (answeredAtDoor(request, response)) return;
    if (refusedAtDoor(request, response, { token: this.#token, version: this.#version })) {
      this.#stats.refused += 1;
      return;
    }
    this.#stats.requests += 1;
    if (this.#stats.requests > (this.#options.expiresAfter ?? Number.POSITIVE_INFINITY)) {
      return sendJson(response, 403, { detail: "Token expired" });
    }
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const path = url.pathname.replaceAll(/^\/api\/|\/$/g, "");
    const asked = { number: this.#stats.requests, path, query: url.searchParams };
    if (this.#running !== undefined) this.#options.onRequest?.(asked, this.#running);
    const fault = this.#options.fault?.(asked);
    if (playFault(response, fault)) return;
    if (fault?.kind === "repeats") asked.query.delete("id__gt");
    await pauseFor(this.#options.latencyMs ?? 0);
    await this.#answer(response, { ...asked, origin: url.origin, fault });
  }

  #watch(request: IncomingMessage, response: ServerResponse): void {
    const stats = this.#stats;
    stats.inFlight += 1;
    stats.inFlightMax = Math.max(stats.inFlightMax, stats.inFlight);
    stats.urlCharsMax = Math.max(stats.urlCharsMax, request.url?.length ?? 0);
    response.on("close", () => {
      stats.inFlight -= 1;
    });
  }

  async #answer(response: ServerResponse, asked: Asked): Promise<void> {
    const shape = { version: this.#version, origin: asked.origin };
    if (asked.path === "status") {
      return sendJson(response, 200, { "netbox-version": `${this.#version}.0` });
    }
    if (this.#options.denied?.includes(asked.path) === true) {
      const detail = "You do not have permission to perform this action.";
      return sendJson(response, 403, { detail });
    }
    const table = this.#tables(shape)[asked.path];
    if (table === undefined) return sendHtml(response, 404, "Page Not Found");
    const answer = listAnswer({ ...asked, table, paging: this.#paging(shape) });
    if (answer.status !== 200) return sendJson(response, answer.status, answer.body);
    const stats = this.#stats;
    if (asked.query.get("fields") !== "id") {
      stats.rows[asked.path] = (stats.rows[asked.path] ?? 0) + answer.rows;
      stats.rowsInOneAnswerMax = Math.max(stats.rowsInOneAnswerMax, answer.rows);
    }
    const pauseMs = this.#options.slowBodyMs ?? 0;
    return await sendAnswer(response, answer.body, { fault: asked.fault, pauseMs });
  }

  #paging(shape: Shape): Paging {
    const { maxPageSize = 1_000, ignored = [], linkOrigin = shape.origin } = this.#options;
    const { repeatsCursor = false, losesNext = false } = this.#options;
    return { shape, maxPageSize, ignored: new Set(ignored), linkOrigin, repeatsCursor, losesNext };
  }

  #tables(shape: Shape): Readonly<Record<string, Table>> {
    const changes = since(this.#version, "4.1") ? "core/object-changes" : "extras/object-changes";
    const { chassis = 0, badDevice } = this.#options;
    const source = { devices: this.#devices, vms: this.#vms, shape, chassis, badDevice };
    return { ...netboxTables(source), [changes]: this.#changes.table(shape) };
  }
}

type Asked = NetboxRequest & { readonly origin: string; readonly fault: SourceFault | undefined };

/**
 * As a program: `netbox-server.ts --port 0 --devices 1000 --version 4.5`; prints its address as one JSON line. Traps:
 * `--max-page-size N`, `--ignored NAME,…` (filters), `--denied PATH,…` (403), `--link-origin URL`, `--expires-after N`
 * (requests, then 403), `--drift-every N` (a device goes, another comes), `--rate-limit-every N`, `--fail-every N`,
 * `--cut-every N` (half a body), `--latency-ms N`, `--slow-body-ms N`.
 */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      devices: text,
      vms: text,
      seed: text,
      version: text,
      token: text,
      "max-page-size": text,
      "latency-ms": text,
      "slow-body-ms": text,
      "rate-limit-every": text,
      "fail-every": text,
      "cut-every": text,
      "drift-every": text,
      "expires-after": text,
      "link-origin": text,
      ignored: text,
      denied: text,
    },
  });
  const devices = Number(values.devices ?? 1_000);
  const version = NETBOX_VERSIONS.find((known) => known === (values.version ?? "4.5"));
  if (version === undefined) throw new Error(`--version is none of ${NETBOX_VERSIONS.join(", ")}`);
  const fake = await startNetboxFake({
    fleet: createFleet({ seed: Number(values.seed ?? 1), devices }),
    vms: plainFleet(Number(values.vms ?? 0), 201),
    version,
    port: Number(values.port ?? 0),
    token: values.token ?? FAKE_TOKEN,
    maxPageSize: Number(values["max-page-size"] ?? 1_000),
    latencyMs: Number(values["latency-ms"] ?? 0),
    slowBodyMs: Number(values["slow-body-ms"] ?? 0),
    ignored: values.ignored?.split(",") ?? [],
    denied: values.denied?.split(",") ?? [],
    expiresAfter: Number(values["expires-after"] ?? Number.POSITIVE_INFINITY),
    ...(values["link-origin"] === undefined ? {} : { linkOrigin: values["link-origin"] }),
    fault: ({ number }) => faultOf(values, number),
    onRequest: ({ number }, running) => {
      if (!isDue(values["drift-every"], number)) return;
      running.deleteDevice(1 + ((number * 7_919) % devices));
      running.addDevice();
    },
  });
  const { url, token } = fake;
  process.stdout.write(`${JSON.stringify({ url, token, devices, version })}\n`);
}

function faultOf(
  flags: Readonly<Record<string, string | undefined>>,
  number: number,
): SourceFault | undefined {
  if (isDue(flags["rate-limit-every"], number)) {
    return { kind: "status", status: 429, retryAfter: "1" };
  }
  if (isDue(flags["cut-every"], number)) return { kind: "cut" };
  return isDue(flags["fail-every"], number) ? { kind: "status", status: 503 } : undefined;
}

function isDue(every: string | undefined, number: number): boolean {
  return every !== undefined && number % Number(every) === 0;
}

if (import.meta.main) await main();
