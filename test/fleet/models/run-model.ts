import type { IdentityFleet } from "../identity-fleet.ts";
import { tagsOf } from "../identity-fleet.ts";
import type { AssignLine, TruthLine } from "../scoring/lines.ts";
import { score, type ScoreReport } from "../scoring/score.ts";
import type { Model } from "./model.ts";

/** Lets a model take in a whole fleet and scores what it makes of it. */
export function runModel(fleet: IdentityFleet, model: Model): ScoreReport {
  const truth: TruthLine[] = [];
  const published: (string | null)[] = [];
  for (const batch of fleet.batches()) {
    published.push(...model.ingest(batch));
    for (const { device, update } of batch.delivered) {
      truth.push({
        i: truth.length,
        device: device.no,
        day: batch.day,
        source: update.source,
        modes: tagsOf(device),
      });
    }
  }
  const assignment = model
    .final()
    .map((id, i): AssignLine => ({ i, id, at: published[i] ?? null }));
  return score(truth, assignment);
}
