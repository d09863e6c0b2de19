/** Commands that a core sends over the control stream. */
import type { CommandRequest, ControlStreamRequest, Draft } from "../wire/messages.ts";
import type { RunNowAnswer } from "./schedule.ts";

/** What commands may do to this agent. */
export interface CommandTarget {
  /** Starts a source, meant by its sync_service_id or its name. */
  runNow(reference: string): RunNowAnswer;
}

/** How a command went. */
interface CommandOutcome {
  readonly success: boolean;
  readonly message: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;
type Command = (payload: Json, target: CommandTarget) => CommandOutcome | Promise<CommandOutcome>;

/** By command_type. */
const COMMANDS: ReadonlyMap<string, Command> = new Map([["sync.run_now", runSourceNow]]);

/**
 * The messages that answer a command: always an ack first, so that the core knows it arrived, then its result. `nowMs` is this
 * host's clock; a command without ttl never expires.
 */
export async function* answerCommand(
  request: CommandRequest,
  target: CommandTarget,
  nowMs: () => number,
): AsyncGenerator<Draft<ControlStreamRequest>> {
  const { commandId, commandType } = request;
  const seconds = (): number => Math.floor(nowMs() / 1_000);
  yield {
    commandAck: { commandId, commandType, timestamp: seconds(), message: "command received" },
  };
  const { success, message, payload } = isExpired(request, seconds())
    ? { success: false, message: "command expired", payload: undefined }
    : await carryOut(request, target);
  const payloadJson =
    payload === undefined ? {} : { payloadJson: Buffer.from(JSON.stringify(payload)) };
  const timestamp = seconds();
  yield { commandResult: { commandId, commandType, success, message, timestamp, ...payloadJson } };
}

function isExpired({ createdAt, ttlSeconds }: CommandRequest, nowSec: number): boolean {
  return createdAt > 0 && ttlSeconds > 0 && createdAt + ttlSeconds < nowSec;
}

async function carryOut(
  { commandType, payloadJson }: CommandRequest,
  target: CommandTarget,
): Promise<CommandOutcome> {
  const command = COMMANDS.get(commandType);
  if (command === undefined) return { success: false, message: "unsupported command" };
  const payload = readPayload(payloadJson);
  if (payload === undefined) return { success: false, message: "payload is not a JSON object" };
  return await command(payload, target);
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

function runSourceNow(payload: Json, target: CommandTarget): CommandOutcome {
  const reference = payload["sync_service_id"] ?? payload["name"];
  if (typeof reference !== "string" || reference.trim() === "") {
    return { success: false, message: "payload names neither sync_service_id nor name" };
  }
  const answer = target.runNow(reference.trim());
  if (answer === "unknown") {
    return { success: false, message: `this agent has no source "${reference}"` };
  }
  return { success: true, message: RUN_NOW_TEXT[answer], payload: { state: answer } };
}
