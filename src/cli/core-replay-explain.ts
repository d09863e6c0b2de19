import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

import { shownExplanation } from "../api/explain-view.ts";
import { sourceNames } from "../control/source-names.ts";
import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import { explainDevice } from "../dire/explanation.ts";
import { listDevices, type ListedDevice } from "../inventory/device-list.ts";

/** Devices read at a time. */
const PAGE_DEVICES = 500;
const EVERY_DEVICE = {
  match: undefined,
  instance: undefined,
  sourceType: undefined,
  type: undefined,
  partition: undefined,
  state: "all",
} as const;

/** Writes one line a device of several records: what `GET …/explain` answers. Gives how many. */
export async function writeExplanations(db: Db, tenant: number, path: string): Promise<number> {
  const names = await sourceNames(db, tenant);
  const out = createWriteStream(path);
  let written = 0;
  for await (const device of devicesOf(db, tenant)) {
    if (device.recordCount < 2) continue;
    const explanation = await tx(db, (open) => explainDevice(open, tenant, device), {
      isolation: "repeatable read",
      readOnly: true,
    });
    const line = JSON.stringify(shownExplanation(device, explanation, names));
    if (!out.write(`${line}\n`)) await once(out, "drain");
    written += 1;
  }
  out.end();
  await finished(out);
  return written;
}

async function* devicesOf(db: Db, tenant: number): AsyncGenerator<ListedDevice> {
  for (let after = 0; ;) {
    const page = await listDevices(db, tenant, {
      filter: EVERY_DEVICE,
      beyond: after,
      limit: PAGE_DEVICES,
    });
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.deviceNo;
  }
}
