import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import type {
  OpenSource,
  PullOptions,
  Source,
  SourceDevice,
  SourceErrorCode,
  SourcePage,
  SourceRejection,
} from "../../src/sources/source.ts";
import { frozenClock, HastyClock, InstantClock } from "../support/instant-clock.ts";

/** What goes wrong with one request; every fake knows these words. */
export type SourceFault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  /** The connection breaks: before the answer, or in the middle of its body. */
  | { readonly kind: "hangup" }
  | { readonly kind: "cut" }
  /** A good HTTP answer whose JSON lacks its end. */
  | { readonly kind: "cut_json" }
  /** A login page with status 200. */
  | { readonly kind: "html" }
  /** The first page again, wherever the cursor is. */
  | { readonly kind: "repeats" }
  | { readonly kind: "redirect"; readonly to: string }
  /** No answer, ever: also what a half-open connection looks like from here. */
  | { readonly kind: "never" }
  /** An answer that never stops and never ends, a few bytes at a time. */
  | { readonly kind: "drip" };

/** A request for data, before it is answered; `key` is the same when the same is asked again. */
interface SourceRequest {
  readonly number: number;
  readonly key: string;
}

/** What the suite asks of a fake system. */
export interface SourceHarnessOptions {
  readonly devices: number;
  /** Devices a page, as the source's settings say. */
  readonly pageSize: number;
  /** The system gives no more than this many devices a page, whatever it is asked for. */
  readonly silentCap?: number;
  /** Where the system's links to the next page lead. */
  readonly nextOrigin?: string;
  /** The device at this index comes as a record that cannot be read. */
  readonly badRecord?: number;
  /** The settings hold a secret that the system refuses. */
  readonly isSecretWrong?: boolean;
  readonly fault?: (request: SourceRequest) => SourceFault | undefined;
}

/** One source with a fake system behind it; disposing of it stops the fake. */
export interface SourceHarness extends AsyncDisposable {
  readonly source: Source;
  readonly config: SourceConfig;
  /** Of all that the system holds; the badRecord among them. */
  readonly nativeIds: readonly string[];
  nativeIdOf(device: SourceDevice): string;
  /** Devices that the fake has sent so far. */
  devicesSent(): number;
  /** Pages that may be fetched and not yet taken. */
  readonly pagesAhead: number;
}

/** Starts a fake as told. */
export type MakeSourceHarness = (options: SourceHarnessOptions) => Promise<SourceHarness>;

/** Registers the tests that every source must pass. Nothing in them sleeps: they bring their own clock. */
export function sourceContract(name: string, make: MakeSourceHarness): void {
  completeness(name, make);
  failures(name, make);
  bounds(name, make);
}

const DEVICES = 53;
const PAGE_SIZE = 10;
const USUAL = { devices: DEVICES, pageSize: PAGE_SIZE };

function completeness(name: string, make: MakeSourceHarness): void {
  test(`${name}: a pull gives every device once`, async () => {
    await using harness = await make(USUAL);
    const pulled = await pullAll(harness);
    assertComplete(harness, pulled.devices);
    assert.equal(pulled.pages.at(-1)?.cursor, undefined);
    assert.equal(pulled.pages.at(-1)?.sourceTotal, harness.nativeIds.length);
  });

  test(`${name}: a pull of an empty system ends well`, async () => {
    await using harness = await make({ ...USUAL, devices: 0 });
    assertComplete(harness, (await pullAll(harness)).devices);
  });

  test(`${name}: a device carries no empty text`, async () => {
    await using harness = await make(USUAL);
    for (const device of (await pullAll(harness)).devices) {
      const { metadata, volatile = {}, isAvailable: _, ...texts } = device;
      const all = [metadata, volatile, texts].flatMap((group) => Object.values(group));
      for (const text of all) {
        assert.equal(typeof text, "string");
        assert.notEqual(text.trim(), "");
      }
    }
  });

  test(`${name}: a system that gives smaller pages than asked for loses nothing`, async () => {
    await using harness = await make({ ...USUAL, silentCap: 4 });
    assertComplete(harness, (await pullAll(harness)).devices);
  });

  test(`${name}: a pull resumed from any cursor gives the rest`, async () => {
    await using harness = await make(USUAL);
    const { pages } = await pullAll(harness);
    for (const [index, { cursor }] of pages.entries()) {
      if (cursor === undefined) continue;
      const rest = await pullAll(harness, { cursor });
      const before = pages.slice(0, index + 1).flatMap(({ devices }) => devices);
      assertComplete(harness, [...before, ...rest.devices]);
    }
  });

  test(`${name}: a link to another host is never contacted`, async () => {
    await using trap = await startTrap();
    await using harness = await make({ ...USUAL, nextOrigin: trap.origin });
    assertComplete(harness, (await pullAll(harness)).devices);
    assert.equal(trap.connections(), 0);
  });

  test(`${name}: a record that cannot be read is counted, and the others come`, async () => {
    await using harness = await make({ ...USUAL, badRecord: 17 });
    const { devices, rejected } = await pullAll(harness);
    const bad = harness.nativeIds[17];
    assert.deepEqual(
      rejected.map(({ nativeId }) => nativeId),
      [bad],
    );
    assert.notEqual(rejected[0]?.reason, "");
    const nativeIds = harness.nativeIds.filter((id) => id !== bad);
    assertComplete({ nativeIds, nativeIdOf: (device) => harness.nativeIdOf(device) }, devices);
  });
}

function failures(name: string, make: MakeSourceHarness): void {
  const transient: readonly SourceFault[] = [
    { kind: "status", status: 500 },
    { kind: "status", status: 503 },
    { kind: "hangup" },
    { kind: "cut" },
    { kind: "cut_json" },
  ];
  for (const fault of transient) {
    test(`${name}: nothing is lost or doubled when every request fails once (${named(fault)})`, async () => {
      await using harness = await make({ ...USUAL, fault: onFirstTry(fault) });
      const clock = new InstantClock();
      const { devices, waits } = await pullAll(harness, { clock });
      assertComplete(harness, devices);
      assert.ok(waits.length > 0 && waits.every(({ reason }) => reason === "retry"));
      assert.deepEqual(
        waits.map(({ ms }) => ms),
        clock.slept,
      );
    });
  }

  test(`${name}: throttling waits as long as the system says, and reports it`, async () => {
    const fault: SourceFault = { kind: "status", status: 429, retryAfter: "7" };
    await using harness = await make({ ...USUAL, fault: onFirstTry(fault) });
    const clock = new InstantClock();
    const { devices, waits } = await pullAll(harness, { clock });
    assertComplete(harness, devices);
    assert.ok(clock.slept.length > 0 && clock.slept.every((ms) => ms === 7_000));
    assert.ok(waits.every(({ reason, ms }) => reason === "rate_limited" && ms === 7_000));
  });

  const lasting: readonly [string, SourceFault, SourceErrorCode][] = [
    ["fails", { kind: "status", status: 502 }, "unreachable"],
    ["throttles", { kind: "status", status: 429 }, "rate_limited"],
    ["cuts its answers", { kind: "cut" }, "truncated"],
  ];
  for (const [what, fault, code] of lasting) {
    test(`${name}: a system that ${what} for good is given up with ${code}`, async () => {
      await using harness = await make({
        ...USUAL,
        fault: ({ number }) => (number > 5 ? fault : undefined),
      });
      const clock = new InstantClock();
      const error = await pullError(harness, { clock });
      assert.equal(error.code, code);
      assert.notEqual(error.retry, "permanent");
      assert.ok(clock.slept.length > 0 && clock.slept.length < 50, `${clock.slept.length} waits`);
    });
  }

  test(`${name}: a wrong secret fails at once with auth, and its error does not tell the secret`, async () => {
    await using harness = await make({ ...USUAL, isSecretWrong: true });
    const error = await pullError(harness);
    assert.equal(error.code, "auth");
    assert.equal(error.retry, "permanent");
    for (const secret of Object.values(harness.config.credentials)) {
      assert.ok(!error.message.includes(secret.reveal()));
    }
  });

  test(`${name}: an answer that trickles is given up as truncated, not waited for`, async () => {
    await using harness = await make({
      ...USUAL,
      fault: ({ number }) => (number > 5 ? { kind: "drip" } : undefined),
    });
    assert.equal((await pullError(harness, { clock: new HastyClock() })).code, "truncated");
  });

  test(`${name}: a login page in the place of data fails at once with bad_data`, async () => {
    await using harness = await make({
      ...USUAL,
      fault: ({ number }) => (number > 5 ? { kind: "html" } : undefined),
    });
    const error = await pullError(harness);
    assert.equal(error.code, "bad_data");
    assert.equal(error.retry, "permanent");
  });

  test(`${name}: a pull is cancelled while a request is under way`, async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const fault = ({ number }: SourceRequest): SourceFault | undefined => {
      if (number < 5) return undefined;
      resolve();
      return { kind: "never" };
    };
    await using harness = await make({ ...USUAL, fault });
    const cancel = new AbortController();
    const failed = pullError(harness, { signal: cancel.signal });
    await asked;
    cancel.abort();
    assert.equal((await failed).code, "cancelled");
  });

  test(`${name}: a pull is cancelled while it waits to try again`, async () => {
    await using harness = await make({
      ...USUAL,
      fault: ({ number }) => (number > 4 ? { kind: "status", status: 429 } : undefined),
    });
    const cancel = new AbortController();
    const onWait = (): void => queueMicrotask(() => cancel.abort());
    const error = await pullError(harness, { signal: cancel.signal, clock: frozenClock, onWait });
    assert.equal(error.code, "cancelled");
  });
}

function bounds(name: string, make: MakeSourceHarness): void {
  test(`${name}: no more than a few pages are fetched ahead of what was taken`, async () => {
    await using harness = await make({ ...USUAL, devices: 207 });
    let taken = 0;
    for await (const page of open(harness).pull(options({}))) {
      taken += page.devices.length;
      assert.ok(page.devices.length <= PAGE_SIZE);
      const ahead = harness.devicesSent() - taken;
      assert.ok(ahead <= harness.pagesAhead * PAGE_SIZE, `${ahead} devices sent and not yet taken`);
    }
    assert.equal(taken, harness.nativeIds.length);
  });

  test(`${name}: a pull that is left early asks for nothing more`, async () => {
    await using harness = await make(USUAL);
    for await (const page of open(harness).pull(options({}))) {
      assert.ok(page.devices.length > 0);
      break;
    }
    assert.ok(harness.devicesSent() <= 2 * PAGE_SIZE);
  });
}

function named(fault: SourceFault): string {
  return fault.kind === "status" ? `status ${fault.status}` : fault.kind;
}

type Wait = Parameters<NonNullable<PullOptions["onWait"]>>[0];
type Pulled = {
  readonly pages: readonly SourcePage[];
  readonly devices: readonly SourceDevice[];
  readonly rejected: readonly SourceRejection[];
  readonly waits: readonly Wait[];
};

async function pullAll(
  harness: SourceHarness,
  partial: Partial<PullOptions> = {},
): Promise<Pulled> {
  const waits: Wait[] = [];
  const pages: SourcePage[] = [];
  const onWait = (wait: Wait): void => void waits.push(wait);
  for await (const page of open(harness).pull(options({ onWait, ...partial }))) pages.push(page);
  const devices = pages.flatMap((page) => page.devices);
  return { pages, devices, rejected: pages.flatMap((page) => page.rejected), waits };
}

async function pullError(
  harness: SourceHarness,
  partial: Partial<PullOptions> = {},
): Promise<SyncError> {
  const thrown = await pullAll(harness, partial).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof SyncError, `expected a SyncError, got ${String(thrown)}`);
  return thrown;
}

function open({ source, config }: SourceHarness): OpenSource {
  const result = source.open(config);
  assert.ok(result.ok, result.ok ? "" : result.error);
  return result.value;
}

function options(partial: Partial<PullOptions>): PullOptions {
  const usual = {
    signal: new AbortController().signal,
    log: silentLog(),
    clock: new InstantClock(),
  };
  return { ...usual, ...partial };
}

function assertComplete(
  harness: Pick<SourceHarness, "nativeIds" | "nativeIdOf">,
  devices: readonly SourceDevice[],
): void {
  const got = devices.map((device) => harness.nativeIdOf(device));
  assert.deepEqual(got.toSorted(), harness.nativeIds.toSorted());
}

/** Makes the first try of each request fail. */
function onFirstTry(fault: SourceFault): (request: SourceRequest) => SourceFault | undefined {
  const seen = new Set<string>();
  return ({ key }) => {
    if (seen.has(key)) return undefined;
    seen.add(key);
    return fault;
  };
}

type Trap = AsyncDisposable & { readonly origin: string; connections(): number };

async function startTrap(): Promise<Trap> {
  let connections = 0;
  const server = createServer().on("connection", (socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
