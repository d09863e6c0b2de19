/** Counts of devices that whoever asks within seconds shares: a tenant's overview, and the platform's view of all tenants. */
import type { Queryable } from "../db/session.ts";
import { deviceStanding, type DeviceStanding } from "../inventory/tenant-counts.ts";
import type { Clock } from "../lib/clock.ts";

/** How old a count of devices may be, ms: counting a million takes some 0.2 s, and each open page asks at each change. */
const COUNTED_AGE_MS = 10_000;
/** Tenants whose count is kept. */
const COUNTED_TENANTS_MAX = 1_000;

type Counted = { readonly atMs: number; readonly standing: DeviceStanding };
type Known = { readonly atMs: number; readonly counted: Promise<Counted> };

/** Counts of devices, kept for a few seconds; several who ask at once wait for one. */
export class RecentCounts {
  readonly #clock: Clock;
  readonly #known = new Map<number, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A tenant's count, at most `ageMs` old. */
  async of(db: Queryable, tenant: number, ageMs: number = COUNTED_AGE_MS): Promise<Counted> {
    const atMs = this.#clock.now();
    const known = this.#known.get(tenant);
    if (known !== undefined && atMs - known.atMs < ageMs) return await known.counted;
    if (this.#known.size >= COUNTED_TENANTS_MAX) this.#known.clear();
    const counted = deviceStanding(db, tenant).then((standing) => ({ atMs, standing }));
    this.#known.set(tenant, { atMs, counted });
    // A failure is of who asked, and of nobody who asks later.
    counted.catch(() => this.#known.delete(tenant));
    return await counted;
  }
}
