import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

/** What a bench is told. */
export interface BenchOptions {
  /** Sizes to measure at, devices. */
  readonly devices: readonly number[];
  /** An empty database on a server of one's own; absent: the embedded PostgreSQL. Not every section can use it. */
  readonly databaseUrl?: string | undefined;
  /** A folder in which what was loaded is left, and found again by the next bench; only sections that read a load look there. */
  readonly keptDir?: string | undefined;
  /** Says how far it is, to people. */
  readonly tell: (line: string) => void;
  /** Aborts when a signal stops the bench; everything that was started must be gone before the section ends. */
  readonly signal: AbortSignal;
}

/** One part of the bench. What it gives is its member of the JSON document, and holds nothing that this run did not measure. */
export interface Section {
  /** Member of the document, and what `--section` takes. */
  readonly name: string;
  readonly run: (options: BenchOptions) => Promise<unknown>;
}

/** What figures depend on. */
export function machine(): Readonly<Record<string, unknown>> {
  const [cpu] = cpus();
  return {
    cores: cpus().length,
    cpu: cpu?.model ?? "unknown",
    memory_bytes: totalmem(),
    platform: `${platform()}-${arch()} ${release()}`,
    node: process.version,
    // Figures of a machine that is busy otherwise are not this program's.
    load_average_before: loadavg()[0],
  };
}

/** Three significant digits: more would pretend to be repeatable. */
export function rounded(number: number): number {
  return Number(number.toPrecision(3));
}

/** What was added between two readings; undefined where one could not be had. */
export function added(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : rounded(after - before);
}
