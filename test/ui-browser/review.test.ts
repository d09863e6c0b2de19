import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import type { Page } from "playwright-core";

import { eventually } from "../support/eventually.ts";
import { confirmByKeys, loaded, violations } from "./page-acts.ts";
import { bringPlant, openUiStage, WITHOUT_CHROMIUM, type UiStage } from "./ui-stage.ts";

/** Cases of a kind, as its filter tells; none where the kind is not there. */
async function casesOf(page: Page, kind: string): Promise<number> {
  const filter = page.getByRole("group", { name: "Kind of case" });
  const button = filter.getByRole("button", { name: new RegExp(`^${kind} `) });
  if ((await button.count()) === 0) return 0;
  return Number((await button.locator(".count").innerText()).replaceAll(",", ""));
}

/** Leaves one kind in the queue, by keys. */
async function only(page: Page, kind: string): Promise<void> {
  await page.getByRole("button", { name: new RegExp(`^${kind} `) }).press("Enter");
  await page.getByRole("button", { name: new RegExp(`^${kind} `), pressed: true }).waitFor();
}

/** The case that is looked at, and how many are called so: the list has the first of many, so that their number may stay the same. */
async function looked(
  page: Page,
): Promise<{ readonly count: () => Promise<number>; readonly before: number }> {
  const title = await page.locator(".case[aria-current] .name").innerText();
  const count = async (): Promise<number> =>
    await page.locator(".case .name").getByText(title, { exact: true }).count();
  return { count, before: await count() };
}

describe("the review of what a plant got wrong", { skip: WITHOUT_CHROMIUM }, () => {
  let stage: UiStage;
  let page: Page;
  before(async () => {
    stage = await openUiStage();
    await bringPlant(stage);
    page = await stage.open("/t/acme/review");
    await loaded(page, "Review");
  });
  after(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  it("has a case of each kind, and goes through them by j and k", async () => {
    for (const kind of ["Publications", "Retractions", "Pairs", "Values", "Flapping", "Crowded"]) {
      await eventually(async () => assert.ok((await casesOf(page, kind)) > 0, kind));
    }
    const current = page.locator(".case[aria-current] .name");
    const first = await current.innerText();
    await page.keyboard.press("j");
    await eventually(async () => assert.notEqual(await current.innerText(), first));
    await page.keyboard.press("k");
    await eventually(async () => assert.equal(await current.innerText(), first));
    assert.deepEqual(await violations(page), []);
  });

  for (const [kind, key, verb, decided] of [
    ["Pairs", "d", "Keep apart", /New decision: .* are never one device\./],
    ["Pairs", "a", "Merge", /New decision: .* are one device\./],
    ["Values", "a", "Write it off", /New decision: .* says nothing of who is who\./],
    ["Values", "d", "Let it join", /New decision: .* may join records\./],
  ] as const) {
    it(`decides one of ${kind} by ${key}, and takes that back by u`, async () => {
      await only(page, kind);
      const { count, before: waiting } = await looked(page);
      await page.keyboard.press(key);
      await page.getByText(decided).waitFor();
      await confirmByKeys(page, verb);
      await eventually(async () => assert.ok((await count()) < waiting, "it waits no longer"));
      await page.keyboard.press("u");
      await page.getByText(/^No longer decided: /).waitFor();
      await confirmByKeys(page, "Take back");
      await eventually(async () => assert.equal(await count(), waiting, "it waits again"));
      assert.equal(await page.getByRole("button", { name: /^Take decision/ }).count(), 0);
    });
  }

  it("explains by e the device of a case that only a look decides", async () => {
    await only(page, "Crowded");
    await page.keyboard.press("e");
    await page.waitForURL("**/t/acme/devices/**tab=identity**");
    await page.getByRole("heading", { name: "Which single fact decides" }).waitFor();
    await page.goBack();
    await loaded(page, "Review");
    await only(page, "Flapping");
    await page.keyboard.press("e");
    await page.waitForURL("**/t/acme/devices/**tab=identity**");
    await page.goBack();
    await loaded(page, "Review");
  });

  it("allows a retraction and publishes what is held, each once its source's name is typed", async () => {
    await only(page, "Retractions");
    await page.keyboard.press("a");
    await confirmByKeys(page, "Allow", "armis_plant");
    await eventually(async () => assert.equal(await casesOf(page, "Retractions"), 0));
    await only(page, "Publications");
    await page.keyboard.press("a");
    await confirmByKeys(page, "Publish", "armis_plant");
    await eventually(async () => assert.equal(await casesOf(page, "Publications"), 0));
    assert.equal(await page.getByRole("button", { name: /^Take decision/ }).count(), 0);
  });

  it("merges two devices on a page of one, says whose word that was, and undoes it", async () => {
    type Listed = {
      readonly devices: readonly { readonly id: string; readonly hostname: string }[];
    };
    const query = encodeURIComponent("vendor_name:Cisco source:netbox_dc1 sort:hostname:asc");
    const { devices } = await stage.ask<Listed>(`/devices?query=${query}&limit=2`);
    const [one, other] = devices;
    assert.ok(one !== undefined && other !== undefined);
    await page.goto(`/t/acme/devices/${encodeURIComponent(one.id)}?tab=identity`);
    await loaded(page, one.hostname);
    await page.getByRole("button", { name: "Decide" }).click();
    await page.getByRole("menuitem", { name: "Merge with…", exact: true }).click();
    await page.getByRole("dialog").getByRole("textbox").first().fill(other.id);
    await page.locator(".pick", { hasText: other.hostname }).click();
    await page.getByText(/New decision: .* are one device\./).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Merge", exact: true }).click();
    await page
      .getByText(/operator/)
      .first()
      .waitFor();
    const { id, hostname } = await stage.ask<Listed["devices"][number]>(`/devices/${other.id}`);
    assert.equal(id, (await stage.ask<{ readonly id: string }>(`/devices/${one.id}`)).id);
    await page.goto(`/t/acme/devices/${encodeURIComponent(id)}?tab=identity`);
    await loaded(page, hostname);
    await page.getByRole("button", { name: "Decide" }).click();
    await page.getByRole("menuitem", { name: "Undo the latest merge…" }).click();
    await page
      .getByText(/moves from .* to/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Undo merge", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const again = await Promise.all(
      [one, other].map((of) => stage.ask<{ readonly id: string }>(`/devices/${of.id}`)),
    );
    assert.deepEqual(
      again.map((of) => of.id),
      [one.id, other.id],
    );
  });
});
