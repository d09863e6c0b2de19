/**
 * The form of a stored source: what stood when it was begun, and what is written into it. Both are kept together, because what was
 * changed is told by comparing the two: against what stands now, a colleague's change would look like one's own, and be taken back. Pure.
 */
import type { TaggedSource } from "../../calls/sources.ts";
import { patchOf, type Draft } from "../new-source/draft.ts";
import { draftOfSource } from "../new-source/paste.ts";

/** A form. */
export interface SettingsForm {
  /** `updated_at` of the source that it was begun with. */
  readonly since: string;
  /** Tag of that state. */
  readonly etag: string | undefined;
  readonly before: Draft;
  readonly draft: Draft;
}

/** A form in which nothing is written yet; undefined for a source of a type that has no fields here. */
export function formOf(source: TaggedSource): SettingsForm | undefined {
  const before = draftOfSource(source);
  const { updated_at: since, etag } = source;
  return before === undefined ? undefined : { since, etag, before, draft: before };
}

/** The form beside what is stored now: one in which nothing is written follows it. */
export function besideStored(form: SettingsForm, stored: TaggedSource): SettingsForm {
  const isWritten = Object.keys(patchOf(form.before, form.draft)).length > 0;
  // What is stored as the page knows it may also be older than what was just saved.
  return isWritten || stored.updated_at <= form.since ? form : (formOf(stored) ?? form);
}

/** Tag of the newest state that the form's reader was shown: of what is stored with a colleague's changes told, or of what was just saved. */
export function shownTag(form: SettingsForm, stored: TaggedSource): string | undefined {
  return stored.updated_at < form.since ? form.etag : stored.etag;
}

/** Members that somebody else changed since the form was begun, and those of them that saving would write over. */
export function changedMeanwhile(
  { since, before, draft }: SettingsForm,
  stored: TaggedSource,
): { readonly theirs: readonly string[]; readonly both: readonly string[] } {
  const now = stored.updated_at > since ? draftOfSource(stored) : undefined;
  if (now === undefined) return { theirs: [], both: [] };
  const theirs = Object.keys(patchOf(before, now));
  const mine = patchOf(before, draft);
  return { theirs, both: theirs.filter((member) => member in mine) };
}
