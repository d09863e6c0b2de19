import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import type { Page } from "playwright-core";

import { eventually } from "../support/eventually.ts";
import { drawn, goWithin, layoutShift, loaded, settled, STILL, violations } from "./page-acts.ts";
import { PAGES } from "./pages.ts";
import {
  firstRunsDone,
  openUiStage,
  startLonelyAgent,
  WITHOUT_CHROMIUM,
  type UiStage,
} from "./ui-stage.ts";

/** Rows that a screen of 800 px shows, and as many beside them as make scrolling smooth. */
const DRAWN_MAX = 70;

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
    await loaded(page, "Devices");
    assert.equal(await page.locator("[data-search]").inputValue(), "vendor_name:cisco");
    const vendors = page.locator("tbody tr:not(.gap) td:nth-child(5)");
    assert.equal(await vendors.first().innerText(), "Cisco");
    await page.close();
  });

  it("draws only the devices that are seen", async () => {
    const page = await stage.open("/t/acme/devices");
    await loaded(page, "Devices");
    await page.locator("tbody a.name").first().waitFor();
    assert.ok((await page.locator("tbody tr").count()) < DRAWN_MAX);
    await page.close();
  });

  it("goes to the end of all devices and back to their beginning by the keys for it", async () => {
    const page = await stage.open("/t/acme/devices?sort=hostname:asc");
    const names = page.locator("tbody a.name");
    await names.first().waitFor();
    const first = await names.first().textContent();
    await page.locator(".virtual .table-scroll").press("End");
    await page.waitForURL("**end=true**");
    await eventually(async () => {
      assert.equal(await names.last().isVisible(), true);
      // The table was made anew; keys go on working in it.
      const scroller = 'document.querySelector(".virtual .table-scroll")';
      assert.equal(await page.evaluate(`${scroller} === document.activeElement`), true);
      assert.ok(Number(await page.evaluate(`${scroller}.scrollTop`)) > 0);
    });
    await page.keyboard.press("Home");
    await eventually(async () => {
      assert.equal(page.url().includes("end=true"), false);
      assert.equal(await names.first().textContent(), first);
      assert.equal(await page.locator("tbody tr").first().getAttribute("aria-rowindex"), "2");
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
    await loaded(page, "Overview");
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
    await settled(page);
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

  it("adds a condition by clicks, with the values that there are", async () => {
    const page = await stage.open("/t/acme/devices");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("menuitem", { name: "Vendor" }).press("ArrowRight");
    await page.getByRole("menuitem", { name: /^Cisco/ }).click();
    await page.waitForURL("**query=vendor_name**");
    await page.getByRole("button", { name: "Remove vendor_name:Cisco" }).waitFor();
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

  it("makes a line that enrols an agent, by the core's own gateway, and says that this core lets nobody enrol", async () => {
    const page = await stage.open("/t/acme/agents");
    await page.getByRole("button", { name: "Enrol" }).first().click();
    await page.getByText("it was started without --enroll-listen").waitFor();
    const gateway = page.getByLabel("Gateway, as the agent reaches it");
    assert.equal(await gateway.inputValue(), stage.stage.grpc);
    await page.getByLabel("Agent id").fill("dc9");
    await page.getByRole("button", { name: "Make the line" }).click();
    const line = page.getByRole("group", { name: "enrolment line" });
    assert.match(await line.innerText(), / --core-url https:\/\/CORE:PORT /);
    assert.deepEqual(await violations(page), []);
    await page.close();
  });

  it("shows a run as it goes on, and its end without being asked", async () => {
    const page = await stage.open("/t/acme/sources/netbox_dc1");
    await firstRunsDone(stage);
    await loaded(page, "netbox_dc1");
    // A run that is under way leads nowhere: told to run now, the agent would say that it does.
    // The legend of the chart, which comes later and stands above, is a table too.
    const newest = page.locator("tbody tr", { has: page.locator("a.name") }).first();
    await newest.getByText("Success").waitFor();
    const known = await newest.locator("a.name").getAttribute("href");
    // The agent may be thought to read until it tells anew how it stands; the button is another one until then.
    await page.getByRole("button", { name: "Run now" }).click();
    const begun = newest.locator(`a.name:not([href="${known}"])`);
    const href = await begun.getAttribute("href");
    const row = page.locator("tbody tr", { has: page.locator(`a.name[href="${href}"]`) });
    await row.getByText("Success").waitFor();
    await page.getByRole("img", { name: /What runs brought/ }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.close();
  });

  it("says why a source does not run: the system is away, the agent is stopped, its certificate has ended", async () => {
    const agent = await startLonelyAgent(stage.stage, { agentId: "dc2-agent", source: "lonely" });
    const page = await stage.open("/t/acme/sources/lonely");
    await page.getByText("It waits after a failure").waitFor();
    // One that is told to run waits for its system for half a minute and more; it is ended while it does.
    const end = page.getByRole("button", { name: "End this run" });
    const run = page.getByRole("button", { name: "Run now" });
    await run.or(end).first().waitFor();
    if ((await end.count()) === 0) await run.click({ timeout: 5_000 }).catch(() => undefined);
    await end.click();
    await page.getByText("an operator cancelled the run").first().waitFor();
    await agent.stop();
    await page.getByText("Agent dc2-agent is stopped").waitFor();
    assert.deepEqual(await violations(page), []);
    // A certificate of minutes is none that a core issues: what the core says of the agent is made older on its way here.
    await page.route(/\/tenants\/acme\/agents(\?|$)/, async (route) => {
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

  it("keeps what two people change of a source at once, and tells each of the other", async () => {
    const settings = "/t/acme/sources/armis_prod?tab=settings";
    const page = await stage.open(settings);
    await page.getByLabel("Discovery every").fill("2h");
    const other = await stage.openAs("olga", "operator");
    await goWithin(other, settings);
    await other.getByLabel("Devices a page").fill("500");
    await other.getByRole("button", { name: "Save" }).click();
    await other.getByText("Changed; the agent gets it").waitFor();
    await page.getByText("Somebody else changed this source meanwhile: page_size").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Changed; the agent gets it").waitFor();
    await page.reload({ waitUntil: "domcontentloaded" });
    await loaded(page, "armis_prod");
    assert.equal(await page.getByLabel("Discovery every").inputValue(), "2h");
    assert.equal(await page.getByLabel("Devices a page").inputValue(), "500");
    await page.close();
    await other.context().close();
  });

  it("saves nothing over a colleague's change that it had not heard of, tells of it, and then saves", async () => {
    const settings = "/t/acme/sources/armis_prod?tab=settings";
    // Its console is not noted: that the stream is cut off is told there.
    const page = await stage.context.newPage();
    await page.goto("/t/acme", { waitUntil: "domcontentloaded" });
    await page.route("**/tenants/acme/events", (route) => route.abort());
    await goWithin(page, settings);
    await page.getByLabel("Discovery every").fill("3h");
    const api = `${new URL(page.url()).origin}/api/v1/tenants/acme/sources/armis_prod`;
    const other = await stage.openAs("oscar", "operator");
    await goWithin(other, settings);
    await other.getByLabel("Devices a page").fill("400");
    await other.getByRole("button", { name: "Save" }).click();
    await other.getByText("Changed; the agent gets it").waitFor();
    // However it comes to know: until it saves it is as it was.
    await page.getByText("Somebody else changed this source").waitFor({ state: "detached" });
    const refused = page.waitForResponse(
      (answer) => answer.url() === api && answer.status() === 412,
    );
    await page.getByRole("button", { name: "Save" }).click();
    await refused;
    await page.getByText("Somebody else changed this meanwhile, so nothing was saved.").waitFor();
    await page.getByText("Somebody else changed this source meanwhile: page_size").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Changed; the agent gets it").waitFor();
    await page.close();
    await other.context().close();
  });

  it("enrols an agent again that never came, as a renewal", async () => {
    const { command, dir, grpc } = stage.stage;
    const of = ["--agent-id", "dc8", "--gateway-addr", grpc, "--out", join(dir, "dc8")];
    await command("agent", "create", "--tenant", "acme", ...of);
    const page = await stage.open("/t/acme");
    await loaded(page, "Overview");
    // What is wrong is told last, as by a busy core.
    const listed = Promise.withResolvers<void>();
    await page.route(/agents\?.*attention/, async (route) => {
      await listed.promise;
      await route.continue();
    });
    const counted = page.waitForResponse(/\/refusals\?limit=50$/);
    await page.goto("/t/acme/agents", { waitUntil: "domcontentloaded" });
    await counted;
    await drawn(page);
    listed.resolve();
    await page.getByText("No config returned: dc8").waitFor();
    const shift = await layoutShift(page);
    assert.ok(shift < STILL, `it jumped by ${shift}`);
    await page.getByRole("listitem").filter({ hasText: "dc8" }).getByRole("button").click();
    await page.getByRole("button", { name: "Make the line" }).click();
    const line = page.getByRole("group", { name: "enrolment line" });
    assert.match(await line.innerText(), / --force /);
    assert.deepEqual(await violations(page), []);
    await page.close();
  });

  it("asks of the case that its dialog was opened for, whatever comes and goes meanwhile", async () => {
    const page = await stage.open("/t/acme");
    // Devices that there are: those of a case are asked for, to be shown side by side.
    const ids = await page.evaluate<string[]>(
      `fetch("/api/v1/tenants/acme/devices?limit=2").then((answer) => answer.json()).then(({ devices }) => devices.map(({ id }) => id))`,
    );
    assert.equal(ids.length, 2);
    const pair = (no: number, hostname: string) => ({
      quarantine_no: no,
      reason: "mac_only_conflict",
      points: 5,
      threshold: 5.5,
      evidence: [],
      since: "2026-03-01T00:00:00Z",
      records: ["a", "b"].map((native, at) => ({
        record_no: no * 2 + at,
        source: "armis_prod",
        source_id: "x",
        kind: "armis",
        native_id: native,
        device_id: ids[at],
        hostname: `${hostname}-${native}`,
      })),
    });
    let pairs = [pair(3, "alpha")];
    await page.route("**/tenants/acme/quarantine?*", (route) => route.fulfill({ json: { pairs } }));
    // Each connection tells of changes, ends, and is made again.
    const body = "retry: 100\nevent: devices\ndata: devices\n\n";
    await page.route("**/tenants/acme/events", (route) =>
      route.fulfill({ contentType: "text/event-stream", body }),
    );
    await page.goto(new URL("/t/acme/review", page.url()).href);
    await page.locator(".case", { hasText: "alpha" }).click();
    await page.keyboard.press("a");
    const title = page.getByRole("dialog").getByRole("heading").first();
    await title.filter({ hasText: "alpha-a and alpha-b" }).waitFor();
    pairs = [pair(9, "omega")];
    await page.locator(".case", { hasText: "omega" }).waitFor();
    assert.equal(await page.locator(".case", { hasText: "alpha" }).count(), 0);
    assert.match(await title.innerText(), /^alpha-a and alpha-b /);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator(".case", { hasText: "omega" }).click();
    await page.evaluate(
      `new MutationObserver(() => { globalThis.sawDialog ||= document.querySelector("[role=dialog]") !== null; }).observe(document.body, { childList: true, subtree: true })`,
    );
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.waitForURL("**/t/acme/devices**");
    assert.notEqual(await page.evaluate("globalThis.sawDialog"), true);
    await page.close();
  });

  it("lets a viewer look at everything and act on nothing, on a phone too", async () => {
    const page = await stage.openAs("vic", "viewer");
    await loaded(page, "Overview");
    assert.equal(await page.locator(".liveness").isVisible(), true);
    for (const [heading, path, act] of [
      ["Agents", "/t/acme/agents", "Enrol an agent"],
      ["Tokens", "/t/acme/settings/tokens", "Make a token"],
      ["netbox_dc1", "/t/acme/sources/netbox_dc1", "Run now"],
      ["Retention", "/t/acme/settings/retention", "Change absent_runs"],
    ] as const) {
      await goWithin(page, path);
      await loaded(page, heading);
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
    await loaded(page, "Overview");
    await page.close();
    assert.deepEqual([...new Set(asked)], [stage.url]);
    assert.deepEqual(stage.said, []);
  });

  it("says that the core does not answer, and goes on once it does", async () => {
    const page = await stage.context.newPage();
    await page.goto("/t/acme", { waitUntil: "domcontentloaded" });
    await loaded(page, "Overview");
    await stage.stage.core.stop();
    await page.getByText("The core has not answered since").waitFor();
    await stage.stage.restart();
    await page.getByText("The core has not answered since").waitFor({ state: "detached" });
    await page.close();
  });

  it("lets nobody in after the log-out", async () => {
    const page = await stage.open("/t/acme");
    await loaded(page, "Overview");
    await page.locator(".user-button").click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.waitForURL("**/login");
    assert.deepEqual(await violations(page), []);
    await page.goto("/t/acme/devices", { waitUntil: "domcontentloaded" });
    await page.waitForURL("**/login?next=**");
    await page.close();
  });
});
