import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import type { Clock } from "../../src/lib/clock.ts";
import { Secret } from "../../src/lib/secret.ts";
import { startArmisFake, type ArmisFakeOptions } from "../fakes/armis-server.ts";
import { createFleet } from "../fakes/fleet.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { armisConfig } from "./armis-harness.ts";
import { idsTo, openArmis, pullArmis, pullError } from "./armis-pull.ts";

const DEVICES = 55;
const fleet = createFleet({ seed: 3, devices: DEVICES });
const PAIR = { api_key: new Secret("armis-api-key"), api_secret: new Secret("armis-api-secret") };

/** A clock that a test moves. */
function handClock(startMs: number): Clock & { ms: number } {
  const clock = {
    ms: startMs,
    now: () => clock.ms,
    sleep: () => Promise.resolve(),
  };
  return clock;
}

test("one token serves a pull and the next one", async () => {
  await using fake = await startArmisFake({ fleet });
  const source = openArmis(armisConfig(fake.url));
  await pullArmis(source);
  await pullArmis(source);
  assert.equal(fake.stats.tokens, 1);
});

test("a key with its secret is sent as JSON, and the token comes back as Bearer", async () => {
  const apiKey = { key: "armis-api-key", secret: "armis-api-secret" };
  await using fake = await startArmisFake({ fleet, apiKey, scheme: "bearer" });
  const { ids } = await pullArmis(openArmis(armisConfig(fake.url, { credentials: PAIR })));
  assert.deepEqual(ids, idsTo(DEVICES));
});

const LIFE_MS = 100_000;

test("a token is renewed when a tenth of its life is left, before Armis refuses it", async () => {
  const clock = handClock(1_800_000_000_000);
  const renewedAt: number[] = [];
  const options: ArmisFakeOptions = {
    fleet,
    tokenLifeMs: LIFE_MS,
    now: () => clock.ms,
    onSearch: (_search, { stats }) => {
      if (stats.tokens > renewedAt.length) renewedAt.push(clock.ms - 1_800_000_000_000);
      clock.ms += 30_000;
    },
  };
  await using fake = await startArmisFake(options);
  await pullArmis(openArmis(armisConfig(fake.url)), { clock });
  assert.deepEqual(renewedAt, [0, 90_000]);
  assert.equal(fake.stats.refusedTokens, 0);
});

test("a token's life is measured on Armis' clock, not on ours", async () => {
  const aYearAgo = (): number => 1_800_000_000_000 - 365 * 86_400_000;
  await using fake = await startArmisFake({ fleet, now: aYearAgo });
  await pullArmis(openArmis(armisConfig(fake.url)), { clock: new InstantClock() });
  assert.equal(fake.stats.tokens, 1);
});

test("a token that dies in the middle of a pull is replaced, and nothing is lost", async () => {
  await using fake = await startArmisFake({ fleet, searchesPerToken: 2 });
  const { ids } = await pullArmis(openArmis(armisConfig(fake.url)));
  assert.deepEqual(ids, idsTo(DEVICES));
  assert.ok(fake.stats.refusedTokens >= 2);
  assert.equal(fake.stats.tokens, fake.stats.refusedTokens + 1);
});

test("a new token that is refused as well ends the pull with auth", async () => {
  await using fake = await startArmisFake({ fleet, scheme: "bearer" });
  const error = await pullError(openArmis(armisConfig(fake.url)));
  assert.deepEqual([error.code, error.retry], ["auth", "permanent"]);
  assert.equal(fake.stats.tokens, 2);
});

test("a refused secret names its setting", async () => {
  await using fake = await startArmisFake({ fleet, secretKey: "another-secret" });
  const error = await pullError(openArmis(armisConfig(fake.url)));
  assert.equal(error.code, "auth");
  assert.match(error.message, /credentials\.secret_key is refused.*Invalid secret key/);
});

/** A server that answers every POST the same way. */
async function answering(
  status: number,
  body: (sent: string) => string,
): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    let sent = "";
    request.setEncoding("utf8").on("data", (part: string) => (sent += part));
    request.on("end", () => {
      response.writeHead(status, { "content-type": "application/json" }).end(body(sent));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a server that repeats what it was sent does not make us show the secret", async () => {
  await using server = await answering(400, (sent) => JSON.stringify({ message: `bad: ${sent}` }));
  const error = await pullError(openArmis(armisConfig(server.url, { credentials: PAIR })));
  assert.match(error.message, /\[redacted\]/);
  assert.doesNotMatch(error.message, /armis-api-(key|secret)"/);
});

for (const body of [
  "{}",
  '{"data":null}',
  '{"data":{"access_token":""}}',
  '{"data":{"access_token":"a\\nb"}}',
  "7",
]) {
  test(`an answer without a usable token is bad_data: ${body}`, async () => {
    await using server = await answering(200, () => body);
    const error = await pullError(openArmis(armisConfig(server.url)));
    assert.equal(error.code, "bad_data");
  });
}
