import type { AgentSource, Sender } from "../inbox/sender.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { DeviceUpdate, SyncMeta } from "../model/device-update.ts";

/** The source instance and partition that an entry belongs to. */
export interface Attribution {
  readonly instance: string;
  readonly sourceType: string;
  readonly partition: string;
}

/** Decides where an entry belongs, or why it belongs nowhere. */
export type Attribute = (update: DeviceUpdate) => Result<Attribution>;

/**
 * The rule for entries that came over the wire (decisions 2): instance = the entry's own sync_meta, else its
 * metadata's sync_service_id, else the chunk's first sync_meta, else the agent's only enabled source of that type; it must be
 * the sender's own. Ids inside the JSON that disagree with the certificate reject the entry.
 */
export function attributeToSender(sender: Sender, chunkMeta: SyncMeta | undefined): Attribute {
  const { isRecording = false, sources, partition } = sender;
  const [recorded] = sources;
  if (isRecording && recorded !== undefined) {
    const { serviceId, type } = recorded;
    return () => ok({ instance: serviceId, sourceType: type, partition });
  }
  return (update) => {
    const wrong = disagreement(update, sender);
    if (wrong !== undefined) return err(wrong);
    const claimed =
      update.syncMeta?.syncServiceId ??
      update.metadata["sync_service_id"] ??
      chunkMeta?.syncServiceId;
    const source =
      claimed === undefined ? onlySourceOf(update.source, sender) : sourceWith(claimed, sender);
    if (!source.ok) return source;
    const { serviceId, type } = source.value;
    return ok({ instance: serviceId, sourceType: type, partition: sender.partition });
  };
}

function disagreement({ agentId, partition }: DeviceUpdate, sender: Sender): string | undefined {
  if (agentId !== undefined && agentId !== sender.agentId) return "agent_id is not the sender's";
  if (partition !== undefined && partition !== sender.partition) {
    return "partition is not the certificate's";
  }
  return undefined;
}

function sourceWith(serviceId: string, { sources }: Sender): Result<AgentSource> {
  const source = sources.find((candidate) => candidate.serviceId === serviceId.toLowerCase());
  return source === undefined
    ? err("sync_service_id is not a source of the sending agent")
    : ok(source);
}

function onlySourceOf(type: string, { sources }: Sender): Result<AgentSource> {
  const [first, second] = sources.filter(
    (source) => source.enabled && source.type === type.toLowerCase(),
  );
  if (first === undefined) {
    return err("no sync_service_id, and the agent has no enabled source of this type");
  }
  return second === undefined
    ? ok(first)
    : err("no sync_service_id, and the agent has several sources of this type");
}
