/** What a state means to whoever looks. */
export type Tone = "good" | "warn" | "bad" | "info" | "idle";

/** A picture for a state: its tone's, or one of its own where that would say too little. */
export type StatusIcon = Tone | "running" | "paused" | "ended";
