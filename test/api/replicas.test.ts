/** Two replicas of the API on one database: what is done at one is known at the other. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { test } from "node:test";

import { createApi } from "../../src/api/app.ts";
import { serveHttp } from "../../src/api/serve-http.ts";
import { Authorities } from "../../src/control/authorities.ts";
import { openPool } from "../../src/db/pool.ts";
import { silentLog } from "../../src/lib/log.ts";
import { apiOver } from "../support/api-over.ts";
import { freshDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";

const ROOT = "/api/v1/tenants/acme";
const LOOK_MS = 1_000;

/** Reads a stream of events up to the first that has these words. */
async function heard(answer: IncomingMessage, words: string): Promise<string> {
  let text = "";
  for await (const part of answer) {
    text += String(part);
    if (text.includes(words) && text.endsWith("\n\n")) break;
  }
  return text;
}

test("an event made at one replica is told to a page that is open at the other, by a token made at the first", async (t) => {
  const { db, url } = await freshDatabase(t);
  const one = await apiOver(db);
  const { viewer, operator } = await one.tenant("acme");
  const log = silentLog();
  await using pool = openPool({ address: { url }, max: 4, applicationName: "other", log });
  const clock = new ManualClock();
  const authorities = new Authorities(one.sealer, clock);
  const other = createApi({ db: pool, sealer: one.sealer, authorities, clock, log });
  await using first = await serveHttp({ app: one.app, listen: "127.0.0.1:0" });
  await using second = await serveHttp({ app: other, listen: "127.0.0.1:0" });
  const [host = "", port = ""] = second.address.split(":");
  const headers = { authorization: `Bearer ${viewer}` };
  const asking = request({ host, port, path: `${ROOT}/events`, headers, agent: false });
  asking.end();
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  assert.equal(answer.headers["content-type"], "text/event-stream; charset=utf-8");
  await clock.untilSleeping((ms) => ms === LOOK_MS);
  await one.ask(`POST ${ROOT}/agents`, { body: { agent_id: "a1" } });
  const sources = { n: { type: "netbox", endpoint: "https://n" } };
  const made = await fetch(`http://${first.address}${ROOT}/sources?agent_id=a1`, {
    method: "POST",
    headers: { authorization: `Bearer ${operator}`, "content-type": "application/json" },
    body: JSON.stringify({ sources }),
  });
  assert.equal(made.status, 200);
  await clock.advance(LOOK_MS);
  const told = await heard(answer, "event: sources");
  assert.match(told, /^retry: \d+\n\n/);
  assert.match(told, /event: agents\ndata: \{.*\}\n\n/);
  assert.match(told, /event: sources\ndata: \{.*\}\n\n/);
});
