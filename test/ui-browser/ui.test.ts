import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";

import type { Page } from "playwright-core";

import { eventually } from "../support/eventually.ts";
import { PAGES } from "./pages.ts";
import { openUiStage, startLonelyAgent, WITHOUT_CHROMIUM, type UiStage } from "./ui-stage.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Rows that a screen of 800 px shows, and as many beside them as make scrolling smooth. */
const DRAWN_MAX = 70;

type Violation = { readonly id: string; readonly nodes: readonly { readonly target: unknown }[] };

/** What axe-core finds on a page, one line each. */
async function violations(page: Page, only?: string): Promise<readonly string[]> {
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
async function goWithin(page: Page, path: string): Promise<void> {
  const to = JSON.stringify(path);
  await page.evaluate(
    `history.pushState({}, "", ${to}); dispatchEvent(new PopStateEvent("popstate"))`,
  );
}

async function loaded(page: Page, heading = ""): Promise<void> {
  await page.locator("h1", { hasText: heading }).waitFor();
  await eventually(async () => assert.equal(await page.locator(".skeleton").count(), 0));
}

describe("the web page", { skip: WITHOUT_CHROMIUM }, () => {
  let stage: UiStage;
  before(async () => {
    stage = await openUiStage();
  });
  after(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  it("makes a source step by step, and its agent runs it", async () => {
    const page = await stage.open("/t/acme/sources/new");
    await page.getByLabel("Name").fill("netbox_hq");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Address").fill(stage.other.endpoint);
    await page.getByLabel("API token").fill(stage.other.token);
    await page.getByRole("button", { name: "Store and test" }).click();
    await page.locator('.checks li:last-child[data-outcome="passed"]').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Store and rehearse" }).click();
    await page.getByRole("button", { name: "Rehearse", exact: true }).click();
    await page.getByText("records read").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.locator('.step-foot [type="submit"]', { hasText: "Enable" }).click();
    await page.waitForURL("**/t/acme/sources/netbox_hq**");
    await page.locator("tbody .badge", { hasText: "Success" }).first().waitFor();
    await page.close();
  });

  describe("in both themes without a fault that axe-core finds", () => {
    let page: Page;
    before(async () => {
      page = await stage.open("/t/acme");
    });
    after(async () => {
      await page?.close();
    });
    for (const [heading, path] of PAGES) {
      it(`shows ${heading}`, async () => {
        await page.emulateMedia({ colorScheme: "light" });
        await goWithin(page, path);
        await loaded(page, heading);
        assert.deepEqual(await violations(page), []);
        await page.emulateMedia({ colorScheme: "dark" });
        await page.locator('html[data-theme="dark"]').waitFor();
        assert.deepEqual(await violations(page, "color-contrast"), []);
      });
    }
  });

  it("keeps a search in the address", async () => {
    const page = await stage.open("/t/acme/devices");
    await page.locator("[data-search]").fill("vendor_name:cisco");
    await page.keyboard.press("Enter");
    await page.waitForURL("**query=vendor_name**");
    await page.reload({ waitUntil: "domcontentloaded" });
    await loaded(page);
    assert.equal(await page.locator("[data-search]").inputValue(), "vendor_name:cisco");
    const [vendor] = await page.locator("tbody tr:not(.gap) td:nth-child(5)").allInnerTexts();
    assert.equal(vendor, "Cisco");
    await page.close();
  });

  it("draws only the devices that are seen", async () => {
    const page = await stage.open("/t/acme/devices");
    await loaded(page);
    await page.locator("tbody a.name").first().waitFor();
    assert.ok((await page.locator("tbody tr").count()) < DRAWN_MAX);
    await page.locator(".virtual .table-scroll").press("End");
    await eventually(async () => {
      const last = await page.locator("tbody tr").last().getAttribute("aria-rowindex");
      assert.ok(Number(last) > DRAWN_MAX);
    });
    await page.close();
  });

  it("enters a sorted list within it, goes up from there without a jump, and tags what is picked", async () => {
    const page = await stage.open("/t/acme/devices?sort=hostname:asc");
    await page.getByLabel("Device to begin at").fill("m");
    await page.getByRole("button", { name: "Go to" }).click();
    await page.waitForURL("**from=m**");
    const first = page.locator("tbody a.name", { hasText: /^m/i }).first();
    await first.waitFor();
    const above = page.locator("tbody a.name", { hasText: /^[a-l]/i }).last();
    await above.waitFor({ state: "attached" });
    await eventually(async () => assert.ok(await first.isVisible()));
    await page.getByRole("checkbox").nth(20).check();
    await page.getByRole("button", { name: "Tag 1" }).click();
    await page.getByRole("textbox", { name: "Add" }).fill("role=edge");
    await page.getByRole("button", { name: "Tag", exact: true }).click();
    await page.getByText("Tags changed: 1, devices looked at: 1.").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByText("Tags put back: 1.").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Clear picks" }).click();
    await page.getByRole("button", { name: "Tag", exact: true }).waitFor();
    await page.getByRole("button", { name: "Recent tag changes" }).click();
    await page.getByRole("row", { name: /role=edge.*1 picked device.*1 taken back/ }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.close();
  });

  it("goes anywhere by keys", async () => {
    const page = await stage.open("/t/acme");
    await loaded(page);
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.waitForURL("**/t/acme/sources");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("runs");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/t/acme/runs");
    await page.close();
  });

  it("says why a device is one, and locks a value until it is unlocked", async () => {
    // Its console is not noted: the graphics driver of a machine without one complains there.
    const page = await stage.context.newPage();
    await page.goto("/t/acme/devices?query=vendor_name:Cisco", { waitUntil: "domcontentloaded" });
    await page.locator("tbody a.name").first().click();
    await page.getByRole("tab", { name: "Identity" }).click();
    await page.getByRole("heading", { name: "Which single fact decides" }).waitFor();
    await loaded(page);
    assert.deepEqual(await violations(page), []);
    await page.getByRole("tab", { name: "Values" }).click();
    await page.getByRole("button", { name: "Set a value" }).click();
    await page.getByLabel("Field").selectOption("owner");
    await page.getByLabel("Value", { exact: true }).fill("ops");
    await page.getByText("New decision: owner is ops.").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Lock", exact: true }).click();
    await page.getByText("Locked by user:").waitFor();
    await page.getByRole("button", { name: "Unlock Owner" }).click();
    await page.getByRole("button", { name: "Unlock", exact: true }).click();
    await page.getByText("Locked by user:").waitFor({ state: "detached" });
    await page.close();
  });

  it("takes a condition away by its chip", async () => {
    const page = await stage.open("/t/acme/devices?query=vendor_name:Cisco%20type:Switch");
    await page.getByRole("button", { name: "Remove type:Switch" }).click();
    await page.waitForURL((url) => !url.search.includes("Switch"));
    assert.equal(await page.locator("[data-search]").inputValue(), "vendor_name:Cisco");
    await page.close();
  });

  it("shows a token this once", async () => {
    const page = await stage.open("/t/acme/settings/tokens");
    await page.getByRole("button", { name: "Make a token" }).first().click();
    await page.getByLabel("Name").fill("reporting");
    await page.getByRole("button", { name: "Make", exact: true }).click();
    const text = await page.getByRole("group", { name: "token" }).innerText();
    assert.match(text, /^srt_/);
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "I have it" }).click();
    await page.getByRole("cell", { name: "reporting" }).waitFor();
    assert.equal((await page.content()).includes(text.trim()), false);
    await page.close();
  });

  it("makes a line that enrols an agent, with the core's address in it or in the token", async () => {
    const page = await stage.open("/t/acme/agents");
    await page.getByRole("button", { name: "Enrol" }).first().click();
    await page.getByLabel("Agent id").fill("dc9");
    await page.getByRole("button", { name: "Make the line" }).click();
    const line = page.getByRole("group", { name: "enrolment line" });
    assert.match(await line.innerText(), / --core-url https:\/\/CORE:PORT /);
    assert.deepEqual(await violations(page), []);
    await page.close();
  });

  it("shows a run as it goes on, and its end without being asked", async () => {
    const page = await stage.open("/t/acme/sources/netbox_dc1");
    await loaded(page, "netbox_dc1");
    const known = await page.locator("tbody tr").count();
    await page.getByRole("button", { name: "Run now" }).click();
    await eventually(async () => {
      assert.ok((await page.locator("tbody tr").count()) > known);
    });
    await page.locator("tbody tr").first().getByText("Success").waitFor();
    await page.getByRole("img", { name: /What runs brought/ }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.close();
  });

  it("says why a source does not run: the system is away, the agent is stopped, its certificate has ended", async () => {
    const agent = await startLonelyAgent(stage.stage, { agentId: "dc2-agent", source: "lonely" });
    const page = await stage.open("/t/acme/sources/lonely");
    await page.getByText("It waits after a failure").waitFor();
    await agent.stop();
    await page.getByText("Agent dc2-agent is stopped").waitFor();
    assert.deepEqual(await violations(page), []);
    // A certificate of minutes is none that a core issues: what the core says of the agent is made older on its way here.
    await page.route("**/tenants/acme/agents", async (route) => {
      const answer = await route.fetch();
      const ended = (await answer.text())
        .replaceAll('"stopped"', '"silent"')
        .replace(
          /"certificate_not_after":"[^"]+"/g,
          '"certificate_not_after":"2020-01-01T00:00:00Z"',
        );
      await route.fulfill({ response: answer, body: ended });
    });
    await page.reload({ waitUntil: "domcontentloaded" });
    await page.getByText("dc2-agent's certificate has expired").waitFor();
    await page.close();
  });

  it("lets a viewer look at everything and act on nothing, on a phone too", async () => {
    const page = await stage.openAs("vic", "viewer");
    await loaded(page, "Overview");
    assert.equal(await page.locator(".liveness").isVisible(), true);
    for (const [path, act] of [
      ["/t/acme/agents", "Enrol an agent"],
      ["/t/acme/settings/tokens", "Make a token"],
      ["/t/acme/sources/netbox_dc1", "Run now"],
      ["/t/acme/settings/retention", "Change absent_runs"],
    ] as const) {
      await goWithin(page, path);
      await loaded(page);
      const button = page.getByRole("button", { name: act }).first();
      const refused =
        (await button.count()) === 0 ||
        (await button.isDisabled()) ||
        (await button.getAttribute("aria-disabled")) === "true";
      assert.ok(refused, `${act} on ${path}`);
      const wider = await page.evaluate<number>(
        "document.documentElement.scrollWidth - innerWidth",
      );
      assert.ok(wider <= 0, `${path} is ${wider} px wider than the phone`);
    }
    await page.goto("/platform", { waitUntil: "domcontentloaded" });
    await page.waitForURL("**/t/acme");
    await page.context().close();
  });

  it("says nothing on the console and asks no other host", async () => {
    const asked: string[] = [];
    const page = await stage.context.newPage();
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    await page.goto("/t/acme", { waitUntil: "domcontentloaded" });
    await loaded(page);
    await page.close();
    assert.deepEqual([...new Set(asked)], [stage.url]);
    assert.deepEqual(stage.said, []);
  });

  it("says that the core does not answer, and goes on once it does", async () => {
    const page = await stage.context.newPage();
    await page.goto("/t/acme", { waitUntil: "domcontentloaded" });
    await loaded(page);
    await stage.stage.core.stop();
    await page.getByText("The core has not answered since").waitFor();
    await stage.stage.restart();
    await page.getByText("The core has not answered since").waitFor({ state: "detached" });
    await page.close();
  });

  it("lets nobody in after the log-out", async () => {
    const page = await stage.open("/t/acme");
    await loaded(page);
    await page.locator(".user-button").click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.waitForURL("**/login");
    assert.deepEqual(await violations(page), []);
    await page.goto("/t/acme/devices", { waitUntil: "domcontentloaded" });
    await page.waitForURL("**/login?next=**");
    await page.close();
  });
});
