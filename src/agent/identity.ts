import type {
  AgentHelloRequest,
  Draft,
  GatewayServiceStatus,
  GatewayStatusChunk,
} from "../wire/messages.ts";
import type { HostFacts } from "./host.ts";

/** Who sends: in every call, and stamped on every device update. */
export interface AgentIdentity {
  readonly agentId: string;
  readonly partition: string;
  readonly host: HostFacts;
}

/** Members that PushStatus and the chunks of StreamStatus have in common. */
type Header = Pick<
  Draft<GatewayStatusChunk>,
  | "gatewayId"
  | "agentId"
  | "partition"
  | "sourceIp"
  | "configSource"
  | "version"
  | "hostname"
  | "os"
  | "arch"
>;

/** The sender as status messages carry it. */
export function statusHeader(
  { agentId, partition, host }: AgentIdentity,
  gatewayId: string,
): Header {
  const { version, hostname, os, arch, ip } = host;
  return {
    gatewayId,
    agentId,
    partition,
    sourceIp: ip,
    configSource: "remote",
    version,
    hostname,
    os,
    arch,
  };
}

/** One service of a status message. */
export function serviceStatus(
  { agentId, partition }: AgentIdentity,
  service: {
    readonly name: string;
    readonly type: string;
    readonly source: string;
    readonly message: Uint8Array;
    readonly gatewayId: string;
  },
): Draft<GatewayServiceStatus> {
  return {
    serviceName: service.name,
    serviceType: service.type,
    source: service.source,
    available: true,
    message: service.message,
    agentId,
    gatewayId: service.gatewayId,
    partition,
  };
}

/** What this agent can do, in the original's words; the others are ours. "sync-run": each of its runs ends with a manifest. */
const CAPABILITIES = ["sync", "sync-run", "certificate.renew"];

/** The hello of every greeting and of every control stream. `configVersion`: the one in force, "" for none. */
export function helloOf(
  { agentId, partition, host }: AgentIdentity,
  configVersion: string,
): Draft<AgentHelloRequest> {
  const { version, hostname, os, arch, deploymentType } = host;
  return {
    agentId,
    version,
    capabilities: CAPABILITIES,
    hostname,
    os,
    arch,
    partition,
    configVersion,
    labels: { deployment_type: deploymentType },
    configSource: "remote",
  };
}
