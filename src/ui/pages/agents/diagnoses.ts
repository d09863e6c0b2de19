/** The document's troubleshooting rows as diagnoses of what is so now: the figure, and one act. Pure. */
import type { Refusal } from "../../calls/agent-acts.ts";
import type { Agent } from "../../calls/agents.ts";

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
  /** The agent that is helped by being enrolled again; the page does that. */
  readonly enrol?: string | undefined;
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
  /** Whether another certificate mends it. */
  readonly isCertificate?: boolean;
}[] = [
  {
    words: /tenant_(?:slug|id) mismatch|tenant identity missing/,
    title: "Tenant mismatch",
    act: "Use the certificate that this tenant's core issued for the agent: enrol it again.",
    isCertificate: true,
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
    isCertificate: true,
  },
  {
    words: /has expired|CERT_HAS_EXPIRED/i,
    title: "Certificate expired",
    act: "Look at its host's clock; if that is right, enrol it again, for a renewal.",
    isCertificate: true,
  },
  {
    words: /revoked/,
    title: "Agent revoked",
    act: "Enrol it again, if it is to come back.",
    isCertificate: true,
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
    enrol: rule?.isCertificate === true && agent !== "" ? agent : undefined,
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
        enrol: id,
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
