/** One source of the sending agent, as the core holds it. */
export interface AgentSource {
  readonly serviceId: string;
  readonly type: string;
  readonly enabled: boolean;
  /** What a run without a manifest brought is all that the source holds. */
  readonly finalMeansFull?: boolean;
}

/** What is known of the sender of a chunk: from its certificate and from the core's own tables, nothing else. */
export interface Sender {
  readonly agentId: string;
  readonly partition: string;
  readonly sources: readonly AgentSource[];
  /** An operator feeds a recording of the only source: every entry is that source's, whatever it says of itself. */
  readonly isRecording?: boolean;
}
