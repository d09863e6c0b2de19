/** What an operator should look at first, from what the core says. Pure. */
import type { Agent } from "../../calls/agents.ts";
import type {
  IdentityQuality,
  Inbox,
  Overview,
  Retraction,
  SourceStanding,
} from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";
import type { Tone } from "../../parts/tone.ts";
import type { ReviewKind } from "../review/review-items.ts";

/** One thing, and where to do something about it. */
export interface Attention {
  readonly id: string;
  readonly tone: Tone;
  readonly title: string;
  readonly about: string;
  readonly to:
    | "/t/$tenant/sources/$source"
    | "/t/$tenant/agents"
    | "/t/$tenant/ingestion"
    | "/t/$tenant/review";
  readonly source?: string;
  /** Of the review: which of its cases. */
  readonly kind?: ReviewKind;
}

/** What it is made from; a part that is not loaded yet says nothing. */
export interface Standing {
  readonly sources?: readonly SourceStanding[] | undefined;
  readonly agents?: readonly Agent[] | undefined;
  readonly inbox?: Inbox | undefined;
  readonly quality?: IdentityQuality | undefined;
  readonly retractions?: readonly Retraction[] | undefined;
}

/** A certificate that ends within this time is told of, ms: renewal begins with a third of its life left, so it has failed by then. */
const CERTIFICATE_SOON_MS = 14 * 86_400_000;

/** Whether more sources need a look than are listed. */
export function hasMoreSources({ sources, source_counts: of }: Overview): boolean {
  return of.failing + of.stale + of.partial > ofSources(sources).length;
}

/** The worst first. */
export function attentionOf(standing: Standing, nowMs: number): readonly Attention[] {
  const all = [
    ...ofSources(standing.sources ?? []),
    ...ofAgents(standing.agents ?? [], nowMs),
    ...ofInbox(standing.inbox),
    ...ofRetractions(standing.retractions ?? []),
    ...ofQuality(standing.quality),
  ];
  const rank: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, info: 2, idle: 3, good: 4 };
  return all.toSorted((a, b) => rank[a.tone] - rank[b.tone]);
}

function ofSources(sources: readonly SourceStanding[]): readonly Attention[] {
  return sources.flatMap(({ id, name, state, last_run: run }): readonly Attention[] => {
    if (state === "disabled" || run === undefined) return [];
    const to = "/t/$tenant/sources/$source" as const;
    if (run.outcome === "success" || run.outcome === "running") {
      return state === "stale"
        ? [{ ...STALE, id, title: `${name} was long not read whole`, to, source: name }]
        : [];
    }
    const tone = run.outcome === "partial" ? "warn" : "bad";
    const title = `${name}: last run ${run.outcome === "timeout" ? "timed out" : run.outcome}`;
    const about = run.error ?? "The run's page has the reason.";
    return [{ id, tone, title, about, to, source: name }];
  });
}

const STALE = {
  tone: "warn",
  about:
    "No discovery was whole within two of its intervals: what the source no longer has is not known.",
} as const;

function ofAgents(agents: readonly Agent[], nowMs: number): readonly Attention[] {
  return agents.flatMap((agent): readonly Attention[] => {
    const { agent_id: id, state, certificate_not_after: ends } = agent;
    const to = "/t/$tenant/agents" as const;
    if (state === "silent") {
      const about = "Its sources are not pulled until it is back. What it found before stays.";
      return [{ id, tone: "bad", title: `Agent ${id} is silent`, about, to }];
    }
    if (state === "stopped") {
      const about = "It was stopped on its host. Its sources are not pulled until it is started.";
      return [{ id, tone: "warn", title: `Agent ${id} is stopped`, about, to }];
    }
    if (state === "never_seen") {
      const about = "It was certified and has never connected to the gateway.";
      return [{ id, tone: "warn", title: `Agent ${id} was never seen`, about, to }];
    }
    if (state !== "online" || ends === undefined) return [];
    if (Date.parse(ends) - nowMs > CERTIFICATE_SOON_MS) return [];
    const about = "It should have been renewed by now; without it the agent is refused.";
    return [{ id, tone: "warn", title: `The certificate of ${id} ends soon`, about, to }];
  });
}

function ofInbox(inbox: Inbox | undefined): readonly Attention[] {
  if (inbox === undefined) return [];
  const to = "/t/$tenant/ingestion" as const;
  const parked: Attention = {
    id: "parked",
    tone: "bad",
    title: `${counted(inbox.parked, "chunk")} could not be worked`,
    about: "Parked with the reason; the rest goes on.",
    to,
  };
  const held: Attention = {
    id: "held",
    tone: "warn",
    title: `${counted(inbox.held, "publication")} held`,
    about: "A run would have changed the identity of many devices at once.",
    to: "/t/$tenant/review",
    kind: "hold",
  };
  return [...(inbox.parked > 0 ? [parked] : []), ...(inbox.held > 0 ? [held] : [])];
}

function ofRetractions(held: readonly Retraction[]): readonly Attention[] {
  if (held.length === 0) return [];
  const title = `${counted(held.length, "retraction")} held`;
  const about = "A source no longer lists so many records that it may be an outage of it.";
  const to = "/t/$tenant/review";
  return [{ id: "retractions", tone: "warn", title, about, to, kind: "retraction" }];
}

function ofQuality(quality: IdentityQuality | undefined): readonly Attention[] {
  const to = "/t/$tenant/review" as const;
  type Sign = readonly [
    id: string,
    kind: ReviewKind,
    count: number,
    noun: string,
    title: string,
    about: string,
  ];
  const signs: readonly Sign[] = [
    [
      "apart",
      "pair",
      quality?.held_apart ?? 0,
      "pair",
      "held apart that may be one device",
      "Two devices each, with the evidence and the reason; you can join them or keep them apart for good.",
    ],
    [
      "flapping",
      "flapping",
      quality?.flapping_records.count ?? 0,
      "record",
      "going from device to device",
      "Two devices probably share an identifier that should say nothing.",
    ],
    [
      "flapping-values",
      "flapping",
      quality?.flapping_values.count ?? 0,
      "value",
      "going from device to device",
      "Records that carry it change their device; it may be shared by several.",
    ],
    [
      "learnt",
      "value",
      quality?.learnt_values.count ?? 0,
      "doubtful value",
      "no longer counted as evidence",
      "So many devices carry it that it tells none of them; you can confirm or correct that.",
    ],
    [
      "crowded",
      "crowded",
      quality?.crowded_devices.count ?? 0,
      "device",
      "with suspiciously many records or addresses",
      "So much in one device often means that several were joined.",
    ],
  ];
  return signs
    .filter(([, , count]) => count > 0)
    .map(([id, kind, count, noun, title, about]) => ({
      id,
      tone: "info",
      title: `${counted(count, noun)} ${title}`,
      about,
      to,
      kind,
    }));
}
