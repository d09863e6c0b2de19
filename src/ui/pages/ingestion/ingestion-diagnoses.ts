/** The document's tuning adjustments as diagnoses of what is so now: the figure, and one act. Pure. */
import type { Inbox } from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";
import { durationWords } from "../../parts/time-words.ts";
import type { Diagnosis } from "../agents/diagnoses.ts";

type Tuning = NonNullable<Inbox["tuning"]>;

/** Waiting chunks that are more than a burst. */
const WAITING_MANY = 20;
/** Percent of the processors' time from which on nothing is left for a rush. */
const BUSY_PERCENT = 90;
/** A wait for a lock that a person would notice, ms; those of a healthy core take some milliseconds. */
const LOCK_WAIT_MS = 1_000;

/** What slows ingestion. How the database and its connections fare is known to the platform's administrator alone. */
export function ingestionDiagnoses({ waiting, parked, tuning }: Inbox): readonly Diagnosis[] {
  return [
    ...(tuning === undefined ? [] : ofTuning(tuning)),
    ...(waiting < WAITING_MANY ? [] : [bursts(waiting)]),
    ...(parked === 0 ? [] : [parkedChunks(parked)]),
  ];
}

function ofTuning(tuning: Tuning): readonly Diagnosis[] {
  return [...timeouts(tuning), ...cpu(tuning), ...locks(tuning), ...outgrown(tuning)];
}

function timeouts({ pools }: Tuning): readonly Diagnosis[] {
  return pools
    .filter(({ timeouts: gaveUp }) => gaveUp > 0)
    .map(({ part, timeouts: gaveUp, waiting: inLine, wait_ms: waitMs }) => ({
      id: `timeouts ${part}`,
      tone: "bad",
      title: `queue_timeout errors: ${part}`,
      figure: `${counted(gaveUp, "request")} gave up; ${inLine} wait now, ${waitMs} ms at least.`,
      act: "Raise POOL_SIZE if PostgreSQL can take more connections, else DATABASE_QUEUE_TARGET_MS and DATABASE_QUEUE_INTERVAL_MS.",
    }));
}

/** More sessions compute than there are processors, and the processors have no time left. */
function cpu(tuning: Tuning): readonly Diagnosis[] {
  const { host, running = 0, seconds = 0 } = tuning.database ?? {};
  if (host === undefined) return [];
  const { processors, busy_percent: busy } = host;
  if (busy < BUSY_PERCENT || running <= processors) return [];
  return [
    {
      id: "cpu",
      tone: "warn",
      title: "PostgreSQL's CPU spikes",
      figure: `${running} of its sessions compute at a time on ${counted(processors, "processor")}, which were ${busy}% busy in the last ${seconds} s.`,
      act: lowerConcurrency(tuning),
    },
  ];
}

function locks(tuning: Tuning): readonly Diagnosis[] {
  const { lock_waiting: many = 0, lock_wait_ms: waitMs = 0, seconds = 0 } = tuning.database ?? {};
  if (waitMs < LOCK_WAIT_MS) return [];
  return [
    {
      id: "locks",
      tone: "warn",
      title: "PostgreSQL's locks spike",
      figure: `${counted(many, "session")} waited for locks at once in the last ${seconds} s, the longest for ${durationWords(waitMs)}.`,
      act: lowerConcurrency(tuning),
    },
  ];
}

/** The document's order: concurrency goes down before the pool does. */
function lowerConcurrency({ settings }: Tuning): string {
  const value = (wanted: string): number =>
    settings.find(({ name }) => name === wanted)?.value ?? 0;
  const concurrency = value("SYNC_INGESTOR_BATCH_CONCURRENCY");
  return concurrency > 1
    ? `Lower SYNC_INGESTOR_BATCH_CONCURRENCY, which is ${concurrency}, before POOL_SIZE.`
    : `SYNC_INGESTOR_BATCH_CONCURRENCY is 1 already: lower POOL_SIZE, which is ${value("POOL_SIZE")}.`;
}

/** A core tunes itself when it starts; what came since may call for more. */
function outgrown({ settings }: Tuning): readonly Diagnosis[] {
  const changed = settings.filter(
    ({ origin, value, advised }) =>
      origin === "automatic" && advised !== undefined && advised !== value,
  );
  if (changed.length === 0) return [];
  return [
    {
      id: "outgrown",
      tone: "warn",
      title: "Tuned for what was there when it started",
      figure: changed
        .map(({ name, value, advised }) => `${name} ${value} → ${advised}`)
        .join(", ")
        .concat("."),
      act: "These are set → advised now. Start this core again; it then takes what is advised.",
    },
  ];
}

function bursts(waiting: number): Diagnosis {
  return {
    id: "bursts",
    tone: "warn",
    title: "Chunks come in bursts",
    figure: `${waiting} chunks wait.`,
    act: "Raise SYNC_INGESTOR_COALESCE_MS or SYNC_INGESTOR_QUEUE_MAX_CHUNKS, so that more are merged before they reach the database.",
  };
}

function parkedChunks(parked: number): Diagnosis {
  return {
    id: "parked",
    tone: "bad",
    title: "Chunks are parked",
    figure: `${counted(parked, "chunk")} could not be worked.`,
    act: "Read the reason below, mend it, and have them worked again.",
  };
}
