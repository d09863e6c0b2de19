/** The document's troubleshooting rows and tuning adjustments as diagnoses of what is so now: the figure, and one act. Pure. */
import type { Refusal } from "../../calls/agent-acts.ts";
import type { Agent } from "../../calls/agents.ts";
import type { Inbox } from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";

/** Something that is wrong now. */
export interface Diagnosis {
  readonly id: string;
  readonly tone: "bad" | "warn";
  readonly title: string;
  /** The figure that shows it. */
  readonly figure: string;
  /** What to do. */
  readonly act: string;
  readonly at?: string | undefined;
}

/** A refusal this long ago is over, ms. */
const RECENT_MS = 24 * 3_600_000;

/** What keeps agents from working: refusals of the last day, and agents without the configuration that is offered. */
export function agentDiagnoses(
  {
    agents,
    refusals,
  }: { readonly agents: readonly Agent[]; readonly refusals: readonly Refusal[] },
  nowMs: number,
): readonly Diagnosis[] {
  return [
    ...refusals.filter(({ last_at: at }) => nowMs - Date.parse(at) < RECENT_MS).map(ofRefusal),
    ...agents.flatMap(ofAgent),
  ];
}

const REFUSED: readonly {
  readonly words: RegExp;
  readonly title: string;
  readonly act: string;
}[] = [
  {
    words: /tenant_(?:slug|id) mismatch|tenant identity missing/,
    title: "Tenant mismatch",
    act: "Use the certificate that this tenant's core issued for the agent: enrol it again.",
  },
  {
    words: /larger than max|message exceeds|size larger|receive limit/i,
    title: "gRPC size error",
    act: "Keep chunk_max_bytes in agent.json under about 3MB, or raise GRPC_MAX_RECV_MSG_SIZE at the gateway.",
  },
  {
    words: /authority revoked/,
    title: "Authority revoked",
    act: "Enrol it again, for a renewal, or have the platform's administrator reinstate the authority.",
  },
  {
    words: /has expired|CERT_HAS_EXPIRED/i,
    title: "Certificate expired",
    act: "Look at its host's clock; if that is right, enrol it again, for a renewal.",
  },
  {
    words: /revoked/,
    title: "Agent revoked",
    act: "Enrol it again, if it is to come back.",
  },
];

function ofRefusal(refusal: Refusal): Diagnosis {
  const { agent_id: agent, code, message, refused, last_at: at } = refusal;
  const { certificate_serial: serial } = refusal;
  const whose = serial === undefined ? "" : ` (certificate ${shortSerial(serial)})`;
  const rule = REFUSED.find(({ words }) => words.test(message));
  return {
    id: `refused ${agent} ${code} ${message}`,
    tone: "bad",
    title: `${rule?.title ?? "Refused"}: ${agent === "" ? "unknown agent" : agent}`,
    figure: `${refused === 1 ? "Once" : `${refused} times`} ${code}: ${message}${whose}`,
    act: rule?.act ?? "The message names what disagrees; certificate and agent.json must agree.",
    at,
  };
}

function ofAgent(agent: Agent): readonly Diagnosis[] {
  const { agent_id: id, state, config_offered: offered, config_running: running } = agent;
  if (state === "never_seen" || (state === "silent" && running === undefined)) {
    return [
      {
        id: `no config ${id}`,
        tone: "warn",
        title: `No config returned: ${id}`,
        figure: "It never took a configuration.",
        act: "Verify that it can reach the gateway (port 50052 outbound) and that its certificate is valid: serviceradar-agent check.",
      },
    ];
  }
  if (state !== "online" || offered === undefined || offered === running) return [];
  return [
    {
      id: `config ${id}`,
      tone: "warn",
      title: `Old configuration: ${id}`,
      figure: `Runs ${shortVersion(running)}, offered ${shortVersion(offered)}.`,
      act: "It takes the new one within a minute; if not, its log has the reason under GetConfig.",
    },
  ];
}

/** Characters of a version that tell it from others. */
const VERSION_SHOWN = 9;

/** Characters of a serial number that tell certificates of one authority apart; `refusals list` shows as many. */
const SERIAL_SHOWN = 16;

/** The beginning of a certificate's number, as `openssl x509 -serial` writes it. */
export function shortSerial(serial: string): string {
  return serial.slice(0, SERIAL_SHOWN);
}

/** "v12ab34cd", or that there is none. */
export function shortVersion(version: string | undefined): string {
  return version === undefined || version === "" ? "none" : version.slice(0, VERSION_SHOWN);
}

/** Waiting chunks that are more than a burst. */
const WAITING_MANY = 20;

/** What slows ingestion, by the document's adjustments. Pools are known to the platform's administrator alone. */
export function ingestionDiagnoses({ waiting, parked, tuning }: Inbox): readonly Diagnosis[] {
  const pools = tuning?.pools ?? [];
  return [
    ...pools.flatMap(
      ({ part, timeouts, waiting: inLine, wait_ms: waitMs }): readonly Diagnosis[] =>
        timeouts === 0
          ? []
          : [
              {
                id: `timeouts ${part}`,
                tone: "bad",
                title: `queue_timeout errors: ${part}`,
                figure: `${timeouts} requests gave up; ${inLine} wait now, ${waitMs} ms at least.`,
                act: "Raise POOL_SIZE if PostgreSQL can take more connections, else DATABASE_QUEUE_TARGET_MS and DATABASE_QUEUE_INTERVAL_MS.",
              },
            ],
    ),
    ...(waiting < WAITING_MANY
      ? []
      : [
          {
            id: "bursts",
            tone: "warn" as const,
            title: "Chunks come in bursts",
            figure: `${waiting} chunks wait.`,
            act: "Raise SYNC_INGESTOR_COALESCE_MS or SYNC_INGESTOR_QUEUE_MAX_CHUNKS, so that more are merged before they reach the database.",
          },
        ]),
    ...(parked === 0
      ? []
      : [
          {
            id: "parked",
            tone: "bad" as const,
            title: "Chunks are parked",
            figure: `${counted(parked, "chunk")} could not be worked.`,
            act: "Read the reason below, mend it, and have them worked again.",
          },
        ]),
  ];
}
