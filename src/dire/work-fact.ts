import type { ResolveCounts } from "./resolver.ts";
import type { WorkedChunks } from "./work.ts";

/** What a step of the worker did, for whoever counts: plain values that may cross threads. Times in ms. */
export type WorkFact =
  | ({ readonly step: "ingested"; readonly tenant: string; readonly ms: number } & Omit<
      WorkedChunks,
      "held"
    >)
  | ({ readonly step: "published"; readonly tenant: string; readonly ms: number } & ResolveCounts)
  | { readonly step: "parked"; readonly tenant: string }
  /** A run fell silent and was ended. */
  | { readonly step: "timed_out"; readonly tenant: string }
  | { readonly step: "failed"; readonly code: string };
