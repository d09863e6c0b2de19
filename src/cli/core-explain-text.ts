/** How explanations are written for people: the API's own sentences, in the order in which one asks. Pure. */
import type { z } from "@hono/zod-openapi";

import type { explanationSchema, pairExplanationSchema } from "../api/contract-explain.ts";
import { plain, sectionLines, tableLines } from "./table.ts";
import { countOf, timeText } from "./wording.ts";

type Explanation = z.infer<typeof explanationSchema>;
type PairExplanation = z.infer<typeof pairExplanationSchema>;
type Said = { readonly words: string };

/** Sentences of one kind that are shown; --json has them all. */
const SHOWN_MAX = 12;

/** Why a device is one. */
export function explanationLines(explanation: Explanation): readonly string[] {
  const { id, hostname, summary, records, joins, shared, muted, apart, threshold } = explanation;
  return [
    plain(`${id}  ${hostname ?? ""}`.trimEnd()),
    ...summary.map((line) => `  ${plain(line)}`),
    ...sectionLines(`Records (${records.length})`, recordLines(records)),
    ...said(`How they came together (${threshold} points join)`, joins),
    ...said("Values that they share", shared),
    ...said("Values that may join nothing", muted),
    ...said("Held apart from it", apart),
    ...turnLines(explanation),
  ];
}

/** Why two devices are not one. */
export function pairLines(pair: PairExplanation): readonly string[] {
  const { id, other_id: other, summary, evidence, muted } = pair;
  return [
    `${id} and`,
    `${other} are two devices`,
    ...summary.map((line) => `  ${plain(line)}`),
    ...said("What speaks for one device, and what against", evidence),
    ...said("Values that both have and that may join nothing", muted),
    ...turnLines(pair),
  ];
}

function recordLines(records: Explanation["records"]): readonly string[] {
  return tableLines(
    [
      { title: "RECORD", text: (row) => `${row.source}/${row.native_id}`, maxChars: 60 },
      { title: "KIND", text: (row) => row.kind },
      { title: "FIRST SEEN", text: (row) => timeText(row.first_seen) },
      { title: "LAST SEEN", text: (row) => timeText(row.last_seen) },
      { title: "NOTE", text: (row) => row.words },
    ],
    records,
  );
}

function said(title: string, sentences: readonly Said[]): readonly string[] {
  if (sentences.length === 0) return [];
  const shown = sentences.slice(0, SHOWN_MAX).map(({ words }) => plain(words));
  const more = sentences.length - shown.length;
  return sectionLines(title, more > 0 ? [...shown, `and ${more} more: see --json`] : shown);
}

function turnLines({ turns, tried }: Pick<Explanation, "turns" | "tried">): readonly string[] {
  if (tried === 0) return [];
  const title = "Which single fact decides";
  return turns.length === 0
    ? sectionLines(title, [
        `None: with any one of ${countOf(tried, "fact")} otherwise, it is the same.`,
      ])
    : said(`${title} (${countOf(tried, "fact")} tried)`, turns);
}
