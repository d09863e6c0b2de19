import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  LoaderCircle,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";

import type { StatusIcon, Tone } from "./tone.ts";

/** Beside the badge, for whoever draws one. */
export type { Tone } from "./tone.ts";

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
} as const satisfies Readonly<Record<StatusIcon, LucideIcon>>;

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
