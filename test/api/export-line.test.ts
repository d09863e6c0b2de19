/** Exports over a socket: at the pace of who takes them, without a database connection meanwhile, and ended with him. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { pagedStream, type Paging } from "../../src/api/paged-stream.ts";
import type { Api } from "../../src/api/routes.ts";
import { serveHttp } from "../../src/api/serve-http.ts";
import { testApi } from "../support/api.ts";
import { feed, settle } from "../support/dire.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const EXPORT = "/api/v1/tenants/acme/devices/export";
/** So that a page of each format is more than a local socket holds, some 200 kB. */
const LONG = "x".repeat(200);
const NAMES = Array.from({ length: 2_001 }, (_, i) => `host-${i}-${LONG}`);
const UNTAKEN_MAX_MS = 300_000;

const named = (hostname: string, nth: number) => ({
  source: "netbox",
  hostname,
  timestamp: "2026-01-01T00:00:00Z",
  metadata: { integration_id: String(nth), netbox_device_id: String(nth), sync_service_id: "n" },
});

/** An answer of which nothing is taken yet but its head. */
async function begin(where: object, path: string): Promise<IncomingMessage> {
  const asking = request({ ...where, path, agent: false });
  asking.end();
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return answer;
}

async function rest(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

test("an export that nobody takes for a while reads no further, and holds no connection", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const lease = await leaseOf(api.db, "acme");
  await feed(api.db, lease, NAMES.map(named));
  await settle(api.db, lease);
  const folder = await mkdtemp(join(tmpdir(), "export-line-"));
  t.after(() => removeFolder(folder));
  const socketPath = join(folder, "run", "core.sock");
  await using http = await serveHttp({ app: api.app, socketPath });
  const formats = ["csv", "ndjson", "ocsf"];
  const answers = await Promise.all(
    formats.map((format) => begin({ socketPath: http.address }, `${EXPORT}?format=${format}`)),
  );
  await eventually(() => assert.equal(api.db.load().busy, 0));
  // What comes while the clients rest is in their files: so its page was not read ahead.
  await feed(api.db, lease, [named(`late-${LONG}`, 5_000)]);
  await settle(api.db, lease);
  assert.equal(api.db.load().busy, 0);
  for (const [i, answer] of answers.entries()) {
    const text = await rest(answer);
    assert.equal(answer.complete, true, formats[i]);
    assert.equal(text.split(`late-${LONG}`).length > 1, true, `${formats[i]}: the late device`);
    assert.equal(new Set(text.match(/host-\d+-/g)).size, NAMES.length, formats[i]);
  }
});

/** Pages without end over TCP, which tell how many were asked for, and that nobody takes them any more. */
async function endless(t: TestContext, clock = new ManualClock()) {
  const text = "y".repeat(1024 ** 2);
  const made = { pages: 0, isGone: false };
  const fetch = (_: Request, bindings: Pick<Paging, "hangUp">): Response => {
    const next = async () => {
      made.pages += 1;
      return await Promise.resolve({ text, isLast: false });
    };
    const stream = pagedStream({ head: "head\n", next, clock, hangUp: bindings.hangUp });
    const cancel = stream.cancel.bind(stream);
    const reader = stream.getReader();
    return new Response(
      new ReadableStream<Uint8Array>(
        {
          pull: async (outer) => {
            const { value } = await reader.read();
            if (value !== undefined) outer.enqueue(value);
          },
          cancel: async () => {
            made.isGone = true;
            reader.releaseLock();
            await cancel();
          },
        },
        { highWaterMark: 0 },
      ),
    );
  };
  const http = await serveHttp({ app: { fetch } as unknown as Api, listen: "127.0.0.1:0" });
  t.after(() => http.stop());
  const port = Number(http.address.split(":")[1]);
  return { made, clock, begin: () => begin({ host: "127.0.0.1", port }, "/") };
}

/** Once a client that rests has all that its side holds, pages are made no more. */
async function standing({ made }: { readonly made: { readonly pages: number } }): Promise<number> {
  let before = -1;
  await eventually(() => {
    const now = made.pages;
    const isSame = now === before && now > 0;
    before = now;
    assert.ok(isSame);
  });
  return made.pages;
}

test("pages are made as far as the line takes them, and go on once it takes more", async (t) => {
  const line = await endless(t);
  const answer = await line.begin();
  const pages = await standing(line);
  // Two sockets' buffers, each of which the system lets grow to some MB.
  assert.ok(pages < 40, `${pages} pages of 1 MB`);
  let taken = 0;
  for await (const part of answer) {
    taken += (part as Buffer).length;
    if (taken > (pages + 10) * 1024 ** 2) break;
  }
  assert.ok(line.made.pages > pages);
});

test("a client that goes away ends it, and no page is made for him any more", async (t) => {
  const line = await endless(t);
  const answer = await line.begin();
  await standing(line);
  answer.destroy();
  await eventually(() => assert.equal(line.made.isGone, true));
  const { pages } = line.made;
  assert.equal(await standing(line), pages);
});

test("a client that takes nothing for five minutes is cut off, who takes something is not", async (t) => {
  const line = await endless(t);
  const answer = await line.begin();
  const pages = await standing(line);
  const isBound = (ms: number): boolean => ms === UNTAKEN_MAX_MS;
  await line.clock.untilSleeping(isBound);
  await line.clock.advance(UNTAKEN_MAX_MS - 1);
  assert.equal(line.made.isGone, false);
  // Time begins anew with each page that is taken.
  for (let taken = 0; line.made.pages === pages;) {
    const part = answer.read() as Buffer | null;
    if (part === null) await once(answer, "readable");
    else taken += part.length;
    assert.ok(taken < 100 * 1024 ** 2);
  }
  await standing(line);
  await line.clock.advance(UNTAKEN_MAX_MS - 1);
  assert.equal(line.made.isGone, false);
  await line.clock.advance(1);
  await eventually(() => assert.equal(line.made.isGone, true));
  await assert.rejects(rest(answer), /aborted|reset|terminated|hang up/i);
});
