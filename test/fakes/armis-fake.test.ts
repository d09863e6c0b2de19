import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { spawnTied } from "../../build/process/spawn-tied.ts";
import { ARMIS_SECRET } from "./armis-access.ts";
import { parseAql } from "./armis-aql.ts";
import { ArmisInventory } from "./armis-inventory.ts";
import { startArmisFake, type ArmisFake } from "./armis-server.ts";
import { createFleet } from "./fleet.ts";

const fleet = createFleet({ seed: 1, devices: 2_500 });

function rowsOf(
  inventory: ArmisInventory,
  aql: string,
  page: { from: number; length: number },
): {
  indices: number[];
  total: number;
} {
  const query = parseAql(aql);
  assert.ok(query.ok, query.ok ? "" : query.error);
  return inventory.select({ key: aql, query: query.value, orderBy: "id", ...page }, 0);
}

test("pages of a filtered query are those of a scan of the fleet", () => {
  const inventory = new ArmisInventory(fleet);
  const aql = 'in:devices timeFrame:"7 Days" category:Computers,"Network Equipment"';
  for (const gone of [undefined, 17, 1_200]) {
    if (gone !== undefined) inventory.remove(gone);
    const { indices: whole, total } = rowsOf(inventory, aql, { from: 0, length: 5_000 });
    assert.equal(whole.length, total);
    assert.ok(total > 1_500 && total < 2_500);
    for (const from of [0, 1, 999, 1_000, 1_001, total - 1, total, 9_999]) {
      const { indices } = rowsOf(inventory, aql, { from, length: 10 });
      assert.deepEqual(indices, whole.slice(from, from + 10), `from ${from}`);
    }
  }
});

test("a query without timeFrame does not find what was last seen days ago", () => {
  const inventory = new ArmisInventory(fleet);
  const page = { from: 0, length: 1 };
  assert.equal(rowsOf(inventory, "in:devices", page).total, 2_450);
  assert.equal(rowsOf(inventory, 'in:devices timeFrame:"7 Days"', page).total, 2_500);
  assert.equal(rowsOf(inventory, 'in:devices timeFrame:"48 Hours"', page).total, 2_450);
});

test("what the fake cannot read of a query is an error", () => {
  for (const aql of [
    "",
    "in:alerts",
    "in:devices nosuch:1",
    "in:devices x",
    'in:devices timeFrame:"long"',
  ]) {
    assert.equal(parseAql(aql).ok, false, aql);
  }
});

async function tokenOf(fake: Pick<ArmisFake, "url">): Promise<string> {
  const body = new URLSearchParams({ secret_key: ARMIS_SECRET });
  const answer = await fetch(`${fake.url}/api/v1/access_token/`, { method: "POST", body });
  const { data } = (await answer.json()) as { data: { access_token: string } };
  return data.access_token;
}

type Answer = {
  status: number;
  body: { data?: { results: { id: number }[]; next: unknown }; message?: string };
};

async function search(
  fake: Pick<ArmisFake, "url">,
  token: string,
  params: Record<string, string>,
): Promise<Answer> {
  const query = new URLSearchParams({ aql: 'in:devices timeFrame:"7 Days"', ...params });
  const url = `${fake.url}/api/v1/search/?${query.toString()}`;
  const answer = await fetch(url, { headers: { authorization: token } });
  return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}

function idsOf(answer: Answer): number[] {
  return (answer.body.data?.results ?? []).map(({ id }) => id);
}

test("the default order moves between pages, so that offsets skip and repeat devices", async () => {
  await using fake = await startArmisFake({ fleet });
  const token = await tokenOf(fake);
  const first = idsOf(await search(fake, token, { length: "100" }));
  const second = idsOf(await search(fake, token, { length: "100", from: "100" }));
  assert.equal(new Set([...first, ...second]).size, 200);
  const again = idsOf(await search(fake, token, { length: "100" }));
  assert.notDeepEqual(again, first);
});

test("a page never has more than 5,000 rows, and only the fields that were named", async () => {
  await using fake = await startArmisFake({ fleet: createFleet({ seed: 1, devices: 6_000 }) });
  const answer = await search(fake, await tokenOf(fake), {
    length: "9000",
    orderBy: "id",
    fields: "id,nosuch",
  });
  assert.equal(answer.body.data?.results.length, 5_000);
  assert.equal(answer.body.data?.next, 5_000);
  assert.deepEqual(answer.body.data?.results[0], { id: 1 });
});

test("an expired token is refused as Armis words it", async () => {
  await using fake = await startArmisFake({ fleet });
  const token = await tokenOf(fake);
  fake.expireTokens();
  assert.deepEqual(await search(fake, token, {}), {
    status: 401,
    body: { message: "Invalid access token.", success: false },
  });
});

test("the fake runs as a program and says where it listens", async () => {
  const program = fileURLToPath(new URL("armis-server.ts", import.meta.url));
  const child = spawnTied([program, "--devices", "12", "--seed", "3", "--first-id", "501"]);
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const said = JSON.parse(line) as { url: string; devices: number };
  assert.equal(said.devices, 12);
  assert.equal(idsOf(await search(said, await tokenOf(said), { orderBy: "id" }))[0], 501);
  const ended = once(child, "exit");
  child.kill();
  await ended;
  lines.close();
});
