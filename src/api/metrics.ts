/** The core's metrics: counts what it is told, and asks how things stand when somebody scrapes. */
import { monitorEventLoopDelay } from "node:perf_hooks";

import { Counter, Gauge, Histogram, Registry } from "prom-client";

import type { PoolLoad } from "../db/connections.ts";
import { MIGRATIONS } from "../db/migrations.gen.ts";
import type { TenantDbs } from "../db/pool.ts";
import type { WorkFact } from "../dire/work-fact.ts";
import type { IntakeFact } from "../inbox/intake-fact.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { VERSION } from "../lib/version.ts";
import { measuredIntake, measuredWork, type Measured } from "./measured.ts";
import {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  ofTenant,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type Sample,
} from "./metric-list.ts";
import { readStanding } from "./standing.ts";

/** Where metrics come from. */
export interface MetricsOptions {
  readonly db: TenantDbs;
  readonly clock: Clock;
  readonly log: Log;
  /** This process' pools by name, as they are now. */
  readonly pools?: (() => Readonly<Record<string, PoolLoad>>) | undefined;
}

/** For how long an answer of the database serves further scrapes, ms: several scrapers shall not cost more than one. */
const STANDING_MAX_AGE_MS = 5_000;
/** Upper bounds, seconds: a transaction takes from some ms to some seconds. */
const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** How often the event loop's delay is sampled, ms. */
const LAG_RESOLUTION_MS = 20;
const LAG_QUANTILES = [0.5, 0.99, 1];

type Kind<Name extends string, Instrument> = Readonly<Record<Name, Instrument>>;
type Standing = { readonly samples: readonly Sample<GaugeName>[]; readonly readMs: number };

/** Metrics of one process. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #counters: Kind<CounterName, Counter>;
  readonly #gauges: Kind<GaugeName, Gauge>;
  readonly #histograms: Kind<HistogramName, Histogram>;
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  #standing: Promise<Standing> | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
    const registers = [this.#registry];
    const of = <Name extends string, Instrument>(
      list: Kind<Name, { readonly help: string; readonly labels: readonly string[] }>,
      make: (about: { name: Name; help: string; labelNames: string[] }) => Instrument,
    ): Kind<Name, Instrument> =>
      Object.fromEntries(
        (Object.keys(list) as Name[]).map((name) => {
          const { help, labels } = list[name];
          return [name, make({ name, help, labelNames: [...labels] })];
        }),
      ) as Kind<Name, Instrument>;
    this.#counters = of(COUNTERS, (about) => new Counter({ ...about, registers }));
    this.#gauges = of(GAUGES, (about) => new Gauge({ ...about, registers }));
    this.#histograms = of(
      HISTOGRAMS,
      (about) => new Histogram({ ...about, registers, buckets: BUCKETS }),
    );
    this.#lag.enable();
  }

  /** Counts a step of the worker. */
  readonly noteWork = (fact: WorkFact): void => this.#add(measuredWork(fact));

  /** Counts what the gateway took or refused. */
  readonly noteIntake = (fact: IntakeFact): void => this.#add(measuredIntake(fact));

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The answer to a scrape: all of it, or what one tenant may see. */
  async text(tenant?: string): Promise<string> {
    const standing = await this.#readStanding();
    for (const gauge of Object.values<Gauge>(this.#gauges)) gauge.reset();
    for (const { name, labels, value } of [...standing, ...this.#ownStanding()]) {
      this.#gauges[name].set(labels, value);
    }
    for (const { name, labels, value } of this.#countedElsewhere()) {
      this.#counters[name].remove(labels);
      this.#counters[name].inc(labels, value);
    }
    const text = await this.#registry.metrics();
    return tenant === undefined ? text : ofTenant(text, tenant);
  }

  #add({ counts, times }: Measured): void {
    for (const { name, labels, value } of counts) this.#counters[name].inc(labels, value);
    for (const { name, labels, value } of times) this.#histograms[name].observe(labels, value);
  }

  /** A database that does not answer is told as such, with all that the process knows by itself. */
  async #readStanding(): Promise<readonly Sample<GaugeName>[]> {
    const { clock, log } = this.#options;
    const up = (value: number): Sample<GaugeName> => ({
      name: "srs_database_up",
      labels: {},
      value,
    });
    try {
      const known = await this.#standing;
      const isFresh = known !== undefined && clock.now() - known.readMs < STANDING_MAX_AGE_MS;
      if (!isFresh) this.#standing = this.#ask();
      const { samples = [] } = (await this.#standing) ?? {};
      return [...samples, up(1)];
    } catch (thrown) {
      this.#standing = undefined;
      log.warn({ error: messageOf(thrown) }, "metrics without the database");
      return [up(0)];
    }
  }

  async #ask(): Promise<Standing> {
    const { db, clock } = this.#options;
    const readMs = clock.now();
    return { samples: await readStanding(db.across("metrics"), readMs), readMs };
  }

  #pools(): readonly (readonly [string, PoolLoad])[] {
    return Object.entries(this.#options.pools?.() ?? {});
  }

  #countedElsewhere(): readonly Sample<CounterName>[] {
    const { user, system } = process.cpuUsage();
    return [
      { name: "process_cpu_seconds_total", labels: {}, value: (user + system) / 1e6 },
      ...this.#pools().map(([pool, { timeouts }]) => ({
        name: "srs_pool_queue_timeouts_total" as const,
        labels: { pool },
        value: timeouts,
      })),
    ];
  }

  #ownStanding(): readonly Sample<GaugeName>[] {
    const schema = MIGRATIONS.at(-1)?.name ?? "";
    const lag = LAG_QUANTILES.map((quantile): Sample<GaugeName> => {
      const ns = this.#lag.percentile(quantile * 100);
      const labels = { quantile: String(quantile) };
      return { name: "srs_event_loop_lag_seconds", labels, value: ns / 1e9 };
    });
    this.#lag.reset();
    return [
      ...lag,
      ...this.#pools().flatMap(([pool, load]) => poolStanding(pool, load)),
      { name: "process_resident_memory_bytes", labels: {}, value: process.memoryUsage.rss() },
      { name: "srs_build_info", labels: { version: VERSION, schema }, value: 1 },
    ];
  }
}

function poolStanding(
  pool: string,
  { size, busy, idle, waiting, delayMs }: PoolLoad,
): readonly Sample<GaugeName>[] {
  return [
    { name: "srs_pool_size", labels: { pool }, value: size },
    { name: "srs_pool_connections", labels: { pool, state: "busy" }, value: busy },
    { name: "srs_pool_connections", labels: { pool, state: "idle" }, value: idle },
    { name: "srs_pool_waiting", labels: { pool }, value: waiting },
    { name: "srs_pool_delay_seconds", labels: { pool }, value: delayMs / 1_000 },
  ];
}
