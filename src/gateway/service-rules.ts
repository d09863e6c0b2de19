/** Which services of a status are taken (protocol facts 1.1). Pure. */
import { err, ok, type Result } from "../lib/result.ts";
import { SNAPSHOT_END_TYPE, SNAPSHOT_TYPE } from "../model/snapshot.ts";
import {
  RESULT_MESSAGE_BYTES_MAX,
  RESULT_SOURCES,
  SERVICE_NAME_BYTES_MAX,
  SERVICE_WORD_BYTES_MAX,
  STATUS_MESSAGE_BYTES_MAX,
} from "../wire/limits.ts";
import type { GatewayServiceStatus } from "../wire/messages.ts";

/** What a service carries for us: device updates, a run's manifest, the same of a rehearsal, an agent's state, or nothing that we read. */
export type ServiceClass = "updates" | "manifest" | "snapshot" | "snapshot_end" | "state" | "other";

/** Whether a service breaks a rule of its text fields; the error names it. Such a service is left out and counted. */
export function checkService(service: GatewayServiceStatus): Result<GatewayServiceStatus> {
  const { serviceName, serviceType, source } = service;
  if (serviceName.trim() === "") return err("service_name is blank");
  if (!isLine(serviceName, SERVICE_NAME_BYTES_MAX)) {
    return err(`service_name is longer than ${SERVICE_NAME_BYTES_MAX} bytes or has line breaks`);
  }
  if (!isLine(serviceType, SERVICE_WORD_BYTES_MAX)) {
    return err(`service_type is longer than ${SERVICE_WORD_BYTES_MAX} bytes or has line breaks`);
  }
  if (!isLine(source, SERVICE_WORD_BYTES_MAX)) {
    return err(`source is longer than ${SERVICE_WORD_BYTES_MAX} bytes or has line breaks`);
  }
  return ok(service);
}

function isLine(text: string, bytesMax: number): boolean {
  return Buffer.byteLength(text) <= bytesMax && !/[\n\r\t]/.test(text);
}

/** Whether the message is too large to be taken at all; results are never cut. */
export function isOversize({ source, message }: GatewayServiceStatus): boolean {
  return RESULT_SOURCES.has(source) && message.length > RESULT_MESSAGE_BYTES_MAX;
}

/** The message as far as the gateway reads it: anything but results is cut, as the original does. */
export function readableMessage({ source, message }: GatewayServiceStatus): Buffer {
  return RESULT_SOURCES.has(source) ? message : message.subarray(0, STATUS_MESSAGE_BYTES_MAX);
}

/** What a service is to us. */
export function classify({ serviceType, source }: GatewayServiceStatus): ServiceClass {
  if (serviceType === "sync" && source === "results") return "updates";
  if (serviceType === "sync-run" && source === "results") return "manifest";
  if (serviceType === SNAPSHOT_TYPE && source === "results") return "snapshot";
  if (serviceType === SNAPSHOT_END_TYPE && source === "results") return "snapshot_end";
  if (serviceType === "sync" && source === "status") return "state";
  return "other";
}
