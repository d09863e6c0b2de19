/**
 * What a failed call means to the one who has to mend it: title, what happened, what to do. The titles of sync-runtime.md's
 * troubleshooting rows stand here, and nowhere else.
 */
import { messageOf, SyncError } from "../lib/errors.ts";

type Rule = {
  readonly codes: readonly string[];
  /** Absent: any text of these codes. */
  readonly text?: RegExp;
  readonly title: string;
  readonly advice: string;
};

const OWN_CERTIFICATE =
  "use the certificate that this tenant's core issued for this agent (cert_file and key_file in agent.json)";
const REACH =
  "verify that the agent can reach the gateway (gateway_addr in agent.json, port 50052 outbound) and that its certificate is valid";

/** What gets this host another certificate; `flag` as the agent's record wants it, an agent that was revoked is let in without --renew alone. */
function enrolAnew(flag: string): string {
  return `make a token at the core (serviceradar-core agent token --agent-id ID${flag}), then here: serviceradar-agent enroll --token-file FILE --force`;
}

/** The first that fits. */
const RULES: readonly Rule[] = [
  {
    codes: ["permission_denied"],
    text: /tenant_(?:slug|id) mismatch/,
    title: "Tenant mismatch",
    advice: `the certificate belongs to another tenant; ${OWN_CERTIFICATE}`,
  },
  {
    codes: ["unauthenticated"],
    text: /tenant identity missing/,
    title: "Tenant mismatch",
    advice: `the authority that signed the certificate belongs to no tenant of this core; ${OWN_CERTIFICATE}`,
  },
  {
    codes: ["handshake_refused"],
    title: "Tenant mismatch",
    advice: `the gateway does not accept the certificate: its authority is unknown there, or it has expired; ${OWN_CERTIFICATE}`,
  },
  {
    codes: ["permission_denied"],
    text: /component_id mismatch/,
    title: "Agent id mismatch",
    advice: "agent_id in agent.json is not the one that the certificate was issued for",
  },
  {
    codes: ["permission_denied"],
    text: /partition mismatch/,
    title: "Partition mismatch",
    advice: "partition in agent.json is not the one that the certificate was issued for",
  },
  {
    codes: ["permission_denied"],
    text: /agent revoked/,
    title: "Agent revoked",
    advice: `an administrator ended its identity; to let it in again, ${enrolAnew("")}`,
  },
  {
    codes: ["permission_denied"],
    text: /certificate revoked/,
    title: "Certificate revoked",
    advice: `this agent was let in again with a newer certificate; use that, or ${enrolAnew(" --renew")}`,
  },
  {
    codes: ["permission_denied"],
    text: /authority revoked/,
    title: "Authority revoked",
    advice: `an administrator ended the authority that certified this agent; ${enrolAnew(" --renew")}`,
  },
  {
    codes: ["unauthenticated"],
    text: /certificate has expired/,
    title: "Certificate expired",
    advice: `look at this host's clock; if it is right, ${enrolAnew(" --renew")}`,
  },
  {
    codes: ["permission_denied", "unauthenticated"],
    title: "Agent refused",
    advice: OWN_CERTIFICATE,
  },
  {
    codes: ["server_untrusted"],
    text: /expired|not yet valid|NOT_YET_VALID/i,
    title: "Gateway not trusted",
    advice:
      "its certificate is out of its time by this host's clock: set the clock, and if it is right have the gateway's certificate renewed",
  },
  {
    codes: ["server_untrusted"],
    title: "Gateway not trusted",
    advice:
      "ca_file must hold the authority of this gateway's certificate, and server_name one of its names",
  },
  {
    codes: ["resource_exhausted"],
    text: /larger than max|message exceeds|size larger/i,
    title: "gRPC size error",
    advice:
      "keep chunk_max_bytes in agent.json under about 3MB, or raise GRPC_MAX_RECV_MSG_SIZE at the gateway and GRPC_MAX_SEND_MSG_SIZE here",
  },
];

/** Failures that say nothing but that no answer came. */
const NO_ANSWER: ReadonlySet<string> = new Set(["unavailable", "deadline_exceeded"]);

/** A failed call in plain words; what nobody has seen before stays as it is. */
export function diagnose(thrown: unknown): string {
  const said = messageOf(thrown);
  const rule = thrown instanceof SyncError ? ruleFor(thrown) : undefined;
  return rule === undefined ? said : `${rule.title}: ${said}. What to do: ${rule.advice}`;
}

/** Why there is no configuration, in plain words; `address` is the gateway that was asked. */
export function diagnoseNoConfig(thrown: unknown, address: string): string {
  if (!(thrown instanceof SyncError) || !NO_ANSWER.has(thrown.code)) return diagnose(thrown);
  return noConfig(`no answer from ${address} (${messageOf(thrown)})`);
}

/** The line for a configuration that cannot be used; `reason` says why. */
export function noConfig(reason: string): string {
  return `No config returned: ${reason}. What to do: ${REACH}`;
}

/** The line for an answer in which the core admits that it has none. */
export function configKept(reason: string, runningVersion: string): string {
  const kept =
    runningVersion === ""
      ? "no source runs until there is one"
      : `the last good one (${runningVersion}) stays in force`;
  return `No config returned: ${reason}; ${kept}`;
}

function ruleFor({ code, message }: SyncError): Rule | undefined {
  return RULES.find(({ codes, text }) => codes.includes(code) && (text?.test(message) ?? true));
}
