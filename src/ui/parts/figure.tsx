import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Place } from "../shell/nav.ts";
import { numberWords } from "./number-words.ts";
import type { Tone } from "./tone.ts";

type FigureProps = {
  readonly label: string;
  /** Absent while it is not known. */
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: Tone;
  readonly link?: {
    readonly to: Place["to"];
    readonly params: { readonly tenant: string };
  };
};

/** One number with its name and what it means now. */
export function Figure({ label, value, note, tone, link }: FigureProps): ReactNode {
  const inside = (
    <>
      <span className="label">{label}</span>
      <span className="value">
        {value === undefined ? "–" : typeof value === "number" ? numberWords(value) : value}
      </span>
      <span className="note" data-tone={tone}>
        {note === undefined || note === false ? " " : note}
      </span>
    </>
  );
  if (link === undefined) return <div className="figure">{inside}</div>;
  return (
    <Link {...link} className="figure">
      {inside}
    </Link>
  );
}
