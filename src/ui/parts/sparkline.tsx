import type { ReactNode } from "react";

import type { Tone } from "./tone.ts";

/** One mark of it. */
export interface Mark {
  readonly value: number;
  readonly tone: Tone;
  /** What it stands for, on hover. */
  readonly title: string;
}

/** Height of the highest mark, and of one of nothing, px. */
const HIGH = 22;
const LOW = 3;

type SparklineProps = { readonly marks: readonly Mark[]; readonly label: string };

/** Last values as bars, the newest at the right. The label says the same in words. */
export function Sparkline({ marks, label }: SparklineProps): ReactNode {
  const most = Math.max(1, ...marks.map(({ value }) => value));
  return (
    <span className="sparkline" role="img" aria-label={label}>
      {marks.map(({ value, tone, title }, at) => (
        <i
          key={at}
          data-tone={tone}
          title={title}
          style={{ height: LOW + Math.round(((HIGH - LOW) * value) / most) }}
        />
      ))}
    </span>
  );
}
