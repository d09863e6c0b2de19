/** What the worker and the gateway tell of their steps, as values of metrics. */
import type { WorkFact } from "../dire/work-fact.ts";
import type { IntakeFact } from "../inbox/intake-fact.ts";
import type { CounterName, HistogramName, Sample } from "./metric-list.ts";

/** What is added, and what took how long. */
export interface Measured {
  readonly counts: readonly Sample<CounterName>[];
  readonly times: readonly Sample<HistogramName>[];
}

/** A step of the worker. */
export function measuredWork(fact: WorkFact): Measured {
  if (fact.step === "ingested") return measuredIngest(fact);
  if (fact.step === "published") return measuredPublication(fact);
  if (fact.step === "timed_out") {
    return counted(one("srs_runs_total", { tenant: fact.tenant, outcome: "timeout" }));
  }
  return fact.step === "parked"
    ? counted(one("srs_chunks_parked_total", { tenant: fact.tenant }))
    : counted(one("srs_work_failures_total", { code: fact.code }));
}

/** Something that the gateway took or refused. */
export function measuredIntake(fact: IntakeFact): Measured {
  if (fact.kind === "refused") return counted(one("srs_refusals_total", { code: fact.code }));
  const { tenant, outcome, bytes } = fact;
  return counted(
    one("srs_chunks_total", { tenant, outcome }),
    one("srs_chunk_bytes_total", { tenant }, bytes),
  );
}

function measuredIngest(fact: WorkFact & { readonly step: "ingested" }): Measured {
  const { tenant, ms, created, changed, unchanged, retracted, rejected, ended } = fact;
  const updates = { created, changed, unchanged, retracted, rejected };
  return {
    counts: [
      ...Object.entries(updates).map(([outcome, value]) =>
        one("srs_updates_total", { tenant, outcome }, value),
      ),
      ...ended.map((outcome) => one("srs_runs_total", { tenant, outcome })),
    ],
    times: [took("srs_ingest_duration_seconds", ms)],
  };
}

function measuredPublication(fact: WorkFact & { readonly step: "published" }): Measured {
  const { tenant, ms, decided } = fact;
  return {
    counts: decided.map(({ rule, outcome, devices }) =>
      one("srs_reconcile_decisions_total", { tenant, rule, outcome }, devices),
    ),
    times: [took("srs_reconcile_duration_seconds", ms)],
  };
}

function counted(...counts: readonly Sample<CounterName>[]): Measured {
  return { counts, times: [] };
}

function one(name: CounterName, labels: Sample<string>["labels"], value = 1): Sample<CounterName> {
  return { name, labels, value };
}

function took(name: HistogramName, ms: number): Sample<HistogramName> {
  return { name, labels: {}, value: ms / 1_000 };
}
