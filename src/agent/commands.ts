/** Commands that a core sends over the control stream. */
import { messageOf } from "../lib/errors.ts";
import type { CommandRequest, ControlStreamRequest, Draft } from "../wire/messages.ts";
import type {
  CancelAnswer,
  CommandOutcome,
  CommandTarget,
  Json,
  TellProgress,
} from "./command-target.ts";
import type { RunNowAnswer } from "./schedule.ts";

type Command = (
  payload: Json,
  target: CommandTarget,
  tell: TellProgress,
) => CommandOutcome | Promise<CommandOutcome>;

/** By command_type. */
const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["sync.run_now", runSourceNow],
  ["sync.cancel", cancelSource],
  ["sync.test_connection", (payload, target, tell) => target.testConnection(payload, tell)],
  ["sync.preview", (payload, target) => target.preview(payload)],
  ["sync.rehearse", (payload, target, tell) => target.rehearse(payload, tell)],
  ["agent.diagnostics", tellDiagnostics],
  ["agent.renew_certificate", (_, target) => target.renewCertificate()],
  ["agent.install_certificate", installCertificate],
]);

/** Where the answers to a command go, and by which clock they are stamped. */
export interface Answering {
  readonly target: CommandTarget;
  readonly nowMs: () => number;
  readonly push: (message: Draft<ControlStreamRequest>) => void;
  /** Ends the stream in order: the gateway has read all that was pushed when this resolves, or will not any more. */
  readonly leave: () => Promise<void>;
}

/**
 * Answers a command: always an ack first, so that the core knows it arrived, then its result. A command without ttl
 * never expires. Rejects only where `push` throws.
 */
export async function answerCommand(
  request: CommandRequest,
  { target, nowMs, push, leave }: Answering,
): Promise<void> {
  const { commandId, commandType } = request;
  const common = (): { commandId: string; commandType: string; timestamp: number } => ({
    commandId,
    commandType,
    timestamp: Math.floor(nowMs() / 1_000),
  });
  push({ commandAck: { ...common(), message: "command received" } });
  const tell: TellProgress = ({ percent, message, payload }) =>
    push({
      commandProgress: {
        ...common(),
        progressPercent: percent,
        message,
        ...payloadJson(payload),
      },
    });
  const { success, message, payload, onEnded }: CommandOutcome = isExpired(request, nowMs())
    ? { success: false, message: "command expired" }
    : await carryOut(request, target, tell);
  push({ commandResult: { ...common(), success, message, ...payloadJson(payload) } });
  if (onEnded === undefined) return;
  await leave();
  onEnded();
}

function payloadJson(payload: unknown): { readonly payloadJson?: Buffer } {
  return payload === undefined ? {} : { payloadJson: Buffer.from(JSON.stringify(payload)) };
}

function isExpired({ createdAt, ttlSeconds }: CommandRequest, nowMs: number): boolean {
  return createdAt > 0 && ttlSeconds > 0 && createdAt + ttlSeconds < Math.floor(nowMs / 1_000);
}

/** What breaks a command is its result: neither the stream nor the agent ends with it. */
async function carryOut(
  { commandType, payloadJson: bytes }: CommandRequest,
  target: CommandTarget,
  tell: TellProgress,
): Promise<CommandOutcome> {
  const command = COMMANDS.get(commandType);
  if (command === undefined) return { success: false, message: "unsupported command" };
  const payload = readPayload(bytes);
  if (payload === undefined) return { success: false, message: "payload is not a JSON object" };
  try {
    return await command(payload, target, tell);
  } catch (thrown) {
    return { success: false, message: messageOf(thrown) };
  }
}

function readPayload(bytes: Uint8Array): Json | undefined {
  if (bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Json)
      : undefined;
  } catch {
    return undefined;
  }
}

const RUN_NOW_TEXT: Readonly<Record<Exclude<RunNowAnswer, "unknown">, string>> = {
  accepted: "run started",
  running: "a run is already under way",
};
const CANCEL_TEXT: Readonly<Record<Exclude<CancelAnswer, "unknown">, string>> = {
  cancelled: "the run is being cancelled",
  not_running: "no run is under way",
};
const NO_REFERENCE: CommandOutcome = {
  success: false,
  message: "payload names neither sync_service_id nor name",
};
const NO_KIND: CommandOutcome = {
  success: false,
  message: "payload has a kind that is neither discovery nor poll",
};

function runSourceNow(payload: Json, target: CommandTarget): CommandOutcome {
  const reference = referenceOf(payload);
  if (reference === undefined) return NO_REFERENCE;
  // Cores that know one kind alone say none: they mean all of it.
  const { kind = "discovery" } = payload;
  if (kind !== "discovery" && kind !== "poll") return NO_KIND;
  const answer = target.runNow(reference, kind);
  if (answer === "unknown") return unknownSource(reference);
  return { success: true, message: RUN_NOW_TEXT[answer], payload: { state: answer } };
}

function cancelSource(payload: Json, target: CommandTarget): CommandOutcome {
  const reference = referenceOf(payload);
  if (reference === undefined) return NO_REFERENCE;
  const answer = target.cancelRun(reference);
  if (answer === "unknown") return unknownSource(reference);
  return { success: true, message: CANCEL_TEXT[answer], payload: { state: answer } };
}

function referenceOf(payload: Json): string | undefined {
  const reference = payload["sync_service_id"] ?? payload["name"];
  const text = typeof reference === "string" ? reference.trim() : "";
  return text === "" ? undefined : text;
}

function unknownSource(reference: string): CommandOutcome {
  return { success: false, message: `this agent has no source "${reference}"` };
}

function tellDiagnostics(_: Json, target: CommandTarget): CommandOutcome {
  return { success: true, message: "diagnostics were made", payload: target.diagnostics() };
}

async function installCertificate(payload: Json, target: CommandTarget): Promise<CommandOutcome> {
  const chainPem = payload["chain_pem"];
  if (typeof chainPem === "string") return await target.installCertificate(chainPem);
  return { success: false, message: "payload has no chain_pem" };
}
