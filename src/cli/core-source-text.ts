/** How sources are written for people. Pure. */
import type { z } from "@hono/zod-openapi";

import type { appliedSourceSchema, sourceSchema } from "../api/contract-sources.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { SOURCE_MEMBERS } from "../model/sync-payload.ts";
import type { ShownList } from "./core-list.ts";
import { type TenantSession } from "./core-session.ts";
import { pairLines, plain, sectionLines } from "./table.ts";
import { agoText, countOf, timeText } from "./wording.ts";

type Source = z.infer<typeof sourceSchema>;
type Applied = z.infer<typeof appliedSourceSchema>;

/** Longest setting shown in a line, characters; a certificate has thousands. */
const SETTING_CHARS_MAX = 100;

/** The list of a tenant's sources, of all agents or of one. */
export function sourceList(
  session: TenantSession,
  agent: string | undefined,
): ShownList<"sources", Source> {
  const nowMs = session.context.clock.now();
  return {
    path: ["tenants", session.slug, "sources"],
    name: "sources",
    filter: { agent_id: agent },
    none:
      agent === undefined
        ? `Tenant ${session.slug} has no sources; make some with: ${session.commandLine("source apply FILE --agent AGENT")}`
        : `Agent ${agent} pulls no source.`,
    columns: [
      { title: "SOURCE", text: (source) => source.name },
      { title: "TYPE", text: (source) => source.type },
      { title: "ENDPOINT", text: (source) => source.endpoint },
      { title: "AGENT", text: (source) => source.agent_id },
      { title: "STATE", text: (source) => (source.enabled ? "enabled" : "disabled") },
      { title: "EVERY", text: (source) => source.poll_interval },
      { title: "LAST RUN", text: (source) => lastRunText(source, nowMs) },
    ],
  };
}

function lastRunText({ last_run: run }: Source, nowMs: number): string {
  if (run === undefined) return "never";
  return `${run.outcome} ${agoText(run.ended_at ?? run.started_at, nowMs)}, ${countOf(run.entries, "device")}`;
}

/** Everything of one source but its credentials. */
export function sourceLines(source: Source, nowMs: number): readonly string[] {
  const settings = Object.entries(source.settings);
  const { credentials, last_run: run } = source;
  return [
    `Source ${plain(source.name)}`,
    ...pairLines([
      ["  id", source.id],
      ["  type", source.type],
      ["  endpoint", source.endpoint],
      ["  agent", `${source.agent_id} (partition ${source.partition})`],
      ["  state", source.enabled ? "enabled" : "disabled"],
      ["  poll interval", source.poll_interval],
      ["  discovery interval", source.discovery_interval],
      [
        "  credentials",
        credentials.length === 0 ? "none" : `${credentials.join(", ")} (held sealed)`,
      ],
      ["  created", timeText(source.created_at)],
      ["  changed", timeText(source.updated_at)],
      ["  last run", run === undefined ? "never" : `#${run.run_no} ${lastRunText(source, nowMs)}`],
      ["  its error", run?.error],
    ]),
    ...(settings.length === 0
      ? []
      : sectionLines(
          "Settings",
          pairLines(settings.map(([name, value]) => [name, settingText(value)])),
        )),
  ];
}

function settingText(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length <= SETTING_CHARS_MAX ? text : `${text.slice(0, SETTING_CHARS_MAX - 1)}…`;
}

/** What became of the sources of a payload. */
export function appliedLines(applied: readonly Applied[]): readonly string[] {
  if (applied.length === 0) return ["The payload has no sources, so nothing was changed."];
  return applied.flatMap(({ source, outcome, changes, credentials_set: names }) => [
    `Source ${plain(source.name)} (${source.type}, ${source.endpoint}) is ${saidOutcome(outcome, changes, names)}; agent ${source.agent_id} runs it every ${source.poll_interval}.`,
    ...changes.map(
      ({ setting, before, after }) => `  ${setting}: ${changeText(before)} -> ${changeText(after)}`,
    ),
    ...(outcome === "changed" && names.length > 0
      ? [`  credentials set again: ${names.join(", ")}`]
      : []),
    ...unreadLines(source),
    ...(source.credentials.length === 0
      ? [`  It has no credentials, so ${source.endpoint} will likely refuse it.`]
      : []),
    ...(source.enabled ? [] : ["  It is disabled; enable it to have it run."]),
  ]);
}

/** A slip in a name would otherwise look like a setting that is obeyed. */
function unreadLines({ settings }: Source): readonly string[] {
  return Object.keys(settings)
    .filter((name) => !SOURCE_MEMBERS.includes(name))
    .map(
      (name) =>
        `  ${plain(name)} is kept, but no agent of ours reads it${didYouMean(name, SOURCE_MEMBERS)}`,
    );
}

function saidOutcome(
  outcome: Applied["outcome"],
  changes: readonly unknown[],
  names: readonly string[],
): string {
  return outcome === "changed" && changes.length + names.length === 0 ? "as it was" : outcome;
}

function changeText(value: unknown): string {
  return value === undefined ? "(none)" : plain(settingText(value));
}
