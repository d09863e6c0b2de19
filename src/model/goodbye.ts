/**
 * The state that an agent's last heartbeat bears when it stops in order, so that nobody takes it for dead. A heartbeat like any other
 * to gateways that do not know it: they pass over what a service's message says.
 */
export const STOPPING = "stopping";

/** Whether the message of an agent's "sync" service is its goodbye. */
export function isGoodbye(status: unknown): boolean {
  return (
    typeof status === "object" && status !== null && "state" in status && status.state === STOPPING
  );
}
