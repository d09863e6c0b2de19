import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";

import type { Page } from "playwright-core";

import { eventually } from "../support/eventually.ts";
import { goWithin, loaded, violations } from "./page-acts.ts";
import {
  expireCertificate,
  firstRunsDone,
  openUiStage,
  PHONE,
  startLonelyAgent,
  WITHOUT_CHROMIUM,
  type UiStage,
} from "./ui-stage.ts";

/** A cell of CSV that may be quoted. */
const CELL = /("(?:[^"]|"")*"|[^,"\n]*)(?:,|$)/g;

/** Rows of a CSV without line ends in cells, each by its columns' names. */
function csvRows(text: string): readonly Readonly<Record<string, string>>[] {
  const cells = (line: string): readonly string[] =>
    [...line.matchAll(CELL)].map(([, cell = ""]) =>
      cell.replace(/^"|"$/g, "").replaceAll('""', '"'),
    );
  const [head = "", ...lines] = text.trimEnd().split(/\r?\n/);
  const names = cells(head);
  return lines.map((line) =>
    Object.fromEntries(cells(line).map((cell, at) => [names[at] ?? "", cell])),
  );
}

/** What the export menu's item gives as a file. */
async function exported(page: Page, item: string): Promise<string> {
  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: item }).click();
  return await readFile(await (await download).path(), "utf8");
}

/** How a card shows a column: what stands before its value, whether that is shown, and how far down it stands, px. */
type Cell = { readonly content: string; readonly isShown: boolean; readonly top: number };

/** A table's columns, its first card's cells, and where that card stands, px. */
type Card = {
  readonly heads: readonly string[];
  readonly cells: readonly Cell[];
  readonly left: number;
  readonly right: number;
};

/** Gives the first table's first card: all of it in one look, since a page may be drawn anew between two. */
const FIRST_CARD = `(() => {
  const table = document.querySelector("table.cards-when-narrow");
  const row = table.querySelector("tbody tr");
  const cells = [...row.querySelectorAll("td")].map((cell) => {
    const isShown = getComputedStyle(cell).display !== "none";
    return { content: getComputedStyle(cell, "::before").content, isShown, top: cell.getBoundingClientRect().top };
  });
  const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent);
  const { left, right } = row.getBoundingClientRect();
  return { heads, cells, left, right };
})()`;

describe("work on the web page", { skip: WITHOUT_CHROMIUM }, () => {
  let stage: UiStage;
  before(async () => {
    stage = await openUiStage();
    await firstRunsDone(stage);
  });
  after(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  it("tells of an act that failed beside its button, and does it once that is pressed again", async () => {
    const page = await stage.open("/t/acme/sources/netbox_dc1");
    await loaded(page, "netbox_dc1");
    // Playwright ends the requests on their way out, as a network that is gone does; what was read stays.
    await page.route("**/sources/netbox_dc1/run**", (route) => route.abort());
    const header = page.locator("header.page-header");
    await header.getByRole("button", { name: "Run now" }).click();
    const told = header.getByRole("alert");
    await told.getByText("not known whether this was done").waitFor();
    await told.getByText("then try again").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.unroute("**/sources/netbox_dc1/run**");
    await header.getByRole("button", { name: "Run now" }).click();
    await page.getByText("The agent was told to read what changed now.").waitFor();
    await told.waitFor({ state: "detached" });
    await page.close();
  });

  it("says to who lacks a role which one it needs, and does not even ask", async () => {
    const page = await stage.openAs("vera", "viewer");
    const source = "netbox_dc1";
    for (const [heading, path, act] of [
      [source, `/t/acme/sources/${source}`, "Run now"],
      [source, `/t/acme/sources/${source}?tab=test`, "Test now"],
      [source, `/t/acme/sources/${source}?tab=rehearsal`, "Rehearse"],
      [source, `/t/acme/sources/${source}?tab=settings`, "Rotate secret"],
      ["Run #1", "/t/acme/runs/1", "Undo run"],
      ["Devices", "/t/acme/devices", "Tag"],
    ] as const) {
      await goWithin(page, path);
      await loaded(page, heading);
      // Playwright waits for a button that says it is disabled; who taps does not.
      await page.getByRole("button", { name: act, exact: true }).click({ force: true });
      const words = page.getByText("Needs the role operator in acme; yours is viewer.");
      await words.first().waitFor();
      for (const close of await page.getByRole("button", { name: "Close message" }).all()) {
        await close.click();
      }
      await words.waitFor({ state: "detached" });
      assert.equal(await page.getByRole("dialog").count(), 0, act);
    }
    await page.context().close();
  });

  it("filters by a query that is completed and by a chip, and exports the rows that are left", async () => {
    const page = await stage.open("/t/acme/devices");
    await loaded(page, "Devices");
    const field = page.locator("[data-search]");
    await field.pressSequentially("vendor");
    await page.getByRole("option", { name: /^vendor_name/ }).waitFor();
    await page.keyboard.press("Tab");
    assert.match(await field.inputValue(), /^vendor_name:$/);
    await page.keyboard.type("cis");
    await page.getByRole("option", { name: /^Cisco/ }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove vendor_name:Cisco" }).waitFor();
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("menuitem", { name: "Source", exact: true }).press("ArrowRight");
    await page.getByRole("menuitem", { name: /^netbox_dc1/ }).click();
    await page.getByRole("button", { name: /^Remove .*netbox_dc1/ }).waitFor();
    const query = new URL(page.url()).searchParams.get("query") ?? "";
    type Counted = { readonly total: number };
    const all = (await stage.ask<Counted>("/devices?total=true&limit=1")).total;
    const path = `/devices?total=true&limit=1&query=${encodeURIComponent(query)}`;
    const { total } = await stage.ask<Counted>(path);
    assert.ok(total > 0 && total < all, `${total} of ${all}`);
    const rows = csvRows(await exported(page, "CSV, for spreadsheets"));
    assert.equal(rows.length, total);
    for (const row of rows) {
      assert.equal(row["vendor_name"], "Cisco");
      assert.match(row["sources"] ?? "", /netbox_dc1/);
    }
    const lines = (await exported(page, "NDJSON, a device a line")).trimEnd().split("\n");
    const ids = lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
    assert.deepEqual(new Set(ids), new Set(rows.map((row) => row["id"])));
    assert.equal(ids.length, rows.length);
    const ocsf = JSON.parse(await exported(page, "OCSF device inventory")) as {
      readonly devices: readonly unknown[];
    };
    assert.equal(ocsf.devices.length, total);
    await page.close();
  });

  it("keeps the devices that are there when a page read ahead fails, and reads it once that is asked for", async () => {
    const page = await stage.open("/t/acme/devices");
    await loaded(page, "Devices");
    const further = (url: URL): boolean =>
      url.pathname.endsWith("/devices") && url.searchParams.has("after");
    await page.locator("tbody a.name").first().waitFor();
    let failed = 0;
    await page.route(further, async (route) => {
      failed += 1;
      await route.abort();
    });
    // So far that the next hundred are read ahead, and none of them is seen.
    await page.evaluate(`document.querySelector(".virtual .table-scroll").scrollTo(0, 1500)`);
    await eventually(() => assert.ok(failed > 1, "the next page is read ahead, and tried again"));
    assert.equal(await page.getByRole("alert").count(), 0);
    assert.ok((await page.locator("tbody a.name").count()) > 10);
    await page.evaluate(`document.querySelector(".virtual .table-scroll").scrollTo(0, 1e6)`);
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.unroute(further);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("tbody a.name").first().waitFor();
    await page.evaluate(`document.querySelector(".virtual .table-scroll").scrollTo(0, 3500)`);
    await page.locator('tbody tr[aria-rowindex="110"] a.name').waitFor();
    await page.close();
  });

  it("shows the rows of tables as cards on a phone, each value under its column's name", async () => {
    const page = await stage.openAs("piet", "viewer");
    for (const [heading, path] of [
      ["Sources", "/t/acme/sources"],
      ["Agents", "/t/acme/agents"],
      ["Runs", "/t/acme/runs"],
    ] as const) {
      await goWithin(page, path);
      await loaded(page, heading);
      await page.locator("table.cards-when-narrow tbody tr").first().waitFor();
      const { heads, cells, left, right } = await page.evaluate<Card>(FIRST_CARD);
      assert.equal(cells.length, heads.length);
      cells.forEach(({ content, isShown }, at) => {
        if (at > 0 && isShown && heads[at] !== "Act") assert.equal(content, `"${heads[at]}"`);
      });
      const tops = cells.filter(({ isShown }, at) => at === 0 || isShown).map(({ top }) => top);
      assert.deepEqual(
        tops,
        [...new Set(tops)].toSorted((a, b) => a - b),
        `${path}: a line each`,
      );
      assert.ok(left >= 0 && right <= PHONE.width, `${path}: from ${left} to ${right}`);
      assert.deepEqual(await violations(page), []);
    }
    await page.context().close();
  });

  it("says that an agent's certificate has expired, once it comes with one whose year is over", async () => {
    const id = "dc3-agent";
    const first = await startLonelyAgent(stage.stage, { agentId: id, source: "remote" });
    const page = await stage.open("/t/acme/sources/remote");
    await page.getByText("It waits after a failure").waitFor();
    await first.kill();
    await stage.stage.core.stop();
    await expireCertificate(stage.stage, id);
    await stage.stage.restart();
    const again = stage.stage.start(
      `${id}-again`,
      "src/bin/agent.ts",
      "run",
      "--config",
      `${stage.stage.dir}/${id}/agent.json`,
    );
    await again.line("expired");
    // It counts as silent after three heartbeats that did not come.
    await page.getByText(`Agent ${id}'s certificate has expired`).waitFor({ timeout: 180_000 });
    await page.getByRole("link", { name: `Enrol ${id}` }).click();
    await page.getByRole("dialog").getByText("It is known").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.close();
    await again.stop();
  });
});
