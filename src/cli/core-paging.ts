/** Lists that are shown a screenful at a time: the flags that name one, and how the next one is told of. */
import { PAGE_MAX } from "../api/page.ts";
import { integer, optional, type Argument } from "./args.ts";

/** Rows shown where nobody says how many. */
export const SCREENFUL = 20;

/** Flags of such a list; one that is shown whole has those of core-list.ts. */
export const SCREEN_FLAGS: {
  readonly limit: Argument<number>;
  readonly after: Argument<string | undefined>;
} = { limit: limitFlag(), after: optional("CURSOR", "go on where the page before ended") };

function limitFlag(): Argument<number> {
  const given = integer("N", `how many (default: ${SCREENFUL})`, { min: 1, max: PAGE_MAX });
  return {
    ...given,
    read: (texts) => {
      const limit = given.read(texts);
      return limit.ok ? { ok: true, value: limit.value ?? SCREENFUL } : limit;
    },
  };
}

/** What stands below a page that is not the last. */
export function moreLines(next: string | undefined): readonly string[] {
  return next === undefined ? [] : ["", `More: --after ${next}`];
}
