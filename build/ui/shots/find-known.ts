import type { Page } from "playwright-core";

import type { Known } from "./shot-list.ts";

type Listed = { readonly devices: readonly { readonly id: string; readonly sources: string[] }[] };
type Runs = { readonly runs: readonly { readonly run_no: number; readonly source: string }[] };

/** What the demo has that is worth a picture, asked by a page that is logged in. */
export async function findKnown(page: Page): Promise<Omit<Known, "empty">> {
  const listed = await ask<Listed>(page, "/devices?limit=200&query=source:armis_plant");
  const sorted = listed.devices.toSorted((a, b) => b.sources.length - a.sources.length);
  const { runs } = await ask<Runs>(page, "/runs?limit=100");
  const runOf = (source: string): number => runs.find((one) => one.source === source)?.run_no ?? 1;
  return {
    device: sorted[0]?.id ?? "",
    run: runOf("armis_prod"),
    plantRun: runOf("armis_plant"),
    cases: await findCases(page),
  };
}

async function ask<Answer>(page: Page, path: string): Promise<Answer> {
  const of = JSON.stringify(`/api/v1/tenants/acme${path}`);
  return await page.evaluate<Answer>(`fetch(${of}).then((answer) => answer.json())`);
}

/** The first case of each kind, as its address names it. */
async function findCases(page: Page): Promise<Known["cases"]> {
  await page.goto("/t/acme/review", { waitUntil: "domcontentloaded" });
  await page.locator(".case").first().waitFor();
  const kinds = await page.locator(".choice").count();
  const cases: { kind: string; id: string }[] = [];
  for (let nth = 1; nth < kinds; nth += 1) {
    await page.locator(".choice").nth(nth).click();
    await page.waitForURL((url) => url.searchParams.get("kind") !== cases.at(-1)?.kind);
    await page.locator(".case").first().click();
    await page.waitForURL((url) => url.searchParams.has("case"));
    const { searchParams } = new URL(page.url());
    cases.push({ kind: searchParams.get("kind") ?? "", id: searchParams.get("case") ?? "" });
  }
  return cases;
}
