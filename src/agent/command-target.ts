/** What commands of a core may do to an agent, and what they answer. */
import type { RunNowAnswer, RunNowKind } from "./schedule.ts";

/** How a request to cancel a run was taken. */
export type CancelAnswer = "cancelled" | "not_running" | "unknown";

/** How a command went. */
export interface CommandOutcome {
  readonly success: boolean;
  readonly message: string;
  /** Goes out as JSON. */
  readonly payload?: unknown;
  /** The stream ends with this answer; called once it has ended. */
  readonly onEnded?: () => void;
}

/** Tells how far a command is; `payload` is what there is of its result. */
export type TellProgress = (progress: {
  readonly percent: number;
  readonly message: string;
  readonly payload?: unknown;
}) => void;

/** A command's payload. */
export type Json = Readonly<Record<string, unknown>>;

/** What a core may have tried of a source whose settings it sends along. */
export interface SourceTests {
  /** Step by step; each step is told as it ends, and all of them are the result. */
  testConnection(payload: Json, tell: TellProgress): Promise<CommandOutcome>;
  /** The first devices, as a run would map them. */
  preview(payload: Json): Promise<CommandOutcome>;
}

/** What commands may do to this agent. */
export interface CommandTarget extends SourceTests {
  /** Starts a source, meant by its sync_service_id or its name. */
  runNow(reference: string, kind: RunNowKind): RunNowAnswer;
  /** Reads a whole source into a rehearsal of the core's; ends once the gateway has it, or it failed. */
  rehearse(payload: Json, tell: TellProgress): Promise<CommandOutcome>;
  /** Ends a source's run in flight, what was delivered stays delivered; or its rehearsal. */
  cancelRun(reference: string): CancelAnswer;
  /** What helps to find a fault, without secrets. */
  diagnostics(): Json;
  /** Makes a new key; the answer's payload is {signing_request}, PKCS #10 in PEM. */
  renewCertificate(): Promise<CommandOutcome>;
  /** Takes the certificate of the newest request into use. */
  installCertificate(chainPem: string): Promise<CommandOutcome>;
}
