import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  LoaderCircle,
  TriangleAlert,
} from "lucide-react";
import type { ReactNode } from "react";

/** What a state means to whoever looks. */
export type Tone = "good" | "warn" | "bad" | "info" | "idle";

const SIZE = 14;
/** A shape for each, so that colour is never the only sign. */
const ICONS = {
  good: CircleCheck,
  warn: TriangleAlert,
  bad: CircleAlert,
  info: CircleDashed,
  idle: CircleDashed,
  running: LoaderCircle,
  paused: CirclePause,
  ended: Ban,
} as const;

/** A picture of its own where the tone's would say too little. */
export type StatusIcon = keyof typeof ICONS;

type StatusBadgeProps = {
  readonly tone: Tone;
  readonly icon?: StatusIcon | undefined;
  readonly title?: string;
  readonly children: ReactNode;
};

/** A state in a word, with its picture and colour. */
export function StatusBadge({ tone, icon = tone, title, children }: StatusBadgeProps): ReactNode {
  const Icon = ICONS[icon];
  return (
    <span className="badge" data-tone={tone} title={title}>
      <Icon size={SIZE} aria-hidden className={icon === "running" ? "spin" : undefined} />
      {children}
    </span>
  );
}
