/** How a source is shown, and what a change of it changed. Pure. */
import type { z } from "@hono/zod-openapi";

import type { Source } from "../control/sources.ts";
import type { Run } from "../inbox/run-list.ts";
import { formatGoDuration } from "../lib/duration.ts";
import { maskedJson } from "../lib/secret.ts";
import { DISCOVERY_INTERVAL_DEFAULT_MS, POLL_INTERVAL_DEFAULT_MS } from "../model/sync-payload.ts";
import type { appliedSourceSchema, sourceSchema } from "./contract-sources.ts";
import { timeOf } from "./routes.ts";

/** A source as the API gives it; intervals are those in force. */
export function shownSource(
  source: Source,
  lastRun?: Run,
  lastRuns?: readonly Run[],
): z.infer<typeof sourceSchema> {
  return {
    id: source.serviceId,
    name: source.name,
    type: source.type,
    endpoint: source.endpoint,
    agent_id: source.agentId,
    partition: source.partition,
    enabled: source.enabled,
    poll_interval: formatGoDuration(source.pollIntervalMs ?? POLL_INTERVAL_DEFAULT_MS),
    discovery_interval: formatGoDuration(
      source.discoveryIntervalMs ?? DISCOVERY_INTERVAL_DEFAULT_MS,
    ),
    credentials: [...source.credentialNames],
    settings: shownSettings(source.settings),
    created_at: timeOf(source.createdMs),
    updated_at: timeOf(source.updatedMs),
    ...(lastRun === undefined ? {} : { last_run: summaryOf(lastRun) }),
    ...(lastRuns === undefined ? {} : { last_runs: lastRuns.map(summaryOf) }),
  };
}

/** Settings as given, also those that nobody here knows; a URL among them may hold a password. */
function shownSettings(
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return JSON.parse(maskedJson(settings)) as Readonly<Record<string, unknown>>;
}

/** A run in short. */
export function summaryOf(run: Run): NonNullable<z.infer<typeof sourceSchema>["last_run"]> {
  return {
    run_no: run.runNo,
    kind: run.kind,
    outcome: run.outcome,
    started_at: timeOf(run.startedMs),
    ended_at: timeOf(run.endedMs),
    entries: run.entries,
    error: run.errorMessage,
  };
}

/** A source in the form of the payload, without credentials: what a patch is laid over. */
export function payloadOf(source: Source): Readonly<Record<string, unknown>> {
  const interval = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : formatGoDuration(ms);
  return {
    ...source.settings,
    type: source.type,
    endpoint: source.endpoint,
    poll_interval: interval(source.pollIntervalMs),
    discovery_interval: interval(source.discoveryIntervalMs),
  };
}

type Change = z.infer<typeof appliedSourceSchema>["changes"][number];

/** The settings in which two states of a source differ, by name; credentials by their names alone. */
export function changesOf(before: Source, after: Source): Change[] {
  const [old, now] = [comparable(before), comparable(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].toSorted();
  return names
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((setting) => ({ setting, before: old[setting], after: now[setting] }));
}

function comparable(source: Source): Readonly<Record<string, unknown>> {
  const { type, endpoint, agent_id, partition, poll_interval, discovery_interval, credentials } =
    shownSource(source);
  return {
    ...shownSettings(source.settings),
    type,
    endpoint,
    agent_id,
    partition,
    poll_interval,
    discovery_interval,
    credentials,
  };
}
