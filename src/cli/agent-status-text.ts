/** How a running agent is written for people. Pure. */
import type { AgentReport } from "../agent/report.ts";
import { pairLines, plain, sectionLines, tableLines } from "./table.ts";
import { agoText, countText, spanText } from "./wording.ts";

const MIB = 1024 ** 2;
/** A version is a hash; so many characters tell two apart. */
const VERSION_CHARS = 12;

/** A source in the report, as far as it is shown. */
type Entry = {
  readonly name?: string;
  readonly state?: string;
  readonly next_due?: string;
  readonly waiting?: { readonly reason: string; readonly for_sec: number };
  readonly run?: {
    readonly devices: number;
    readonly total?: number;
    readonly devices_per_sec: number;
  };
  readonly last_run?: {
    readonly kind?: string;
    readonly outcome?: string;
    readonly ended?: string;
    readonly devices?: number;
  };
  readonly error?: { readonly message?: string };
};

/** The whole report. */
export function statusLines(report: AgentReport, nowMs: number): readonly string[] {
  const { memory, certificate_until: until } = report;
  const uptime = spanText(report.uptime_sec * 1_000);
  return [
    `Agent ${report.agent_id} in partition ${report.partition}, version ${report.version}, up ${uptime}`,
    ...pairLines([
      ["  session", sessionText(report)],
      ["  configuration", configText(report, nowMs)],
      ["  certificate", until && `ends ${agoText(until, nowMs) ?? ""}`],
      ["  memory", `${mib(memory.rss_bytes)} of ${mib(memory.max_bytes)} MB`],
    ]),
    ...sourceLines(report, nowMs),
  ];
}

function mib(bytes: number): string {
  return countText(Math.round(bytes / MIB));
}

function sessionText({ session }: AgentReport): string {
  const { phase, gateway, gateway_id: id, problem } = session;
  if (phase === "running") return `with gateway ${id ?? ""} at ${gateway}`;
  const why = problem === undefined ? "" : `: ${problem}`;
  return `none (${phase}), gateway ${gateway}${why}`;
}

function configText({ config }: AgentReport, nowMs: number): string {
  const { version, from, confirmed, kept_because: kept } = config;
  const why = kept === undefined ? "" : `; the newest answer was not taken: ${kept}`;
  if (from === "nowhere") return `none yet${why}`;
  const origin = from === "disk" ? "kept on disk from before this start" : "from the gateway";
  const age = agoText(confirmed, nowMs);
  return `${version.slice(0, VERSION_CHARS)} ${origin}, confirmed ${age ?? "never"}${why}`;
}

function sourceLines(report: AgentReport, nowMs: number): readonly string[] {
  const entries = report.sources as readonly Entry[];
  const unusable = report.unusable_sources.map(({ name, reason }) =>
    plain(`${name} cannot be used: ${reason}`),
  );
  if (entries.length === 0) return ["", "It has no sources.", ...unusable];
  const table = tableLines(
    [
      { title: "SOURCE", text: ({ name }) => name },
      { title: "STATE", text: ({ state }) => state },
      { title: "NOW", text: nowText },
      { title: "LAST RUN", text: lastText },
      { title: "ENDED", text: ({ last_run: last }) => agoText(last?.ended, nowMs) },
      {
        title: "DEVICES",
        text: ({ last_run: last }) => countOrNone(last?.devices),
        isNumber: true,
      },
      { title: "NEXT", text: ({ next_due: due }) => agoText(due, nowMs) },
      { title: "ERROR", text: ({ error }) => error?.message },
    ],
    entries,
  );
  return [...sectionLines("Sources", table), ...unusable];
}

/** "success (delta)": a delta says nothing of what is absent. */
function lastText({ last_run: last }: Entry): string | undefined {
  return last?.kind === "delta" ? `${last.outcome} (delta)` : last?.outcome;
}

function countOrNone(count: number | undefined): string | undefined {
  return count === undefined ? undefined : countText(count);
}

/** "1,200 of 10,000 devices, 310/s", and what it waits for: "rate limited 12 s". */
function nowText({ run, waiting }: Entry): string | undefined {
  if (run === undefined) return undefined;
  const of = run.total === undefined ? "" : ` of ${countText(run.total)}`;
  const wait =
    waiting === undefined ? "" : `, ${waiting.reason.replaceAll("_", " ")} ${waiting.for_sec} s`;
  return `${countText(run.devices)}${of} devices, ${countText(run.devices_per_sec)}/s${wait}`;
}
