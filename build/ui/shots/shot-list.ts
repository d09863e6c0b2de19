/** What is photographed of the web page: every page of it, its dialogs and menus, and how it looks while something is loading, empty or away. */
import type { Page } from "playwright-core";

import type { Shot } from "./shot.ts";
import { wizardShots } from "./wizard-shots.ts";

/** What a running demo has, found out by asking it. */
export interface Known {
  /** A device of the most records. */
  readonly device: string;
  /** Cases of the review, one a kind. */
  readonly cases: readonly { readonly kind: string; readonly id: string }[];
  readonly run: number;
  readonly plantRun: number;
  /** A tenant in which nothing is yet. */
  readonly empty: string;
}

const API = "**/api/v1";

/** All of them, in the order of the menu. */
export function shotList(known: Known): readonly Shot[] {
  return [
    ...outside(),
    ...inventory(known),
    ...review(known),
    ...integrations(known),
    ...operation(),
    ...platform(),
    ...states(known),
  ];
}

function outside(): readonly Shot[] {
  return [
    { name: "login", path: "/login", isOutside: true },
    {
      name: "login-refused",
      path: "/login",
      isOutside: true,
      act: async (page) => {
        await page.getByLabel("Name").fill("ana");
        await page.getByLabel("Password").fill("wrong");
        await page.getByRole("button", { name: "Log in" }).click();
        await page.getByRole("alert").first().waitFor();
      },
    },
    {
      name: "setup",
      path: "/setup",
      isOutside: true,
      before: (page) => answer(page, "/setup", { needed: true }),
    },
    {
      name: "no-tenant",
      path: "/no-tenant",
      before: (page) =>
        answer(page, "/session", {
          user: { username: "ben", is_platform_admin: false },
          tenants: [],
        }),
    },
  ];
}

function inventory({ device }: Known): readonly Shot[] {
  const list = "/t/acme/devices";
  return [
    { name: "overview", path: "/t/acme" },
    { name: "devices", path: list },
    {
      name: "devices-query",
      path: `${list}?query=${encodeURIComponent("vendor_name:cisco !type:router sort:hostname")}&sort=hostname:asc`,
    },
    { name: "devices-wrong", path: `${list}?query=${encodeURIComponent("vendor_name:(cisco")}` },
    { name: "devices-none", path: `${list}?q=nobodyhasthisname` },
    {
      name: "devices-all-columns",
      path: `${list}?columns=hostname,ip,mac,type,vendor,model,sources,partition,seen,risk,os,tags`,
      act: (page) => click(page, "Columns"),
    },
    { name: "devices-filter", path: list, act: (page) => click(page, "Filter") },
    {
      name: "devices-complete",
      path: list,
      act: async (page) => {
        await page.locator("[data-search]").fill("vendor");
        await page.locator(".completes .menu").waitFor();
      },
    },
    { name: "devices-views", path: list, act: (page) => click(page, "Views") },
    {
      name: "devices-tag",
      path: list,
      act: async (page) => {
        for (const nth of [1, 2, 3]) await page.getByRole("checkbox").nth(nth).check();
        await page.getByRole("button", { name: /^Tag/ }).first().click();
        await page.getByRole("dialog").waitFor();
      },
    },
    {
      name: "devices-recent-tags",
      path: list,
      act: async (page) => {
        await page.getByRole("checkbox").nth(1).check();
        await page.getByRole("button", { name: /^Tag/ }).first().click();
        await page.getByRole("textbox", { name: "Add" }).fill("role=edge");
        const dialog = page.getByRole("dialog");
        await dialog.getByRole("button", { name: "Tag", exact: true }).click();
        await dialog.getByRole("button", { name: "Close" }).click();
        await click(page, "Recent tag changes");
        await page.getByRole("table", { name: "Changes of tags" }).waitFor();
      },
    },
    { name: "devices-export", path: list, act: (page) => click(page, "Export") },
    ...oneDevice(list, device),
  ];
}

function oneDevice(list: string, device: string): readonly Shot[] {
  const of = `${list}/${device}`;
  return [
    { name: "device", path: of },
    {
      name: "device-identity",
      path: `${of}?tab=identity`,
      act: (page) => page.waitForTimeout(800),
    },
    { name: "device-records", path: `${of}?tab=records` },
    { name: "device-timeline", path: `${of}?tab=timeline` },
    { name: "device-menu", path: of, act: (page) => click(page, "Decide") },
    {
      name: "device-merge",
      path: of,
      act: async (page) => {
        await click(page, "Decide");
        await page.getByRole("menuitem", { name: /^Merge with/ }).click();
        await page.getByRole("textbox", { name: "Other device" }).fill("dev-0000");
        await page.locator(".pick").first().waitFor();
      },
    },
    { name: "device-unknown", path: `${list}/sr:00000000-0000-4000-8000-000000000000` },
  ];
}

function review({ cases }: Known): readonly Shot[] {
  return [
    { name: "review", path: "/t/acme/review" },
    ...cases.map(({ kind, id }) => ({
      name: `review-${kind}`,
      path: `/t/acme/review?kind=${kind}&case=${encodeURIComponent(id)}`,
    })),
    {
      name: "review-dialog",
      path: "/t/acme/review?kind=pair",
      act: async (page) => {
        await page.keyboard.press("a");
        await page.getByRole("dialog").waitFor();
        await page.waitForTimeout(500);
      },
    },
  ];
}

function integrations({ run, plantRun }: Known): readonly Shot[] {
  const source = "/t/acme/sources/armis_plant";
  const tabs = ["test", "rehearsal", "settings", "history"];
  return [
    { name: "sources", path: "/t/acme/sources" },
    { name: "source", path: source },
    { name: "source-quiet", path: "/t/acme/sources/netbox_dc1" },
    { name: "source-never", path: "/t/acme/sources/netbox_lab" },
    ...tabs.map((tab) => ({ name: `source-${tab}`, path: `${source}?tab=${tab}` })),
    ...wizardShots(),
    { name: "runs", path: "/t/acme/runs" },
    { name: "run", path: `/t/acme/runs/${run}` },
    { name: "run-plant", path: `/t/acme/runs/${plantRun}` },
    { name: "run-unknown", path: "/t/acme/runs/99999" },
    { name: "agents", path: "/t/acme/agents" },
    {
      name: "agents-enrol",
      path: "/t/acme/agents",
      act: async (page) => {
        await click(page, /^Enrol/);
        await page.getByLabel("Agent id").fill("dc9");
        await page.getByRole("button", { name: "Make the line" }).click();
        await page.getByRole("group", { name: "enrolment line" }).waitFor();
      },
    },
    { name: "migration", path: "/t/acme/migration" },
  ];
}

function operation(): readonly Shot[] {
  return [
    { name: "ingestion", path: "/t/acme/ingestion" },
    { name: "users", path: "/t/acme/settings/users" },
    { name: "tokens", path: "/t/acme/settings/tokens" },
    {
      name: "tokens-new",
      path: "/t/acme/settings/tokens",
      act: (page) => click(page, "Make a token"),
    },
    { name: "audit", path: "/t/acme/settings/audit" },
    { name: "retention", path: "/t/acme/settings/retention" },
    {
      name: "retention-change",
      path: "/t/acme/settings/retention",
      act: (page) => click(page, /^Change/),
    },
    {
      name: "palette",
      path: "/t/acme",
      act: async (page) => {
        await page.keyboard.press("Control+k");
        await page.keyboard.type("ac");
        await page.waitForTimeout(700);
      },
    },
    {
      name: "keys",
      path: "/t/acme",
      act: async (page) => {
        await page.keyboard.press("?");
        await page.getByRole("dialog").waitFor();
      },
    },
    {
      name: "navigation",
      path: "/t/acme",
      act: async (page) => {
        const open = page.getByRole("button", { name: "Open navigation" });
        if (await open.isVisible()) await open.click();
        await page.locator(".user-button:visible").click();
        await page.getByRole("menuitem").first().waitFor();
      },
    },
    { name: "docs", path: "/docs", isUnsettled: true },
    { name: "not-found", path: "/t/acme/nowhere" },
  ];
}

function platform(): readonly Shot[] {
  return ["tenants", "authorities", "refusals", "users", "audit"].map((name) => ({
    name: `platform-${name}`,
    path: name === "tenants" ? "/platform" : `/platform/${name}`,
  }));
}

function states({ empty }: Known): readonly Shot[] {
  const pages = [
    "",
    "/devices",
    "/review",
    "/sources",
    "/runs",
    "/agents",
    "/ingestion",
    "/migration",
  ];
  const called = (page: string): string => (page === "" ? "overview" : page.slice(1));
  return [
    ...pages.map((page) => ({ name: `empty-${called(page)}`, path: `/t/${empty}${page}` })),
    ...pages.slice(0, 7).map((page) => ({
      name: `loading-${called(page)}`,
      path: `/t/acme${page}`,
      isUnsettled: true,
      before: (to: Page) => never(to),
    })),
    ...pages.slice(0, 7).map((page) => ({
      name: `failed-${called(page)}`,
      path: `/t/acme${page}`,
      isUnsettled: true,
      before: (to: Page) => failing(to),
    })),
    {
      name: "stale",
      path: "/t/acme/sources",
      act: async (page) => {
        await page.route(`${API}/**`, (route) => route.abort());
        // What is shown is asked for anew by itself before long.
        await page.getByText("has not answered since").waitFor();
      },
    },
  ];
}

async function answer(page: Page, path: string, json: object): Promise<void> {
  await page.route(`${API}${path}`, (route) => route.fulfill({ json }));
}

/** The tenant's own things never come. */
async function never(page: Page): Promise<void> {
  await page.route(`${API}/tenants/acme/**`, () => undefined);
}

async function failing(page: Page): Promise<void> {
  const problem = { code: "internal", detail: "The database did not answer.", request_id: "5f1c" };
  await page.route(`${API}/tenants/acme/**`, (route) =>
    route.fulfill({ status: 500, json: problem }),
  );
}

async function click(page: Page, name: string | RegExp): Promise<void> {
  await page.locator("main").getByRole("button", { name }).first().click();
  await page.waitForTimeout(600);
}
