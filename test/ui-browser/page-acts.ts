/** What tests of the browser do on a page. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import type { Page } from "playwright-core";

import { eventually } from "../support/eventually.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

type Violation = { readonly id: string; readonly nodes: readonly { readonly target: unknown }[] };

/** What axe-core finds on a page, one line each. */
export async function violations(page: Page, only?: string): Promise<readonly string[]> {
  await page.evaluate(await readFile(AXE, "utf8"));
  const rules = only === undefined ? {} : { runOnly: [only] };
  const found = await page.evaluate<readonly Violation[]>(
    `axe.run(${JSON.stringify({ resultTypes: ["violations"], ...rules })}).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target }) => ({ target })) })))`,
  );
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(", ")}`,
  );
}

/** To a page without loading everything anew, as a link does. */
export async function goWithin(page: Page, path: string): Promise<void> {
  const to = JSON.stringify(path);
  await page.evaluate(
    `history.pushState({}, "", ${to}); dispatchEvent(new PopStateEvent("popstate"))`,
  );
}

/**
 * Waits until a page with that heading has all that it asked for. The heading has to be the page's own: the one before stands
 * until the way to the next has been gone.
 */
export async function loaded(page: Page, heading: string): Promise<void> {
  await page.locator("h1", { hasText: heading }).waitFor();
  await settled(page);
}

/** Waits until the page that is shown has all that it asked for. */
export async function settled(page: Page): Promise<void> {
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
}

/** How far what a page shows has jumped since it was opened, as browsers count it: 1 is a whole window. */
export async function layoutShift(page: Page): Promise<number> {
  await drawn(page);
  return await page.evaluate<number>(
    `(() => { const seen = new PerformanceObserver(() => {}); seen.observe({ type: "layout-shift", buffered: true }); return seen.takeRecords().reduce((sum, { value }) => sum + value, 0); })()`,
  );
}

/** Waits until what came last is on the screen. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    "new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)))",
  );
}

/** A jump that nobody sees, such as that of a figure which is a digit longer. */
export const STILL = 0.01;

/** Goes by Tab alone to the button of the dialog that has this name, as who has no mouse does. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if ((await page.evaluate<string>("document.activeElement.textContent")) === name) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`no Tab leads to ${name}`);
}

/** More than the fields and buttons of any dialog. */
const TABS_MAX = 12;

/** Confirms the dialog that is open, by keys alone, and waits until it is gone; `typed` is what it asks to be typed. */
export async function confirmByKeys(page: Page, verb: string, typed?: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  if (typed !== undefined) {
    await dialog.getByLabel(`Type ${typed} to confirm`).focus();
    await page.keyboard.type(typed);
  }
  const button = dialog.getByRole("button", { name: verb, exact: true });
  await eventually(async () => assert.equal(await button.isEnabled(), true));
  await tabTo(page, verb);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
}
