/** One source of the sending agent, as the core holds it. */
export interface AgentSource {
  readonly serviceId: string;
  readonly type: string;
  readonly enabled: boolean;
}

/** What is known of the sender of a chunk: from its certificate and from the core's own tables, nothing else. */
export interface Sender {
  readonly agentId: string;
  readonly partition: string;
  readonly sources: readonly AgentSource[];
}
