import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";

import { ArmisAccess, type ArmisAccessOptions } from "./armis-access.ts";
import { playFault, sendJson, sendPage, sendRefusal, type ArmisFault } from "./armis-fault.ts";
import { ArmisInventory } from "./armis-inventory.ts";
import { armisPage, type ArmisSearch, type ArmisSearchOptions } from "./armis-search.ts";
import { createFleet, joinFleets, sliceFleet, type Fleet } from "./fleet.ts";
import { readRecordedFleet } from "./recorded-fleet.ts";

/** How the fake behaves. What is absent is the real thing, as far as it is known. */
export interface ArmisFakeOptions extends ArmisAccessOptions, ArmisSearchOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly fault?: (search: ArmisSearch) => ArmisFault | undefined;
  /** Called before each search is answered, so that a test can watch it, or move devices meanwhile. */
  readonly onSearch?: (search: ArmisSearch, fake: ArmisFake) => void;
}

/** A running fake; `stats` counts what it was asked, disposing of it stops it. */
export interface ArmisFake extends AsyncDisposable {
  readonly url: string;
  readonly stats: ArmisStats;
  readonly inventory: ArmisInventory;
  /** Makes every token that was given out invalid. */
  expireTokens(): void;
}

/** Counts since the start. */
export interface ArmisStats {
  tokens: number;
  refusedSecrets: number;
  refusedTokens: number;
  /** Searches that came with a good token. */
  searches: number;
  faults: number;
}

/** Starts a fake Armis v1 on 127.0.0.1. Every page is computed from the fleet; no inventory is held. */
export async function startArmisFake(options: ArmisFakeOptions): Promise<ArmisFake> {
  const access = new ArmisAccess(options);
  const server = createServer((request, response) => {
    answer({ options, fake, access, request, response }).catch((thrown: unknown) => {
      response.destroy(thrown as Error);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const fake: ArmisFake = {
    url: `http://127.0.0.1:${port}`,
    stats: { tokens: 0, refusedSecrets: 0, refusedTokens: 0, searches: 0, faults: 0 },
    inventory: new ArmisInventory(options.fleet),
    expireTokens: () => access.expireAll(),
    [Symbol.asyncDispose]: () => stop(server),
  };
  return fake;
}

async function stop(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

type Exchange = {
  readonly options: ArmisFakeOptions;
  readonly fake: ArmisFake;
  readonly access: ArmisAccess;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
};

async function answer(exchange: Exchange): Promise<void> {
  const { options, request, response, fake, access } = exchange;
  if (options.now !== undefined) response.setHeader("date", new Date(options.now()).toUTCString());
  const url = new URL(request.url ?? "/", fake.url);
  const route = `${request.method} ${url.pathname}`;
  if (route === "POST /api/v1/access_token/") return await grant(exchange);
  if (route !== "GET /api/v1/search/") return sendRefusal(response, 404, "Not found.");
  if (!access.accepts(request.headers.authorization)) {
    fake.stats.refusedTokens += 1;
    return sendRefusal(response, 401, "Invalid access token.");
  }
  fake.stats.searches += 1;
  await search(exchange, { number: fake.stats.searches, params: url.searchParams });
}

async function grant({ request, response, fake, access }: Exchange): Promise<void> {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += String(part);
  const token = access.grant(String(request.headers["content-type"]), body);
  fake.stats[token === undefined ? "refusedSecrets" : "tokens"] += 1;
  if (token === undefined) sendRefusal(response, 400, "Invalid secret key.");
  else sendJson(response, 200, { data: token, success: true });
}

async function search(exchange: Exchange, asked: ArmisSearch): Promise<void> {
  const { options, fake, response } = exchange;
  options.onSearch?.(asked, fake);
  const fault = options.fault?.(asked);
  if (fault !== undefined) fake.stats.faults += 1;
  if (playFault(response, fault)) return;
  if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms));
  const page = armisPage({ options, inventory: fake.inventory, search: asked, fault });
  if (page.ok) sendPage(response, page.value, fault);
  else sendRefusal(response, 400, page.error);
}

/**
 * As a program: `armis-server.ts --port 0 --devices 10000 --seed 7`; prints its address and size as one JSON line. Traps:
 * `--length-max N` (silent cap), `--searches-per-token N` (401 in the middle of a pull), `--token-life-ms N`,
 * `--drift-every N` (another device has aged out from there on), `--rate-limit-every N`, `--fail-every N`, `--cut-every N`
 * (half a body), `--latency-ms N`.
 */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      devices: text,
      seed: text,
      skip: text,
      recorded: text,
      "first-id": text,
      "secret-key": text,
      "token-life-ms": text,
      "length-max": text,
      "searches-per-token": text,
      "rate-limit-every": text,
      "fail-every": text,
      "cut-every": text,
      "drift-every": text,
      "latency-ms": text,
    },
  });
  const { fleet, recorded } = fleetOf(values);
  const fake = await startArmisFake({
    fleet,
    port: Number(values.port ?? 0),
    firstId: Number(values["first-id"] ?? 1),
    ...(values["secret-key"] === undefined ? {} : { secretKey: values["secret-key"] }),
    ...(values["token-life-ms"] === undefined
      ? {}
      : { tokenLifeMs: Number(values["token-life-ms"]) }),
    ...(values["length-max"] === undefined ? {} : { lengthMax: Number(values["length-max"]) }),
    ...(values["searches-per-token"] === undefined
      ? {}
      : { searchesPerToken: Number(values["searches-per-token"]) }),
    fault: ({ number }) => faultOf(values, number),
    onSearch: ({ number }, { inventory }) => {
      if (isDue(values["drift-every"], number)) inventory.remove((number * 7_919) % fleet.size);
    },
  });
  process.stdout.write(`${JSON.stringify({ url: fake.url, devices: fleet.size, recorded })}\n`);
}

type Flags = Readonly<Record<string, string | undefined>>;

/**
 * `--devices` in all. `--recorded FOLDER`: up to half of them are recorded NetBox devices, which come last, behind generated
 * ones, so that their Armis ids differ from their NetBox ids. `--skip N`: without the first N of the generated fleet.
 */
function fleetOf(flags: Flags): { readonly fleet: Fleet; readonly recorded: number } {
  const devices = Number(flags["devices"] ?? 1_000);
  const skip = Number(flags["skip"] ?? 0);
  const all = flags["recorded"] === undefined ? undefined : readRecordedFleet(flags["recorded"]);
  const share = Math.min(all?.size ?? 0, Math.floor(devices / 2));
  const generated = skip + devices - share;
  const fleet = createFleet({ seed: Number(flags["seed"] ?? 1), devices: generated });
  const seen = sliceFleet(fleet, skip, generated);
  const whole = all === undefined ? seen : joinFleets(seen, sliceFleet(all, 0, share));
  return { fleet: whole, recorded: share };
}

function faultOf(flags: Flags, number: number): ArmisFault | undefined {
  if (isDue(flags["rate-limit-every"], number)) {
    return { kind: "status", status: 429, retryAfter: "1" };
  }
  if (isDue(flags["fail-every"], number)) return { kind: "status", status: 503 };
  if (isDue(flags["cut-every"], number)) return { kind: "cut" };
  const ms = Number(flags["latency-ms"] ?? 0);
  return ms > 0 ? { kind: "slow", ms } : undefined;
}

function isDue(every: string | undefined, number: number): boolean {
  return every !== undefined && number % Number(every) === 0;
}

if (import.meta.main) await main();
