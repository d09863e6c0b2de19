/** What the core tells of by itself, and which answers are then out of date. Pure. */

/** Kinds of things whose change the core tells. */
export const TOPICS = ["runs", "sources", "agents", "inbox", "commands", "devices"] as const;
/** One of them. */
export type Topic = (typeof TOPICS)[number];

/** Topics whose answers also show things of another: a source shows its last run. */
const ALSO: Readonly<Record<Topic, readonly Topic[]>> = {
  runs: ["sources", "devices"],
  sources: ["agents"],
  agents: ["sources"],
  inbox: ["runs"],
  commands: [],
  devices: [],
};

/** Key of an answer: everything of a tenant and topic begins alike. */
export function keyOf(
  tenant: string,
  topic: Topic,
  ...rest: readonly unknown[]
): readonly unknown[] {
  return ["t", tenant, topic, ...rest];
}

/** Beginnings of the keys whose answers are out of date once something of the topic changed. */
export function staleAfter(tenant: string, topic: Topic): readonly (readonly unknown[])[] {
  return [topic, ...ALSO[topic]].map((one) => keyOf(tenant, one));
}

/** The topics that an event names, in its type or its text; none where it is of another kind. */
export function topicsIn(words: string): readonly Topic[] {
  const named = words.match(/[a-z]+/g) ?? [];
  return TOPICS.filter((topic) => named.some((word) => word === topic));
}
