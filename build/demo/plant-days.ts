/** Lets days go by at the plant, one run each, so that what only time brings has come about: what left, what moved to and fro. */
import { PLANT_DAYS } from "../../test/fakes/troubled-plant.ts";
import { PLANT } from "./scene.ts";

/** Asks one tenant's API; with a body it is a POST. */
type Ask = <T>(path: string, body?: unknown) => Promise<T>;
type Run = { readonly run_no: number; readonly source: string; readonly outcome: string };
type Inbox = { readonly waiting: number; readonly unpublished: number };

/** How often a run is looked at, ms: it takes a good second. */
const LOOK_MS = 100;
/** How long one may take, ms. */
const RUN_MAX_MS = 120_000;

/** Runs the plant once for each of its days, or until the signal aborts. The first run begins by itself. */
export async function passPlantDays(ask: Ask, signal: AbortSignal): Promise<void> {
  for (let day = 1; day <= PLANT_DAYS && !signal.aborted; day += 1) {
    if (day > 1) await ask(`/sources/${PLANT}/run`, {});
    await published(ask, day, signal);
  }
}

/** Waits until so many runs of the plant have ended, and what they brought is published. */
async function published(ask: Ask, runs: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + RUN_MAX_MS;
  while (!signal.aborted) {
    const known = await ask<{ runs: Run[] }>(`/runs?source=${PLANT}&limit=50`);
    const bad = known.runs.find(({ outcome }) => outcome !== "success" && outcome !== "running");
    if (bad !== undefined) throw new Error(`run ${bad.run_no} of ${PLANT} ended ${bad.outcome}`);
    const ended = known.runs.filter(({ outcome }) => outcome === "success").length;
    const { waiting, unpublished } = await ask<Inbox>("/inbox");
    if (ended >= runs && waiting === 0 && unpublished === 0) return;
    if (performance.now() > untilMs) throw new Error(`run ${runs} of ${PLANT} did not end`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
