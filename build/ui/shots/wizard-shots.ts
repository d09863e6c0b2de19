/** What is photographed of the wizard for a new source: each of its steps, with an agent that really tests and rehearses. */
import type { Page } from "playwright-core";

import type { Shot } from "./shot.ts";

/** A source that is stored and off, of an agent that runs: the wizard goes on with it. */
export const BEGUN = "netbox_begun";
/** How long an agent may take to test or rehearse it, ms. */
const AGENT_MAX_MS = 180_000;

/** The steps, in their order. */
export function wizardShots(): readonly Shot[] {
  const path = "/t/acme/sources/new";
  const begun = `${path}?source=${BEGUN}`;
  return [
    { name: "new-source", path },
    {
      name: "new-source-paste",
      path,
      act: (page) => page.locator("summary").first().click(),
    },
    {
      name: "new-source-wrong",
      path,
      act: (page) => goOn(page, "Continue"),
    },
    {
      name: "new-source-connection",
      path,
      act: async (page) => {
        await page.getByLabel("Name").fill("netbox_hq");
        await page.getByLabel("Agent").fill("acme-agent");
        await page.keyboard.press("Escape");
        await goOn(page, "Continue");
        await page.getByLabel("Address").waitFor();
      },
    },
    { name: "new-source-test", path: begun, act: toTest },
    { name: "new-source-scope", path: begun, act: toScope },
    { name: "new-source-rehearsal", path: begun, act: toRehearsal },
    {
      name: "new-source-enable",
      path: begun,
      act: async (page) => {
        await toScope(page);
        await goOn(page, "Store and rehearse");
        await goOn(page, "Skip");
        await page.getByRole("heading", { name: /^Enable/ }).waitFor();
      },
    },
  ];
}

async function toTest(page: Page): Promise<void> {
  await goOn(page, "Store and test");
  await page.getByRole("button", { name: "Test again" }).waitFor({ timeout: AGENT_MAX_MS });
}

async function toScope(page: Page): Promise<void> {
  await goOn(page, "Store and test");
  await goOn(page, "Continue");
  await page.getByRole("button", { name: "Store and rehearse" }).waitFor();
}

async function toRehearsal(page: Page): Promise<void> {
  await toScope(page);
  await goOn(page, "Store and rehearse");
  await page.getByRole("button", { name: /^Rehearse/ }).click();
  await page.getByRole("button", { name: "Continue" }).waitFor({ timeout: AGENT_MAX_MS });
}

async function goOn(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}
