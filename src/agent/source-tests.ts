/** Tests of a source that an operator asks for before, or without, running it. The core sends the source's settings along. */
import { systemClock, type Clock } from "../lib/clock.ts";
import { grouped } from "../lib/grouped.ts";
import type { Log } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import { previewSource } from "../sources/preview.ts";
import { PROBE_STEPS, probeSource, type ProbeStep } from "../sources/probe.ts";
import type { Source } from "../sources/source.ts";
import type { CommandOutcome, Json, SourceTests, TellProgress } from "./command-target.ts";
import { openTold } from "./told-source.ts";

/** A test that takes longer has failed: nobody watches it any more, ms. */
const TEST_MAX_MS = 120_000;
/** Devices of a preview: as many as the core asks for, within what one message holds. */
const PREVIEW_DEFAULT = 20;
const PREVIEW_MAX = 200;

/** Tests sources with the connectors that runs use. */
export class SourceTester implements SourceTests {
  readonly #sourceOfType: (type: string) => Result<Source>;
  readonly #log: Log;
  readonly #clock: Clock;

  constructor(
    sourceOfType: (type: string) => Result<Source>,
    { log, clock = systemClock }: { readonly log: Log; readonly clock?: Clock },
  ) {
    this.#sourceOfType = sourceOfType;
    this.#log = log;
    this.#clock = clock;
  }

  async testConnection(payload: Json, tell: TellProgress): Promise<CommandOutcome> {
    const meant = openTold(payload, this.#sourceOfType);
    if (!meant.ok) return { success: false, message: meant.error };
    const steps: ProbeStep[] = [];
    const options = {
      signal: AbortSignal.timeout(TEST_MAX_MS),
      log: this.#log,
      clock: this.#clock,
    };
    for await (const step of probeSource(meant.value, options)) {
      steps.push(step);
      const percent = Math.round((steps.length * 100) / PROBE_STEPS.length);
      tell({ percent, message: `${step.step}: ${step.message}`, payload: { steps } });
    }
    const failed = steps.find(({ outcome }) => outcome === "failed");
    const message =
      failed === undefined ? "every step passed" : `${failed.step} failed: ${failed.message}`;
    return { success: failed === undefined, message, payload: { steps } };
  }

  async preview(payload: Json): Promise<CommandOutcome> {
    const meant = openTold(payload, this.#sourceOfType);
    if (!meant.ok) return { success: false, message: meant.error };
    const asked = Number(payload["limit"] ?? PREVIEW_DEFAULT);
    const limit = Math.min(Math.max(1, Math.trunc(asked) || PREVIEW_DEFAULT), PREVIEW_MAX);
    const signal = AbortSignal.timeout(TEST_MAX_MS);
    const options = { signal, log: this.#log, clock: this.#clock, limit };
    const { devices, rejected, sourceTotal } = await previewSource(meant.value.opened, options);
    const total = sourceTotal === undefined ? {} : { total: sourceTotal };
    const of = sourceTotal === undefined ? "" : ` of ${grouped(sourceTotal)}`;
    const message = `${devices.length}${of} devices`;
    return {
      success: true,
      message,
      payload: { devices: devices.map(shownDevice), rejected, ...total },
    };
  }
}

/** A device of a preview as JSON. */
export function shownDevice({
  isAvailable,
  ...device
}: Awaited<ReturnType<typeof previewSource>>["devices"][number]): Json {
  return { ...device, ...(isAvailable === undefined ? {} : { is_available: isAvailable }) };
}
